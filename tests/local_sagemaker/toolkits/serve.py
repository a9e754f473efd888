"""Starts the toolkit's server, nginx before gunicorn, with its fixed paths moved to one folder."""

import sys
from pathlib import Path

from sagemaker_containers import _server

folder = Path(sys.argv[1])
template = Path(_server.nginx_config_template_file).read_text()
moved = folder / "nginx.conf.template"
moved.write_text(template.replace("/tmp/", f"{folder}/"))
_server.nginx_config_template_file = str(moved)
_server.nginx_config_file = str(folder / "nginx.conf")
_server.UNIX_SOCKET_BIND = f"unix:{folder}/gunicorn.sock"
_server.start("app:main")
