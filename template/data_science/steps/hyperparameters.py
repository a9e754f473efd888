"""The rules of `hyperparameters.json`, where each hyperparameter is declared in one line.

`train.py` parses its arguments by them, `ds` checks `settings.yaml` and `--param` by them. Only
the standard library is used.
"""

import json
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Value = float | int | bool | str

TYPES: dict[str, type] = {"float": float, "int": int, "bool": bool, "choice": str}
"""Each type that a hyperparameter may have, with that of its value in Python."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]+")
# The arguments of `train.py`, and what SageMaker's training toolkit keeps to itself.
_TAKEN = re.compile(r"train|model_dir|help|(sagemaker|_tuning|validation)_.*")


class HyperparameterError(ValueError):
    """A declaration or a value breaks the rules; the message is one line."""


@dataclass(frozen=True)
class Hyperparameter:
    """What is declared of a hyperparameter.

    Attributes
    ----------
    type : a key of `TYPES`.
    default : its value when nobody sets one.
    min, max : of a float or int, both allowed.
    values : that a choice may have.
    """

    name: str
    type: str
    default: Value
    min: float = -math.inf
    max: float = math.inf
    values: tuple[str, ...] = ()

    def check(self, value: Any) -> Value:
        """Return a value as one of its type.

        Raises
        ------
        HyperparameterError : it is none, or out of range.
        """
        wanted = TYPES[self.type]
        fits = type(value) is wanted or (wanted is float and type(value) is int)
        if not fits or (self.values and value not in self.values):
            raise HyperparameterError(f"{self.name} must be {self.expected}, not {value!r}")
        if wanted in (float, int) and not (math.isfinite(value) and self.min <= value <= self.max):
            raise HyperparameterError(f"{self.name} must be {self.expected}, not {value!r}")
        checked: Value = wanted(value)
        return checked

    def parse(self, text: str) -> Value:
        """Return the value that a text stands for, such as a command-line argument.

        Raises
        ------
        HyperparameterError : it stands for none, or for one out of range.
        """
        if self.type == "bool":
            return self.check({"true": True, "false": False}.get(text.lower(), text))
        try:
            return self.check(TYPES[self.type](text))
        except HyperparameterError:
            raise
        except ValueError:
            raise HyperparameterError(
                f"{self.name} must be {self.expected}, not {text!r}"
            ) from None

    @property
    def expected(self) -> str:
        """What its value must be, in words."""
        if self.type == "choice":
            return f"one of {', '.join(self.values)}"
        if self.type == "bool":
            return "true or false"
        kind = {"float": "a number", "int": "an integer"}[self.type]
        if math.isinf(self.min) and math.isinf(self.max):
            return kind
        return f"{kind} from {self.min:g} to {self.max:g}"


def load_hyperparameters() -> dict[str, Hyperparameter]:
    """Read the `hyperparameters.json` that lies beside this file, by the hyperparameters' names.

    Raises
    ------
    HyperparameterError : the file is malformed; the message starts with its name.
    """
    path = Path(__file__).with_name("hyperparameters.json")
    try:
        document = json.loads(path.read_bytes())
        if not isinstance(document, dict):
            raise HyperparameterError("must hold {name: {…}, …}")
        return {name: _declared(name, given) for name, given in document.items()}
    except ValueError as error:
        raise HyperparameterError(f"{path.name}: {error}") from None


def as_text(value: Value) -> str:
    """Return a value as SageMaker's training toolkit hands the same value to the script."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _declared(name: str, given: Any) -> Hyperparameter:
    if not _NAME.fullmatch(name) or _TAKEN.fullmatch(name):
        raise HyperparameterError(
            f"{name!r} is no name for a hyperparameter: use two or more letters, digits and "
            "underscores, and not train, model_dir, help, sagemaker_… or validation_…"
        )
    kind = given.get("type") if isinstance(given, dict) else None
    if kind not in TYPES:
        raise HyperparameterError(f"{name}: its type must be one of {', '.join(TYPES)}")
    keys = {"type", "default"} | {"float": {"min", "max"}, "int": {"min", "max"}}.get(kind, set())
    keys |= {"values"} if kind == "choice" else set()
    unknown = sorted(set(given) - keys)
    if unknown or "default" not in given or (kind == "choice" and not given.get("values")):
        raise HyperparameterError(f"{name}: a {kind} has the keys {', '.join(sorted(keys))}")
    values = tuple(given.get("values", ()))
    for value in values:
        if not isinstance(value, str) or _is_json(value):
            raise HyperparameterError(
                f"{name}: {value!r} is no value for a choice: use texts that are not JSON values"
            )
    limits = {key: given[key] for key in ("min", "max") if key in given}
    declared = Hyperparameter(name, kind, given["default"], values=values, **limits)
    declared.check(declared.default)
    return declared


def _is_json(text: str) -> bool:
    # The toolkit decodes it and hands on what str() makes of that.
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
