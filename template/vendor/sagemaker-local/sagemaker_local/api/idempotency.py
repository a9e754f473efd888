"""Idempotency tokens: an operation that is asked for again with the same token is done once.

API reference, `ClientToken` and `ClientRequestToken`: "An idempotent operation completes no more
than one time." How long AWS remembers a token, and what it says when one comes with another
request, is unconfirmed; here it is remembered for ever, and refused.
"""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from sagemaker_local.api.errors import AwsError
from sagemaker_local.api.service_model import input_shape
from sagemaker_local.storage.store import Body, Store

_NAMES = ("ClientToken", "ClientRequestToken", "IdempotencyToken")


def token_member(action: str) -> str | None:
    """Return the member of an action's request that holds its token, if it has one."""
    return next((name for name in _NAMES if name in input_shape(action).members), None)


def once(store: Store, region: str, action: str, request: Body, do: Callable[[], Any]) -> Any:
    """Do an action, unless it was done for the same token; return its answer.

    Parameters
    ----------
    store : remembers the answers, in one transaction with what the action stores.
    region, action, request : what is asked for.
    do : does it.

    Raises
    ------
    AwsError : `ConflictException`; the token came with another request before.
    """
    member = token_member(action)
    if member not in request:
        return do()
    token = request[member]
    others = {name: value for name, value in request.items() if name != member}
    digest = hashlib.sha256(json.dumps(others, sort_keys=True).encode()).hexdigest()
    with store.transaction() as connection:
        key = (region, action, token)
        earlier = connection.execute(
            "SELECT digest, answer FROM tokens WHERE region = ? AND action = ? AND token = ?", key
        ).fetchone()
        if earlier is None:
            answer = do()
            row = (*key, digest, json.dumps(answer))
            connection.execute("INSERT INTO tokens VALUES (?, ?, ?, ?, ?)", row)
            return answer
    if earlier[0] != digest:
        raise AwsError(
            "ConflictException", f"{member} {token} was used for another {action} request."
        )
    return json.loads(earlier[1])
