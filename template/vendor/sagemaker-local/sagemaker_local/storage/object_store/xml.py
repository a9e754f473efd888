"""The XML of S3: documents from and to Python."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from werkzeug.wrappers import Response

from sagemaker_local.storage.object_store.errors import S3Error

_SPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What is no character of XML 1.0 (its section 2.2)."""
Element = tuple[str, "str | Iterable[Element]"]
"""A name, and its text or the elements in it."""


def document(name: str, content: Iterable[Element], status: int = 200) -> Response:
    """Return an answer that is an XML document."""
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<{name} xmlns="{_SPACE}">'
    return Response(
        f"{text}{''.join(map(_write, content))}</{name}>", status, content_type="application/xml"
    )


def refusal(error: S3Error, resource: str) -> Response:
    """Return the answer of a refused request."""
    inner = (("Code", error.code), ("Message", str(error)), ("Resource", resource))
    text = "".join(map(_write, inner))
    return Response(
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{text}</Error>',
        error.status,
        content_type="application/xml",
    )


def parse(content: bytes) -> ElementTree.Element:
    """Return a document without its name spaces.

    Raises
    ------
    S3Error : it is no XML.
    """
    try:
        root = ElementTree.fromstring(content)
    except ElementTree.ParseError:
        raise S3Error("MalformedXML") from None
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def escape_text(text: str) -> str:
    """Return a text as it stands in a document, without the characters that XML cannot say."""
    return escape(_NOT_XML.sub("\ufffd", text))


def stamp(seconds: float) -> str:
    """Return a time as S3 writes it in XML."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _write(element: Element) -> str:
    name, content = element
    inner = escape_text(content) if isinstance(content, str) else "".join(map(_write, content))
    return f"<{name}>{inner}</{name}>"
