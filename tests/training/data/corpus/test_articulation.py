"""Sounds to mouths."""

import numpy as np
import torch

from training.data.corpus.articulation import (
    FEATURES,
    Articulation,
    centred,
    feature_tracks,
    fit_articulation,
)
from training.data.corpus.phones import PHONE_INDEX, PHONES


def track(*names: str, steps: int = 8) -> np.ndarray:
    return np.repeat([PHONE_INDEX[name] for name in names], steps).astype(np.uint8)


def test_every_sound_is_described_unlike_every_other_but_voice() -> None:
    """Each phone has features; two phones share all of them only if only vowel glides tell them."""
    rows = {name: feature_tracks(track(name)) for name in PHONES}
    assert all(np.abs(row).sum() > 0 for row in rows.values())
    assert len({row.tobytes() for row in rows.values()}) == len(PHONES)


def test_lips_meet_for_p_b_m_and_glides_glide() -> None:
    """Bilabial where it should be; AY begins open and ends close."""
    bilabial = FEATURES.index("bilabial")
    for name in ("P", "B", "M"):
        assert feature_tracks(track(name))[:, bilabial].all()
    opening = feature_tracks(track("AY"))[:, FEATURES.index("open")]
    assert opening[0] == 1.0
    assert opening[-1] == 0.0
    assert (np.diff(opening) < 0).all()


def test_a_rule_is_found_and_carries_over_to_an_unseen_sound() -> None:
    """Taught that M and B close the mouth, the model closes it for P, which it never met."""
    rng = np.random.default_rng(0)
    taught = ["M", "B", "AA", "EH", "S", "T"]
    clips = np.stack([track(*rng.choice(taught, 12)) for _ in range(48)])
    tracks = torch.from_numpy(np.stack([feature_tracks(c) for c in clips]))
    closed = tracks[:, :, FEATURES.index("bilabial")].reshape(48, -1, 4).mean(-1, keepdim=True)
    loudness = torch.zeros(48, clips.shape[1] // 4)
    model = fit_articulation(tracks, loudness, 1.0 - closed, torch.zeros(1, 1), steps=250)
    test = torch.from_numpy(feature_tracks(track("AA", "AA", "P", "AA")))[None]
    with torch.no_grad():
        opening = model(test, torch.zeros(1, 8))[0, :, 0]
    assert opening[4:6].max() < 0.4
    assert opening[1] > 0.7


def test_loudness_is_measured_from_the_loud_half() -> None:
    """A level change of the whole clip does not change it."""
    loudness = np.random.default_rng(1).normal(-8, 2, (2, 40)).astype(np.float32)
    assert torch.allclose(centred(loudness), centred(loudness - 3.0), atol=1e-5)


def test_sizes_are_as_promised() -> None:
    """Four labels a frame."""
    out = Articulation(5)(torch.zeros(2, 40, len(FEATURES)), torch.zeros(2, 10))
    assert out.shape == (2, 10, 5)
