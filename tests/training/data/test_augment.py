"""One voice made to sound like many."""

import torch

from training.data.augment import augment_speech, mixed, mute, warp_frequency


def test_warping_moves_a_formant() -> None:
    """A peak at band 40 stretched by 1.25 sits at band 32; factor 1 changes nothing."""
    mel = torch.zeros(1, 3, 80)
    mel[:, :, 40] = 1.0
    assert int(warp_frequency(mel, torch.tensor([1.25]))[0, 0].argmax()) == 32
    assert torch.allclose(warp_frequency(mel, torch.tensor([1.0])), mel)


def test_voices_change_but_time_does_not() -> None:
    """Clips become different from each other; a loud step stays where it was."""
    mel = torch.full((6, 40, 80), -1.0)
    mel[:, 20:24] = 2.0
    out = augment_speech(mel, torch.Generator().manual_seed(0))
    assert out.shape == mel.shape
    assert torch.isfinite(out).all()
    assert (out.mean(dim=2).argmax(dim=1) // 4 == 5).all()
    assert not torch.allclose(out[0], out[1])


def test_muted_speech_is_steady() -> None:
    """Background noise: no step stands out from the clip's mean by much."""
    out = mute(torch.zeros(5, 60, 80), torch.Generator().manual_seed(0))
    assert out.mean(dim=2).std(dim=1).max() < 0.15


def test_the_same_seed_gives_the_same_voices() -> None:
    """Reproducible."""
    mel = torch.randn(2, 8, 80)
    runs = [augment_speech(mel, torch.Generator().manual_seed(4)) for _ in range(2)]
    assert torch.equal(*runs)


def test_a_share_of_the_clips_keeps_its_vocal_tract() -> None:
    """None warped: a peak stays in its band; all warped: it moves; half: some of both."""
    mel = torch.full((40, 4, 80), -2.0)
    mel[:, :, 40] = 6.0
    moved = [
        (augment_speech(mel, torch.Generator().manual_seed(1), share).argmax(2)[:, 0] != 40).sum()
        for share in (0.0, 0.5, 1.0)
    ]
    assert moved[0] == 0
    assert 10 < moved[1] < 30
    assert moved[2] > 35


def test_a_sound_behind_speech_fills_its_pauses() -> None:
    """Loud steps of speech stay; where it is quiet the sound is heard, as loud as told."""
    mel = torch.full((1, 40, 80), -1.9)
    mel[:, 10:20] = 2.0
    sound = torch.full((1, 40, 80), 0.5)
    near, far = (mixed(mel, sound, torch.full((1, 1, 1), db)) for db in (3.0, 40.0))
    assert (near[:, 10:20] - mel[:, 10:20]).abs().max() < 0.2
    assert (near[:, 20:] - mel[:, 20:]).min() > 1.0
    assert (near - far)[:, 20:].min() > 1.0
