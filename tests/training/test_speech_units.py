"""Units of speech."""

import numpy as np
import pytest
import torch

from stream_engine.models.speech_units import SpeechUnits, UnitsConfig
from training.naming import Labelled, Naming, Recipe, phone_errors
from training.speech_units import (
    Phones,
    represent,
    set_clusters,
    units_of,
    units_of_takes,
)


def toy_speech(clips: int, seed: int) -> Labelled:
    """Three sounds, each with a spectrum of its own, 200 ms each."""
    rng = np.random.default_rng(seed)
    spectra = np.random.default_rng(0).normal(0, 1, (3, 80))
    phones = np.repeat(rng.integers(0, 3, (clips, 6)), 10, axis=1).astype(np.uint8)
    mel = spectra[np.repeat(phones, 2, axis=1)] + rng.normal(0, 0.2, (clips, 120, 80))
    return Labelled(mel.astype(np.float16), phones)


def make_network(seed: int = 3) -> Phones:
    torch.manual_seed(seed)
    return Phones(SpeechUnits(UnitsConfig()))


@pytest.mark.slow
def test_sounds_are_told_apart_and_get_units_of_their_own() -> None:
    """After a little training three sounds are named, and no unit is shared by two of them."""
    network = make_network()
    naming = Naming(network, toy_speech(48, 1), Recipe(batch=8, steps=60, held_out=0.1))
    while naming.step < 60:
        naming.advance()
    model = network.eval().units
    assert phone_errors(network, toy_speech(48, 1), naming.kept)["phone_error"] < 0.2
    unseen = toy_speech(8, 2)
    assert phone_errors(network, unseen, np.arange(8))["phone_error"] < 0.2
    points = represent(model, unseen.mel).flatten(0, 1)
    set_clusters(model, points, seed=0)
    units = model.nearest(points).numpy()
    phones = unseen.phones.ravel()
    purity = sum(np.bincount(phones[units == u]).max() for u in set(units)) / len(units)
    assert purity > 0.85


def test_clusters_are_nearer_than_where_they_began() -> None:
    """k-means lowers the distance, and each point goes to its nearest centre."""
    model = SpeechUnits(UnitsConfig(units=5))
    points = torch.nn.functional.normalize(torch.randn(400, 32), dim=-1)
    first = set_clusters(model, points, seed=0, rounds=1)
    assert set_clusters(model, points, seed=0, rounds=20) < first
    distance = torch.cdist(points, model.centroids)
    assert torch.equal(distance.argmin(1), model.nearest(points))


def test_a_take_says_what_its_clip_says() -> None:
    """However a shot sounds, its units are the clean clip's, whatever the order."""
    model = SpeechUnits(UnitsConfig()).eval()
    model.centroids.normal_()
    mel = np.random.default_rng(0).normal(0, 1, (4, 40, 80)).astype(np.float16)
    units = units_of_takes(model, np.array(["b#1", "a", "b", "a#2"]), mel)
    alone = units_of(model, mel[[1, 2]])
    assert np.array_equal(units[[1, 3]], alone[[0, 0]])
    assert np.array_equal(units[[0, 2]], alone[[1, 1]])
