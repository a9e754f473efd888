"""Writes the support matrix as a page: `python tests/local_sagemaker/support_page.py`."""

import sys
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "template" / "vendor" / "sagemaker-local"
PAGE = PACKAGE / "SUPPORT.md"
HEAD = """\
# What becomes of each member of a request

Written by `tests/local_sagemaker/support_page.py` of the template from the `support.py` of each
room, which a test compares with botocore's model of the service. A member is

* **acted upon**: it does here what it does in AWS; where not all of its values are supported, those
  that are stand in brackets, and the others are refused by name;
* **kept**: it has no effect on a run on one machine, and Describe answers it back;
* **refused** by name.

Below a member that is kept, all is kept. An action that is not here is refused by name.
"""


def page():
    """Return the text of the page."""
    from botocore.model import ListShape, MapShape, StructureShape

    from sagemaker_local.api.actions import ACTIONS
    from sagemaker_local.api.service_model import input_shape
    from sagemaker_local.api.support import VALUES, members_of
    from sagemaker_local.wire import server

    assert server, "it registers all actions"
    done = set()

    def inner(shape):
        while isinstance(shape, ListShape | MapShape):
            shape = shape.member if isinstance(shape, ListShape) else shape.value
        return shape

    def told(shape, members, name):
        limit = members.only.get(name)
        values = VALUES.get(inner(shape.members[name]).name)
        if limit is None and values and values.refused:
            limit = sorted(values.supported)
        return f"{name} ({', '.join(map(str, limit))})" if limit else name

    def lines(shape, action=""):
        members = members_of(shape, action)
        for title, names in (
            ("acted upon", [told(shape, members, name) for name in sorted(members.acted)]),
            ("kept", sorted(members.kept)),
            ("refused", sorted(members.refused)),
        ):
            if names:
                yield f"* {title}: {', '.join(names)}"
        for name in sorted(members.acted):
            part = inner(shape.members[name])
            if isinstance(part, StructureShape) and part.name not in done:
                done.add(part.name)
                yield from ("", f"### {part.name}", "", *lines(part))

    text = [HEAD.rstrip()]
    for action in sorted(ACTIONS):
        text += ["", f"## {action}", "", *lines(input_shape(action), action)]
    return "\n".join(text) + "\n"


if __name__ == "__main__":
    sys.path.insert(0, str(PACKAGE))
    PAGE.write_text(page())
