"""The window of the diffusion model: ``context | hop | lookahead``, one meaning everywhere.

::

      emitted, conditions the model        becomes final   predicted again next time
    ├───────────── context ──────────────┼──── hop ─────┼────── lookahead ──────┤
                                         ^ next frame                           ^ newest audio

Context was emitted and conditions the model; hop becomes final; lookahead is predicted more than
once and is what the blend fades. Algorithmic latency = hop + lookahead.

Where in the window the hop ends may change from one window to the next: a longer hop out of the
lookahead means fewer windows for the same speech, at the same latency.
"""

from dataclasses import dataclass

from stream_engine.errors import ConfigError
from stream_engine.types import SAMPLES_PER_FRAME, TICKS_PER_FRAME


@dataclass(frozen=True, slots=True)
class LatencyProfile:
    """How far the model may look ahead, chosen per session from one checkpoint.

    Attributes:
        name: What a user calls it.
        hop_frames: Frames that become final per model call.
        lookahead_frames: Frames beyond the hop the model sees audio of.
    """

    name: str
    hop_frames: int
    lookahead_frames: int

    @property
    def sparing(self) -> "LatencyProfile":
        """The same window with a hop twice as long: half the calls, at the same latency.

        Of the frames that become final together the last has less lookahead than it should.
        """
        hop = min(2 * self.hop_frames, self.window_frames)
        return LatencyProfile(self.name, hop, self.window_frames - hop)

    @property
    def window_frames(self) -> int:
        """Frames predicted per call."""
        return self.hop_frames + self.lookahead_frames

    @property
    def latency(self) -> int:
        """Algorithmic latency in ticks: the audio that must exist past a frame's start."""
        return self.window_frames * TICKS_PER_FRAME

    @property
    def hop_samples(self) -> int:
        """Samples at the model's rate per hop."""
        return self.hop_frames * SAMPLES_PER_FRAME


PROFILES: dict[str, LatencyProfile] = {
    profile.name: profile
    for profile in (
        LatencyProfile("ultra", hop_frames=1, lookahead_frames=1),
        LatencyProfile("balanced", hop_frames=1, lookahead_frames=2),
        LatencyProfile("quality", hop_frames=2, lookahead_frames=6),
    )
}


def profile_named(name: str) -> LatencyProfile:
    """Find a latency profile by name.

    Args:
        name: One of ``PROFILES``.

    Returns:
        The profile.

    Raises:
        ConfigError: If there is no such profile.
    """
    if name not in PROFILES:
        raise ConfigError("unknown latency profile", got=repr(name), expected=" or ".join(PROFILES))
    return PROFILES[name]
