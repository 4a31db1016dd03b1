"""What clients ask for in a URL; whatever makes no sense is refused with what would."""

from collections.abc import Mapping

from stream_engine.errors import SignalingError

RATES_HZ = range(8_000, 48_001)
"""Accepted sample rates."""


def read_rate(text: str) -> int:
    """Read a sample rate, Hz; SignalingError if it is no number in range."""
    rate_hz = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0
    if rate_hz not in RATES_HZ:
        raise SignalingError(
            "a sample rate the server does not take",
            got=repr(text)[:40],
            expected=f"{RATES_HZ.start}..{RATES_HZ.stop - 1}",
            fix="resample, or say the rate in the query: ?rate=16000",
        )
    return rate_hz


def output_names(query: Mapping[str, str]) -> list[str] | None:
    """Read ``outputs=NAME,NAME`` of the URL; None, for the usual ones, if it is not there."""
    text = query.get("outputs")
    return None if text is None else [name for name in text.split(",") if name]


def read_choice(query: Mapping[str, str], key: str, choices: tuple[str, ...]) -> str:
    """Read one of a few words.

    Args:
        query: Keys and values.
        key: Which.
        choices: The words; the first stands for none.

    Returns:
        The word.

    Raises:
        SignalingError: If it is another.
    """
    value = query.get(key, choices[0])
    if value not in choices:
        raise SignalingError(
            f"{key} of the URL is unknown", got=repr(value)[:40], expected=" or ".join(choices)
        )
    return value


def read_flag(query: Mapping[str, str], key: str) -> bool:
    """Read ``true`` or ``false``; false if it is not there."""
    return read_choice(query, key, ("false", "true")) == "true"
