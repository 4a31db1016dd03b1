"""Sounds that nobody says: music, machines, clicks and noise, made by formula.

The speech ear of the monitor learns from them what is nothing to judge. Real music is kept for
testing.
"""

from collections.abc import Callable

import numpy as np

from stream_engine.types import F32, MODEL_RATE_HZ

Maker = Callable[[int, np.random.Generator], np.ndarray]


def _noise(count: int, rng: np.random.Generator) -> np.ndarray:
    """Noise of some tilt, swelling slowly: wind, rooms, streets."""
    spectrum = np.fft.rfft(rng.standard_normal(count))
    tilt = rng.uniform(0.0, 1.2)
    shaped = np.fft.irfft(spectrum / (1.0 + np.arange(len(spectrum))) ** tilt, count)
    return np.asarray(shaped / np.abs(shaped).max() * _swell(count, rng, 0.3, 4.0))


def _swell(count: int, rng: np.random.Generator, slow_hz: float, fast_hz: float) -> np.ndarray:
    at = np.arange(count) / MODEL_RATE_HZ
    rate, depth = rng.uniform(slow_hz, fast_hz), rng.uniform(0.0, 1.0)
    return 1.0 - depth * (0.5 + 0.5 * np.sin(2 * np.pi * (rate * at + rng.random())))


def _music(count: int, rng: np.random.Generator) -> np.ndarray:
    """Chords of decaying harmonic notes in some tempo."""
    out, at = np.zeros(count), 0
    beat = int(MODEL_RATE_HZ * rng.uniform(0.12, 0.6))
    root = rng.uniform(80.0, 400.0)
    brightness, decay = rng.uniform(0.4, 2.0), rng.uniform(1.0, 12.0)
    while at < count:
        length = min(int(beat * rng.choice([1, 2, 4])), count - at)
        time = np.arange(length) / MODEL_RATE_HZ
        for _ in range(int(rng.integers(1, 4))):
            pitch = root * 2 ** (int(rng.integers(-12, 13)) / 12)
            for harmonic in range(1, 9):
                if pitch * harmonic < MODEL_RATE_HZ / 2:
                    wave = np.sin(2 * np.pi * pitch * harmonic * time + rng.uniform(0, 6))
                    out[at : at + length] += wave * np.exp(-decay * time) / harmonic**brightness
        if rng.random() < 0.4:
            burst = rng.standard_normal(length) * np.exp(-40.0 * time)
            out[at : at + length] += rng.uniform(0, 2) * burst
        at += beat
    return out


def _clicks(count: int, rng: np.random.Generator) -> np.ndarray:
    """Typing, knocks, dishes: short decaying bursts at random times."""
    out = np.zeros(count)
    for start in rng.integers(0, count, int(rng.uniform(1.0, 9.0) * count / MODEL_RATE_HZ)):
        length = min(int(MODEL_RATE_HZ * rng.uniform(0.005, 0.15)), count - int(start))
        time = np.arange(length) / MODEL_RATE_HZ
        ring = np.sin(2 * np.pi * rng.uniform(200, 5000) * time) + rng.standard_normal(length)
        out[start : start + length] += ring * np.exp(-rng.uniform(20, 200) * time) * rng.random()
    return out


def _machine(count: int, rng: np.random.Generator) -> np.ndarray:
    """Hums, sirens and beeps: a gliding tone with harmonics, on and off."""
    at = np.arange(count) / MODEL_RATE_HZ
    glide = rng.uniform(0.0, 0.5) * np.sin(2 * np.pi * rng.uniform(0.1, 6.0) * at)
    phase = np.cumsum(rng.uniform(50.0, 1500.0) * 2**glide) / MODEL_RATE_HZ
    harmonics = range(1, int(rng.integers(2, 7)))
    tone = sum(np.sin(2 * np.pi * k * phase) / k for k in harmonics)
    gate = np.sin(2 * np.pi * rng.uniform(0.2, 5.0) * at) > rng.uniform(-1.5, 0.5)
    return np.asarray(tone * gate)


MAKERS: dict[str, Maker] = {
    "noise": _noise,
    "music": _music,
    "clicks": _clicks,
    "machine": _machine,
}


def other_sound(kind: str, seconds: float, rng: np.random.Generator) -> F32:
    """Make one sound.

    Args:
        kind: Key of `MAKERS`.
        seconds: How long.
        rng: Draws it.

    Returns:
        16 kHz, float32 [N], some level between whisper and shouting, over faint noise.
    """
    count = int(seconds * MODEL_RATE_HZ)
    sound = MAKERS[kind](count, rng)
    level = 10 ** (rng.uniform(-45.0, -6.0) / 20)
    loud = sound / max(float(np.abs(sound).max()), 1e-9) * level
    floor = rng.standard_normal(count) * 10 ** (rng.uniform(-90.0, -55.0) / 20)
    made: F32 = (loud + floor).astype(np.float32)
    return made
