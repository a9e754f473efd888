"""Reads requests, and refuses those that AWS cannot deserialize; trims answers to their shape.

The messages are those of AWS's JSON services, measured against DynamoDB by dynalite (`test/`),
against SES by floci (`SesV2Json`) and against SQS; nobody has shown that SageMaker's are the same.
Which member is meant is added, since AWS does not say.
"""

import json
from collections.abc import Mapping
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from sagemaker_local.api.errors import AwsError
from sagemaker_local.api.service_model import service_model

_LIST = "Start of list found where not expected"
_MAP = "Start of structure or map found where not expected."
_CONTAINERS = {
    "structure": "Expected null",
    "list": "Expected list or null",
    "map": "Expected map or null",
}
_JAVA_NAMES = {
    "string": "a String",
    "integer": "an Integer",
    "long": "a Long",
    "float": "a Float",
    "double": "a Double",
    "timestamp": "a Double",
    "boolean": "a Boolean",
}
# A timestamp is in seconds, and ends with the year 9999.
_RANGES: dict[str, tuple[float, float]] = {
    "integer": (-(2**31), 2**31 - 1),
    "long": (-(2**63), 2**63 - 1),
    "float": (-3.4e38, 3.4e38),
    "double": (-1.7e308, 1.7e308),
    "timestamp": (-62135596800, 253402300799),
}
_JSON_TYPES: dict[str, tuple[type[Any], ...]] = {
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float),
    "boolean": (bool,),
}


def read_body(body: bytes) -> Any:
    """Return the decoded JSON of a request.

    Raises
    ------
    AwsError : `SerializationException`; it is not JSON in UTF-8, or nested without end.
    """
    try:
        value = json.loads(body or b"{}")
        # Neither infinity nor half a surrogate pair is JSON, though Python reads both.
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        raise _refused("the request is not valid JSON in UTF-8") from None
    except RecursionError:
        raise _refused("the request is nested too deep") from None
    return value


def check_types(shape: Shape, value: Any, path: str = "") -> None:
    """Refuse a value whose JSON types are not those of its shape.

    Parameters
    ----------
    shape, value : what is expected, and the decoded JSON.
    path : where it is in the request, for the message.

    Raises
    ------
    AwsError : `SerializationException`.
    """
    if value is None and path:
        return
    wanted = _JSON_TYPES[shape.type_name]
    if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
        raise _refused(_mismatch(shape, value) + (f" (at '{path}')" if path else ""))
    if shape.type_name in _RANGES:
        least, most = _RANGES[shape.type_name]
        if not least <= value <= most:
            raise _refused(f"{_mismatch(shape, value)} (at '{path}')")
    if isinstance(shape, StructureShape):
        for name, member in value.items():
            if name in shape.members:
                check_types(shape.members[name], member, join(path, name))
    elif isinstance(shape, ListShape):
        for number, member in enumerate(value, 1):
            check_types(shape.member, member, f"{path}.{number}.member")
    elif isinstance(shape, MapShape):
        for name, member in value.items():
            check_types(shape.value, member, f"{path}.{name}.member")


def trim_answer(action: str, answer: Mapping[str, Any]) -> Any:
    """Return the members of an answer that the action's output shape has."""
    shape = service_model().operation_model(action).output_shape
    return _trim(shape, answer) if shape is not None else {}


def join(path: str, name: str) -> str:
    """Return the path of a member in AWS's notation: `tags.1.member.key`."""
    lowered = name[:1].lower() + name[1:]
    return f"{path}.{lowered}" if path else lowered


def _refused(message: str) -> AwsError:
    return AwsError("SerializationException", message)


def _mismatch(shape: Shape, value: Any) -> str:
    if isinstance(value, list):
        return _LIST
    if isinstance(value, dict):
        return _MAP
    if shape.type_name in _CONTAINERS:
        return _CONTAINERS[shape.type_name]
    kind = str(value).upper() if isinstance(value, bool) else _scalar(value)
    return f"{kind}_VALUE can not be converted to {_JAVA_NAMES[shape.type_name]}"


def _scalar(value: Any) -> str:
    return {str: "STRING", int: "NUMBER", float: "DECIMAL"}[type(value)]


def _trim(shape: Shape, value: Any) -> Any:
    if isinstance(shape, StructureShape):
        return {
            name: _trim(member, value[name])
            for name, member in shape.members.items()
            if value.get(name) is not None
        }
    if isinstance(shape, ListShape):
        return [_trim(shape.member, member) for member in value]
    return value
