"""JSON objects into dataclasses: every field there, of its type, nothing guessed."""

import dataclasses
import json
import types
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from stream_engine.errors import SignalingError

M = TypeVar("M")

MAX_TEXT = 128 * 1024
"""Longest JSON text that is looked at, characters."""


def json_object(text: str, most: int = MAX_TEXT) -> dict[str, Any]:
    """Read one JSON object of at most so many characters; SignalingError if it is none."""
    if len(text) > most:
        raise SignalingError(
            "a message is too long", got=f"{len(text)} characters", expected=f"at most {most}"
        )
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SignalingError("a message is not JSON", got=str(error)[:80]) from error
    if not isinstance(values, dict):
        raise SignalingError("a message is not a JSON object", got=type(values).__name__)
    return values


def build(kind: type[M], values: dict[str, Any]) -> M:
    """Make a message from its fields; SignalingError if one is missing or of another type."""
    hints = get_type_hints(kind)
    fields = dataclasses.fields(kind)  # type: ignore[arg-type]
    arguments = {}
    for item in fields:
        if item.name in values:
            value = values[item.name]
            if not _fits(hints[item.name], value):
                raise SignalingError(
                    f"{kind.__name__}.{item.name} has the wrong type", got=repr(value)[:80]
                )
            arguments[item.name] = _nested(hints[item.name], value)
        elif item.default is item.default_factory is dataclasses.MISSING:
            raise SignalingError(f"{kind.__name__} lacks {item.name}", got=", ".join(values)[:80])
    return kind(**arguments)


def _nested(hint: Any, value: Any) -> Any:
    return build(hint, value) if isinstance(hint, type) and isinstance(value, dict) else value


def _fits(hint: Any, value: Any) -> bool:
    if hint is object:
        return True
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return any(_fits(option, value) for option in inner)
    if origin is list:
        return isinstance(value, list) and all(_fits(inner[0], item) for item in value)
    if origin is dict:
        return isinstance(value, dict) and all(_fits(inner[1], item) for item in value.values())
    if dataclasses.is_dataclass(hint):
        return isinstance(value, dict)
    if hint is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return type(value) is hint
