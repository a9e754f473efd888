"""Every AWS service but SageMaker, and S3 without objects: moto, touched only as WSGI."""

import os
import threading
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

from botocore.model import OperationNotFoundError
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder, run_wsgi_app
from werkzeug.wrappers import Response

from sagemaker_local.places import account_of, region_of

_ACCOUNT_HEADER = "x-moto-account-id"


class NotThereError(Exception):
    """The emulator has no such service, or the service no such action."""


class OtherServices:
    """The emulator's WSGI application; it loads in the background, and requests wait for it."""

    def __init__(self) -> None:
        self._application: Any = None
        self._loaded = threading.Event()

    def load(self) -> None:
        """Import moto, which takes seconds."""
        os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "true"
        from moto.moto_server.werkzeug_app import (
            DomainDispatcherApplication,
            create_backend_app,
        )

        def application(service: str | None) -> Any:
            if service is None:
                raise NotThereError("the service is unknown")
            return create_backend_app(service)

        self._application = DomainDispatcherApplication(application)
        self._loaded.set()

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Pass a request on.

        Raises
        ------
        NotThereError : nobody answers it.
        """
        self._loaded.wait()
        try:
            backend = self._application.get_application(environ)
        except (KeyError, IndexError):
            raise NotThereError("the request names no action") from None
        try:
            answer: Iterable[bytes] = backend(environ, start_response)
            return answer
        except (NotImplementedError, OperationNotFoundError) as error:
            raise NotThereError(str(error)) from None

    def request(
        self,
        method: str,
        path: str,
        *,
        region: str,
        service: str = "s3",
        query: str = "",
        headers: dict[str, str] | None = None,
        body: bytes = b"",
    ) -> Response:
        """Make a request of our own, past the front door.

        Parameters
        ----------
        method, path, query, headers, body : as in HTTP; the path is not quoted.
        region, service : what the request is for.
        """
        scope = f"Credential=local/20000101/{region_of(region)}/{service}/aws4_request"
        signature = f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"
        builder = EnvironBuilder(
            path=quote(path),
            method=method,
            query_string=query,
            headers=Headers({"Authorization": signature, **(headers or {})}),
            data=body,
        )
        environ = act_in(region, builder.get_environ())
        # WSGI cannot tell `a_b` from `a-b` in a header's name; this is how moto is told.
        environ["moto.preserved_header_names"] = {
            f"HTTP_{name.upper().replace('-', '_')}": name for name in headers or {} if "_" in name
        }
        content, status, answered = run_wsgi_app(self, environ)
        return Response(b"".join(content), status, answered)


def act_in(place: str, environ: dict[str, Any]) -> dict[str, Any]:
    """Let the emulator answer a request as the account of a place; returns its environment."""
    # Before any key, moto believes this header, which no client of ours may set.
    environ[f"HTTP_{_ACCOUNT_HEADER.upper().replace('-', '_')}"] = account_of(place)
    return environ
