"""What a resource's policy allows another account: buckets and model package groups have one."""

import json
import re
from typing import Any

_UNREAD = ("Condition", "NotAction", "NotPrincipal", "NotResource")


def allows(policy: str, account: str, action: str, resource: str) -> bool:
    """Return whether a resource-based policy lets an account do something.

    IAM user guide, "Policy evaluation logic": an explicit denial wins, and what no statement
    allows is denied. Which role of the account asks is not looked at, and a statement with a
    condition or an exception neither allows nor denies here.

    Parameters
    ----------
    policy : the JSON document; empty when there is none.
    account : who asks.
    action : what for, such as `s3:GetObject`.
    resource : the ARN of what it is done to.
    """
    effects = {
        statement.get("Effect")
        for statement in _statements(policy)
        if not any(member in statement for member in _UNREAD)
        and _names(statement.get("Principal"), account)
        and any(_fits(one, action, re.IGNORECASE) for one in _list(statement.get("Action")))
        and any(_fits(one, resource) for one in _list(statement.get("Resource")))
    }
    return "Allow" in effects and "Deny" not in effects


def _statements(policy: str) -> list[dict[str, Any]]:
    try:
        document = json.loads(policy or "{}")
    except ValueError:
        return []
    found = document.get("Statement") if isinstance(document, dict) else None
    return [one for one in _list(found) if isinstance(one, dict)]


def _names(principal: Any, account: str) -> bool:
    named = _list(principal.get("AWS")) if isinstance(principal, dict) else _list(principal)
    return any(one == "*" or account in str(one).split(":") for one in named)


def _fits(pattern: Any, text: str, flags: int = 0) -> bool:
    expression = re.escape(str(pattern)).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, text, flags | re.DOTALL) is not None


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
