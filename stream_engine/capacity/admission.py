"""Whether one more session fits: by a number, by measured capacity, by strain."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stream_engine.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Setting:
    """What a capacity was measured with; it holds for nothing else.

    Attributes:
        backend: By name and version.
        steps: Diffusion steps.
        threads: Engine threads.
        model: First digits of the SHA-256 of the model.
    """

    backend: str
    steps: int
    threads: int
    model: str


@dataclass(frozen=True, slots=True)
class Admission:
    """What a server takes in.

    Attributes:
        most: Sessions at most, of whatever profile.
        fitting: Sessions of one profile alone that were found to fit, by profile; nothing known if
            empty. One that was not measured counts as the dearest that was.
    """

    most: int
    fitting: Mapping[str, int] = field(default_factory=dict)

    def room(self, profiles: Iterable[str], wanted: str | None = None) -> int:
        """Say how many more sessions of a profile fit beside those there are.

        Args:
            profiles: Of the sessions there are.
            wanted: Of those to come; the dearest measured by default.

        Returns:
            0 if none.
        """
        there = list(profiles)
        free = max(0, self.most - len(there))
        if not self.fitting:
            return free
        share = 1.0 - sum(self._share(profile) for profile in there)
        return min(free, max(0, int((share + 1e-9) / self._share(wanted))))

    def _share(self, profile: str | None) -> float:
        dearest = min(self.fitting.values())
        return 1.0 / max(1, self.fitting.get(profile or "", dearest))


def read_admission(most: int, capacity: str, here: Setting) -> Admission:
    """Admission by what ``elocute bench --json`` measured.

    Args:
        most: Sessions at most.
        capacity: Path of the file; none if empty.
        here: What this server works with.

    Returns:
        The rule.

    Raises:
        ConfigError: If the file cannot be read, or was measured with other settings: it says which.
    """
    if not capacity:
        return Admission(most)
    fix = f"elocute bench --json {capacity}"
    try:
        figures = json.loads(Path(capacity).read_text(encoding="utf-8"))
        found = Setting(**figures["setting"])
        fitting = {str(name): int(count) for name, count in figures["fitting"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            "measured capacity cannot be read", got=f"{capacity}: {error!r}", fix=fix
        ) from error
    if found != here:
        raise ConfigError(
            "capacity was measured with other settings",
            got=_apart(found, here),
            expected=_apart(here, found),
            fix=fix,
        )
    if not fitting:
        raise ConfigError("no capacity was measured", got=f"{capacity}: just trials", fix=fix)
    return Admission(most, fitting)


def _apart(one: Setting, other: Setting) -> str:
    values: list[tuple[str, Any, Any]] = [
        (name, getattr(one, name), getattr(other, name)) for name in Setting.__slots__
    ]
    return ", ".join(f"{name} {a}" for name, a, b in values if a != b)
