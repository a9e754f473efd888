"""The running parts of the service, found by class, so that no room needs to know the whole."""

from typing import TypeVar

Part = TypeVar("Part")


class Parts:
    """What requests act on: the store, the jobs, the endpoints that serve, ….

    Each room hands its actions what they need as `call.parts[Jobs]`; this class knows none of them.
    """

    def __init__(self, *parts: object) -> None:
        self._parts: dict[type, object] = {}
        for part in parts:
            self.add(part)

    def add(self, part: Part) -> Part:
        """Add a part and return it."""
        self._parts[type(part)] = part
        return part

    def __getitem__(self, kind: type[Part]) -> Part:
        part = self._parts[kind]
        assert isinstance(part, kind)
        return part
