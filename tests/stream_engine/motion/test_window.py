"""Latency profiles."""

import pytest

from stream_engine.errors import ConfigError
from stream_engine.motion.window import PROFILES, profile_named


@pytest.mark.parametrize(
    ("name", "latency_ms"), [("ultra", 80), ("balanced", 120), ("quality", 320)]
)
def test_latency_is_hop_plus_lookahead(name: str, latency_ms: int) -> None:
    """The numbers promised to users."""
    assert profile_named(name).latency * 1000 // 48_000 == latency_ms


def test_windows_overlap_by_whole_hops_or_more() -> None:
    """Every profile predicts each frame at least twice, so there is something to blend."""
    assert all(p.lookahead_frames >= p.hop_frames for p in PROFILES.values())


def test_unknown_profiles_are_refused_by_name() -> None:
    """The error lists what there is."""
    with pytest.raises(ConfigError, match="ultra or balanced or quality"):
        profile_named("instant")
