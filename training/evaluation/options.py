"""What commands that evaluate have in common: packages of an extra, numbers, files."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stream_engine.errors import AssetError, BackendUnavailable, ConfigError
from stream_engine.setting_checks import check_targets


@contextmanager
def extra_packages(extra: str, purpose: str) -> Iterator[None]:
    """Import inside this what a plain installation may lack.

    Args:
        extra: Of this package, which has it.
        purpose: What it is needed for.

    Raises:
        BackendUnavailable: If it is not there.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise BackendUnavailable(
            f"{purpose} needs packages that are not installed",
            got=f"no module {error.name}",
            fix=f"pip install 'elocute[{extra}]'",
        ) from error


def check_number(option: str, value: int | None, least: int) -> None:
    """ConfigError if a number was given and is less than it may be."""
    if value is not None and value < least:
        raise ConfigError(f"{option} is out of range", got=str(value), expected=f">= {least}")


def check_files(recordings: Path, report: Path | None) -> None:
    """AssetError unless there are recordings; ConfigError without a folder for the report."""
    if not recordings.is_dir():
        raise AssetError("no such folder of recordings", got=str(recordings))
    check_targets(report)
