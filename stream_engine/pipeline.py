"""Speech to motion for one session: resampler, features, generator. Live and offline share it."""

from collections.abc import Sequence

from stream_engine.audio.resampler import Resampler
from stream_engine.features.log_mel import LogMelExtractor
from stream_engine.motion.emotion import Manner
from stream_engine.motion.generator import MotionGenerator
from stream_engine.types import AudioChunk, MotionFrames


class SpeechToMotion:
    """Feeds samples at any accepted rate through the three stages.

    Latency: the sum of the stages' own.
    State: the stages' own; constant.
    Thread: the one that owns the generator's runners.
    Buffers: results are the caller's.
    """

    def __init__(self, generator: MotionGenerator) -> None:
        self._generator = generator
        self._extractor = LogMelExtractor()
        self._resampler: Resampler | None = None

    @property
    def latency(self) -> int:
        """Ticks of audio past a frame's start that must exist before the frame is final."""
        resampling = self._resampler.latency if self._resampler else 0
        return resampling + self._extractor.latency + self._generator.latency

    def express(self, manner: Manner) -> None:
        """Change emotion and style from the next hop on; on the generator's thread."""
        self._generator.express(manner)

    def reset(self) -> None:
        """Forget everything, as if just made; the manner stays what it was last set to."""
        self._resampler = None
        self._extractor.reset()
        self._generator.reset()

    def feed(self, value: AudioChunk) -> Sequence[MotionFrames]:
        """Take samples, return frames that became final.

        Args:
            value: Mono samples that follow on from the last; the first chunk fixes the rate.

        Returns:
            Runs of frames in order, without gap or repeat.
        """
        if self._resampler is None:
            self._resampler = Resampler(value.rate_hz)
        return self._through(self._resampler.feed(value))

    def finish(self) -> Sequence[MotionFrames]:
        """Say the speech has ended.

        Returns:
            The frames still held back; together they cover the speech, rounded up to a frame.
        """
        rest = list(self._through(self._resampler.finish())) if self._resampler else []
        for mel in self._extractor.finish():
            rest.extend(self._generator.feed(mel))
        return [*rest, *self._generator.finish()]

    def _through(self, chunks: Sequence[AudioChunk]) -> Sequence[MotionFrames]:
        frames: list[MotionFrames] = []
        for chunk in chunks:
            for mel in self._extractor.feed(chunk):
                frames.extend(self._generator.feed(mel))
        return frames
