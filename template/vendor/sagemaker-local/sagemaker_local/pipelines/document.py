"""Takes the members out of the objects of a pipeline definition, or says what is wrong there."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from sagemaker_local.api.errors import AwsError, invalid, unsupported

Document = dict[str, Any]

# Fifty steps in each other's branches are 150 deep; deeper Python could not follow everywhere.
_DEPTH = 200
_NAMES: dict[type, str] = {
    str: "text",
    bool: "true or false",
    int: "an integer",
    float: "a number",
    list: "a list",
    dict: "an object",
}


def bad(message: str) -> AwsError:
    """Return the refusal of a definition.

    The words before the colon are AWS's (aws/sagemaker-python-sdk, issues 2345, 2746 and 4994).
    """
    return invalid(f"Unable to parse pipeline definition: {message}")


def read_json(text: str) -> Any:
    """Return the value of a JSON text.

    Raises
    ------
    AwsError : it is none, nested too deeply, or has a number that JSON has not.
    """
    try:
        value = json.loads(text)
        # Neither infinity nor half a surrogate pair is JSON, though Python reads both.
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except json.JSONDecodeError as error:
        raise bad(f"it is not JSON: {error}") from None
    except ValueError:
        raise bad("it is not JSON: it has a number or a character that JSON has not") from None
    except RecursionError:
        raise bad(f"it is nested more than {_DEPTH} deep") from None
    level, depth = [value], 0
    while level:
        if depth == _DEPTH:
            raise bad(f"it is nested more than {_DEPTH} deep")
        level = [part for item in level for part in _parts(item)]
        depth += 1
    return value


def members(
    value: Any,
    where: str,
    needed: Mapping[str, type | None],
    other: Mapping[str, type | None] | None = None,
) -> Document:
    """Return the members of an object, `None` for those of `other` that it has not.

    Parameters
    ----------
    value : the object.
    where : what it is, for messages.
    needed, other : the members that it must and may have, with their types; None is any type.

    Raises
    ------
    AwsError : it is no object, lacks a member, has one of another type, or one that is not named.
    """
    if not isinstance(value, dict):
        raise bad(f"{where} must be an object, not {shown(value)}")
    kinds = {**needed, **(other or {})}
    # The SDK writes null for what is not used.
    found = {name: member for name, member in value.items() if member is not None}
    for name in sorted(found.keys() - kinds.keys()):
        raise unsupported(f"{plain(name)} in {where}")
    for name in needed:
        if name not in found:
            raise bad(f"{where} has no {name}")
    for name, member in found.items():
        check_type(member, kinds[name], f"{name} of {where}")
    return {name: found.get(name) for name in kinds}


def check_type(value: Any, kind: type | None, where: str) -> None:
    """Refuse a value of another type; true and false are no numbers.

    Raises
    ------
    AwsError : it has another type.
    """
    if kind is None:
        return
    wanted = (int, float) if kind is float else kind
    if not isinstance(value, wanted) or isinstance(value, bool) != (kind is bool):
        raise bad(f"{where} must be {_NAMES[kind]}, not {shown(value)}")


def one_of(value: str, known: Collection[str], where: str) -> str:
    """Return a value if it is known.

    Raises
    ------
    AwsError : it is not.
    """
    if value not in known:
        raise unsupported(f"{where} {plain(value)}")
    return value


def shown(value: Any) -> str:
    """Return a value for a message, short enough for a line."""
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def plain(text: str) -> str:
    """Return a text for a message as `shown` does, without quotes."""
    return shown(text).removeprefix('"').removesuffix('"')


def _parts(value: Any) -> Collection[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
