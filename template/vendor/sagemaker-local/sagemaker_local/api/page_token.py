"""`NextToken`: where the next page of a list starts, readable by that list alone."""

import base64
import binascii
import hashlib
import json
from typing import Any

from sagemaker_local.api.errors import invalid


def write_token(asked: object, position: object) -> str:
    """Return the token of a position.

    Parameters
    ----------
    asked : what makes the list the one it is: its kind, and the members of the request.
    position : where its next page starts. Both are plain JSON.
    """
    text = json.dumps([position, _seal(asked, position)])
    return base64.urlsafe_b64encode(text.encode()).decode()


def read_token(asked: object, token: str) -> Any:
    """Return the position of a token.

    Raises
    ------
    AwsError : the token was not given by that list. AWS's words for it are unconfirmed.
    """
    try:
        position, seal = json.loads(base64.b64decode(token, altchars=b"-_", validate=True))
        if seal == _seal(asked, position):
            return position
    except (binascii.Error, ValueError, TypeError, RecursionError):
        pass
    raise invalid("Invalid NextToken: it was not given by this list")


def _seal(asked: object, position: object) -> str:
    text = json.dumps([asked, position], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
