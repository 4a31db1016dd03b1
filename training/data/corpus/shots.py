"""Another take of the same speech: other pitch, room, level, background, codec.

What a microphone in a living room and a video call do to a voice, at the moment it was spoken: a
shot stays aligned with its clip, so face and phones of the clip hold for it too.
"""

import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

import av
import numpy as np
from av.filter import Graph

from stream_engine.types import F32, MODEL_RATE_HZ

_BITRATES = (16_000, 24_000, 32_000, 64_000)
_OPUS_RATE_HZ = 48_000


@dataclass(frozen=True, slots=True)
class Shot:
    """What happens to a voice.

    Attributes:
        pitch: Factor of pitch and formants together, 1 leaves both.
        room_s: Reverberation time to -60 dB in seconds; 0 for a dry voice.
        gain_db: Level change.
        noise_db: Level of the background below the voice's loud parts; 0 for none.
        tilt: Slope of the background's spectrum, 0 white to 1 brown.
        opus_bps: Bit rate of the codec; 0 for none.
    """

    pitch: float = 1.0
    room_s: float = 0.0
    gain_db: float = 0.0
    noise_db: float = 0.0
    tilt: float = 0.5
    opus_bps: int = 0


def draw_shot(rng: np.random.Generator) -> Shot:
    """A random shot; each of its parts is left out now and then."""

    def sometimes(share: float, low: float, high: float) -> float:
        value = float(rng.uniform(low, high))
        return value if rng.random() < share else 0.0

    return Shot(
        pitch=sometimes(0.6, 0.82, 1.22) or 1.0,
        room_s=sometimes(0.5, 0.15, 0.7),
        gain_db=float(rng.uniform(-18.0, 6.0)),
        noise_db=sometimes(0.6, 8.0, 40.0),
        tilt=float(rng.uniform(0.0, 1.0)),
        opus_bps=int(rng.choice(_BITRATES)) if rng.random() < 0.6 else 0,
    )


def takes(name: str, samples: F32, count: int) -> Iterator[tuple[str, F32]]:
    """The clean take and ``count`` random shots of it, each with a name of its own.

    Args:
        name: Of the clip; it seeds the draws.
        samples: Speech, 16 kHz mono, float32 [N].
        count: How many shots.

    Yields:
        Name and samples; shots are called ``NAME#1`` and so on.
    """
    yield name, samples
    for number in range(1, count + 1):
        rng = np.random.default_rng(zlib.crc32(f"{name}#{number}".encode()))
        yield f"{name}#{number}", take(samples, draw_shot(rng), rng)


def take(samples: F32, shot: Shot, rng: np.random.Generator) -> F32:
    """Take the shot.

    Args:
        samples: Speech, 16 kHz mono, float32 [N].
        shot: What happens to it.
        rng: Source of echoes and background.

    Returns:
        float32 [N], aligned with the input to a few milliseconds.
    """
    voice = samples if shot.pitch == 1.0 else _pitched(samples, shot.pitch)
    if shot.room_s:
        voice = _in_room(voice, shot.room_s, rng)
    if shot.noise_db:
        loud = float(np.sqrt(np.quantile(voice.astype(np.float64) ** 2, 0.9)) + 1e-6)
        noise = _background(len(voice), shot.tilt, rng) * loud * 10 ** (-shot.noise_db / 20)
        voice = voice + noise.astype(np.float32)
    voice = np.clip(voice * np.float32(10 ** (shot.gain_db / 20)), -1.0, 1.0)
    return _through_opus(voice, shot.opus_bps) if shot.opus_bps else voice


def _fitted(samples: F32, length: int) -> F32:
    run = np.zeros(length, np.float32)
    run[: len(samples)] = samples[:length]
    return run


def _pitched(samples: F32, factor: float) -> F32:
    """Play faster or slower, then stretch back in time (WSOLA, ffmpeg's atempo)."""
    graph = Graph()
    source = graph.add_abuffer(
        sample_rate=MODEL_RATE_HZ, format="flt", layout="mono", time_base=Fraction(1, MODEL_RATE_HZ)
    )
    last = source
    chain = (
        ("asetrate", str(round(MODEL_RATE_HZ * factor))),
        ("aresample", str(MODEL_RATE_HZ)),
        ("atempo", f"{1 / factor:.6f}"),
        ("aformat", "sample_fmts=flt:channel_layouts=mono"),
        ("abuffersink", None),
    )
    for name, value in chain:
        following = graph.add(name, value) if value else graph.add(name)
        last.link_to(following)
        last = following
    graph.configure()
    frame = av.AudioFrame.from_ndarray(samples[None].astype(np.float32), "flt", "mono")
    frame.sample_rate = MODEL_RATE_HZ
    graph.push(frame)
    graph.push(None)
    pieces = []
    while True:
        try:
            pieces.append(cast(av.AudioFrame, last.pull()).to_ndarray().ravel())
        except (av.error.EOFError, av.error.BlockingIOError):
            break
    return _aligned(np.concatenate(pieces), samples)


def _envelope(samples: F32) -> F32:
    """Loudness every millisecond over 10 ms, mean taken out."""
    steps = np.abs(samples[: len(samples) // 16 * 16]).reshape(-1, 16).mean(axis=1)
    smooth: F32 = np.convolve(steps, np.full(10, 0.1), mode="same").astype(np.float32)
    centred: F32 = smooth - smooth.mean()
    return centred


def _aligned(late: F32, samples: F32) -> F32:
    """Undo the stretch's own delay: the shift within 40 ms at which loudness fits best."""
    ours, theirs = _envelope(samples), _envelope(_fitted(late, len(samples)))
    lags = range(-40, 41)
    lag = max(lags, key=lambda k: float(ours @ np.roll(theirs, -k)))
    moved = late[16 * lag :] if lag > 0 else np.pad(late, (-16 * lag, 0))
    return _fitted(moved, len(samples))


def _in_room(samples: F32, seconds: float, rng: np.random.Generator) -> F32:
    """A direct sound and a decaying tail of echoes."""
    from scipy.signal import fftconvolve

    at = np.arange(int(seconds * MODEL_RATE_HZ)) / MODEL_RATE_HZ
    tail = rng.standard_normal(len(at)) * 10 ** (-3.0 * at / seconds)
    tail[: MODEL_RATE_HZ // 200] = 0.0  # nothing comes back within 5 ms
    tail *= rng.uniform(0.2, 0.8) / np.sqrt((tail**2).sum())
    tail[0] = 1.0
    wet: F32 = fftconvolve(samples, tail)[: len(samples)].astype(np.float32)
    return wet


def _background(length: int, tilt: float, rng: np.random.Generator) -> F32:
    """Noise of unit spread whose spectrum falls with ``tilt``."""
    spectrum = np.fft.rfft(rng.standard_normal(length))
    bins = np.maximum(np.arange(len(spectrum)), 1)
    coloured = np.fft.irfft(spectrum * bins ** (-tilt), length)
    noise: F32 = (coloured / coloured.std()).astype(np.float32)
    return noise


def _through_opus(samples: F32, bit_rate: int) -> F32:
    """Encode and decode; the container's pre-skip keeps the timing."""
    from training.data.corpus.speech import resampled

    held = io.BytesIO()
    with av.open(held, "w", format="ogg") as file:
        stream = file.add_stream("libopus", rate=_OPUS_RATE_HZ, layout="mono")
        stream.bit_rate = bit_rate
        high = resampled(samples, 3, 1)
        frame = av.AudioFrame.from_ndarray(high[None], "flt", "mono")
        frame.sample_rate = _OPUS_RATE_HZ
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            file.mux(packet)
    held.seek(0)
    with av.open(held) as file:
        decoded = [frame.to_ndarray().ravel() for frame in file.decode(audio=0)]
    return _fitted(resampled(np.concatenate(decoded).astype(np.float32), 1, 3), len(samples))
