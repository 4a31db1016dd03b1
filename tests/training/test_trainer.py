"""The training recipe on a toy problem."""

import copy
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from stream_engine.models.diffusion import LATEST_TIME
from stream_engine.models.mesh_to_speech import MeshToSpeech, MeshToSpeechConfig
from stream_engine.models.motion_transformer import TransformerConfig
from stream_engine.models.speech_encoder import EncoderConfig
from stream_engine.models.talking_face import FaceConfig, TalkingFace
from tests.training.pairs_for_tests import made_up_pairs
from training.abas import AbasWeights, Listener
from training.dataset import coefficient_scale
from training.mesh_to_speech import build
from training.motion import validate
from training.optimisation import read_checkpoint
from training.place import HERE, Place
from training.trainer import MOUTH, Material, Recipe, Trainer

SMALL = FaceConfig(
    EncoderConfig(width=32, dilations=(1, 2)),
    TransformerConfig(speech_width=32, width=32, heads=4, layers=2, context_frames=8),
)


SHARED = AbasWeights(speech_share=0.5, hold=5.0)


def ear_of(trainer: Trainer) -> MeshToSpeech:
    small = MeshToSpeechConfig(width=32, heads=2, layers=1, kernel=5, units=4)
    return build("jaw2s", coefficient_scale(trainer.material.pairs.motion), small, seed=0)


def make_trainer(steps: int = 120, place: Place = HERE, muted: float = 0.06) -> Trainer:
    # Sixteen clips: with every voice changed they are not learned by heart.
    recipe = Recipe(batch=8, rate=3e-3, warm_up=5, steps=steps, ema=0.9, muted=muted, warped=1.0)
    pairs = made_up_pairs(16)
    units = np.repeat((pairs.gap / pairs.gap.max() * 3.999).astype(np.int64), 2, axis=1)
    return Trainer(recipe, Material(pairs, units, pairs.mel, units), SMALL, place)


@pytest.mark.slow
def test_a_held_face_stays_what_it_was() -> None:
    """Loudly listened to, brows move less from what they were the firmer they are held."""

    def moved(hold: float) -> float:
        trainer = make_trainer(muted=0.0)
        for _ in range(30):
            trainer.train_step()
        before = copy.deepcopy(trainer.averaged)
        weights = AbasWeights(units=30.0, mouth_only=True, speech_share=0.5, hold=hold, ramp=1)
        trainer.listen(Listener(ear_of(trainer), trainer.model.scale, MOUTH, weights))
        for _ in range(20):
            trainer.train_step()
        mel, past = torch.from_numpy(made_up_pairs(4, seed=3).mel).float(), torch.zeros(4, 24, 55)
        time, first = torch.full((4, 24, 1), LATEST_TIME), torch.arange(24) // 3 * 3
        noise = torch.randn(4, 24, 55, generator=torch.Generator().manual_seed(0))
        with torch.no_grad():
            faces = [
                model.transformer.teacher_forced(past, noise, time, model.encode(mel), first)
                for model in (before, trainer.averaged)
            ]
        return float((faces[0] - faces[1])[..., ~MOUTH].square().mean())

    assert moved(500.0) < 0.5 * moved(0.0)


@pytest.mark.slow
def test_a_little_training_learns_an_easy_relation() -> None:
    """On unseen clips the jaw follows the envelope after a minute's worth of toy steps."""
    trainer = make_trainer()
    losses = [trainer.train_step()["total"] for _ in range(120)]
    assert sum(losses[-10:]) < 0.5 * sum(losses[:10])
    assert validate(trainer, made_up_pairs(6, seed=9))["validation_gap_pcc"] > 0.8


def test_every_parameter_is_trained() -> None:
    """Each weight of both halves moves within three steps (no gradient is lost on the way)."""
    trainer = make_trainer()
    before = {name: p.detach().clone() for name, p in trainer.model.named_parameters()}
    for _ in range(3):
        trainer.train_step()
    still = [n for n, p in trainer.model.named_parameters() if torch.equal(p, before[n])]
    assert still == []


def test_resumed_is_uninterrupted(tmp_path: Path) -> None:
    """With an ear and speech alone, steps after a checkpoint are those of a run never stopped."""

    def begin() -> Trainer:
        trainer = make_trainer()
        trainer.listen(Listener(ear_of(trainer), trainer.model.scale, MOUTH, SHARED))
        return trainer

    first = begin()
    first.train_step()
    first.save(tmp_path / "c.pt")
    second = begin()
    second.restore(read_checkpoint(tmp_path / "c.pt"))
    assert second.step == 1
    assert [first.train_step() for _ in range(2)] == [second.train_step() for _ in range(2)]
    for one, other in zip(first.averaged.parameters(), second.averaged.parameters(), strict=True):
        assert torch.equal(one, other)


def test_every_speech_term_is_there_and_counts() -> None:
    """Pairs and speech alone are judged in one pass, and the total is the sum of all terms."""
    trainer = make_trainer()
    trainer.listen(Listener(ear_of(trainer), trainer.model.scale, MOUTH, SHARED))
    terms = trainer.train_step()
    wanted = {"coefficients", "lips", "velocity", "heard_units", "heard_mel"}
    assert set(terms) == wanted | {"speech_units", "speech_held", "held", "total"}
    assert terms["total"] == pytest.approx(sum(v for k, v in terms.items() if k != "total"))
    assert terms["speech_units"] > 0


def test_the_face_is_held_to_the_reference() -> None:
    """To what the model was by default: nothing to hold at first. To another model's otherwise."""
    held = []
    for other in (False, True):
        trainer = make_trainer()
        reference = TalkingFace(SMALL)
        reference.scale.copy_(trainer.model.scale)
        ear = Listener(ear_of(trainer), trainer.model.scale, MOUTH, SHARED)
        trainer.listen(ear, reference if other else None)
        held.append(trainer.train_step()["held"])
    assert held[0] < 0.01 * held[1]


def test_the_mel_of_speech_alone_counts_if_it_should() -> None:
    """Not of a stranger, by default; of the speaker's own voice as much as is said."""
    found = []
    for share in (0.0, 0.5, 1.0):
        trainer = make_trainer()
        weights = replace(SHARED, speech_mel=share)
        trainer.listen(Listener(ear_of(trainer), trainer.model.scale, MOUTH, weights))
        found.append(trainer.train_step().get("speech_mel"))
    assert found[0] is None
    assert found[1] is not None
    assert found[2] == pytest.approx(2 * found[1])


def test_other_features_of_speech_train_as_well() -> None:
    """Two steps of four features to a frame, as a pretrained encoder would give."""
    pairs = made_up_pairs(8)
    pairs = replace(pairs, mel=pairs.mel[:, ::2, :4])
    encoder = EncoderConfig(mel_bands=4, mels_per_frame=2, width=32, dilations=(1,))
    recipe = Recipe(batch=4, voices=False, muted=0.0)
    trainer = Trainer(recipe, Material(pairs), FaceConfig(encoder, SMALL.transformer))
    assert np.isfinite(trainer.train_step()["total"])
    assert 0.0 <= abs(validate(trainer, pairs)["validation_gap_pcc"]) <= 1.0


def test_a_step_never_waits_for_its_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a device without values reading one would fail, as would adding it to one on the CPU."""
    monkeypatch.setattr("training.face_pass.half_precision", lambda device: nullcontext())
    for muted in (0.0, 1.0):
        trainer = make_trainer(place=Place(torch.device("meta")), muted=muted)
        ear = ear_of(trainer).to("meta")
        trainer.listen(Listener(ear, trainer.model.scale, MOUTH.to("meta"), SHARED))
        terms = trainer.advance()
        assert {term.device.type for term in terms.values()} == {"meta"}


def test_the_rate_warms_up_and_falls() -> None:
    """It rises over the first steps and ends at a fiftieth."""
    trainer = make_trainer(steps=8)
    rates = []
    for _ in range(9):
        trainer.advance()
        rates.append(trainer.rate)
    assert rates[0] == pytest.approx(3e-3 / 5)
    assert rates.index(max(rates)) in (3, 4)
    assert rates[-1] == pytest.approx(3e-3 * 0.02)
