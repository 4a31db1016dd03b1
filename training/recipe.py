"""Recipes are TOML files: one table per dataclass, nothing unknown, nothing of the wrong type."""

import dataclasses
import tomllib
import types
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from stream_engine.errors import ConfigError

RECIPES = Path(__file__).parent / "recipes"

Table = TypeVar("Table")


def read_recipe(path: Path, **tables: type[Any]) -> dict[str, Any]:
    """Read a recipe file.

    Args:
        path: TOML file.
        **tables: Dataclass of each table it may hold.

    Returns:
        One filled dataclass per table; defaults where the file is silent.

    Raises:
        ConfigError: If the file cannot be read, or a table, key or value is wrong.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError("recipe cannot be read", got=f"{path}: {error}") from error
    unknown = sorted(set(content) - set(tables))
    if unknown:
        raise ConfigError(
            "recipe has an unknown table", got=", ".join(unknown), expected=", ".join(tables)
        )
    return {name: fill(cls, name, content.get(name, {})) for name, cls in tables.items()}


def fill(cls: type[Table], name: str, values: dict[str, Any]) -> Table:
    """Make a dataclass of a table.

    Args:
        cls: The dataclass.
        name: Of the table, for messages.
        values: Its keys and values.

    Returns:
        Filled; defaults where the table is silent.

    Raises:
        ConfigError: If a key is unknown or a value has the wrong type.
    """
    hints = get_type_hints(cls)
    known = {field.name for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    filled = {}
    for key, value in values.items():
        if key not in known:
            raise ConfigError(
                f"recipe has an unknown setting {name}.{key}", expected=", ".join(sorted(known))
            )
        made = tuple(value) if isinstance(value, list) else value
        if not _fits(made, hints[key]):
            raise ConfigError(
                f"recipe setting {name}.{key} has the wrong type",
                got=repr(value),
                expected=str(hints[key]),
            )
        filled[key] = made
    return cls(**filled)


def _fits(value: Any, hint: Any) -> bool:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return any(_fits(value, option) for option in get_args(hint))
    if origin is tuple:
        return isinstance(value, tuple) and all(_fits(v, get_args(hint)[0]) for v in value)
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, hint) and not (hint is int and isinstance(value, bool))
