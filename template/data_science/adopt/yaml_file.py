"""Changes values in the text of a YAML file, and leaves every other character as it is."""

from collections.abc import Mapping
from typing import Any

import yaml


def changed(text: str, values: Mapping[tuple[str, ...], Any]) -> str:
    """Return the text with some values changed, and those that were not there added.

    Parameters
    ----------
    text : of a mapping whose values may be mappings.
    values : plain values, by the keys that lead to each.

    Raises
    ------
    ValueError : the text is no such mapping; the message names the key that does not fit.
    """
    for path, value in values.items():
        if _value(yaml.safe_load(text), path) != (True, value):
            text = _set(text, path, value)
    return text


def _value(document: Any, path: tuple[str, ...]) -> tuple[bool, Any]:
    """Return whether a value is there, and what it is. An absent one is as good as null."""
    for key in path[:-1]:
        document = document.get(key) if isinstance(document, dict) else None
    if not isinstance(document, dict):
        return False, None
    return True, document.get(path[-1])


def _set(text: str, path: tuple[str, ...], value: Any) -> str:
    node: yaml.Node = yaml.compose(text, Loader=yaml.SafeLoader) or yaml.ScalarNode("", "")
    for depth, key in enumerate(path):
        if not isinstance(node, yaml.MappingNode) or not node.value:
            raise ValueError(f"{'.'.join(path[:depth]) or 'it'} holds no keys")
        found = next((below for name, below in node.value if name.value == key), None)
        if found is None and depth < len(path) - 1:
            raise ValueError(f"{'.'.join(path[: depth + 1])} is not there")
        if found is None:
            return _added(text, node, key, value)
        node = found
    return text[: node.start_mark.index] + _written(value) + text[_end(node) :]


def _added(text: str, mapping: yaml.MappingNode, key: str, value: Any) -> str:
    entry = f"{_written(key)}: {_written(value)}"
    last = _end(mapping.value[-1][1])
    if mapping.flow_style:
        return f"{text[:last]}, {entry}{text[last:]}"
    # After the comment that may follow the last value.
    end = text.find("\n", last)
    end = len(text) if end < 0 else end
    indent = " " * mapping.value[0][0].start_mark.column
    return f"{text[:end]}\n{indent}{entry}{text[end:]}"


def _end(node: yaml.Node) -> int:
    """Return where a value ends; that of a block is where the next one begins, for the parser."""
    if isinstance(node, yaml.MappingNode) and not node.flow_style and node.value:
        return _end(node.value[-1][1])
    if isinstance(node, yaml.SequenceNode) and not node.flow_style and node.value:
        return _end(node.value[-1])
    return int(node.end_mark.index)


def _written(value: Any) -> str:
    listed = yaml.safe_dump([value], default_flow_style=True, allow_unicode=True, width=10**6)
    return listed.strip()[1:-1]
