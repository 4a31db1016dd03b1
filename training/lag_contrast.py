"""How well a face is told from others: its evidence at the right lag against other lags and faces.

The evidence is the monitor's own (`stream_engine.monitor.sync_evidence`), summed over half a second
of speech, so what the ears are taught is what they are asked; the rest of their lessons keeps it
evidence of what is said.

Source: InfoNCE, van den Oord et al. 2018.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from stream_engine.monitor.sync_evidence import MEL_DISTANCE, MEL_GAIN, MOST_LAG_STEPS

WINDOW_STEPS, _STRIDE = 25, 10
"""Steps of 20 ms that are summed, and how far apart sums begin."""

_NEAR_STEPS = 1
"""Lags so near to the right one are neither right nor wrong: the recordings are no better."""

_LEAST_SPEECH = 0.3
_NEVER = -1e4


@dataclass(frozen=True, slots=True)
class Heard:
    """What is heard in clips, for the evidence.

    Attributes:
        units: Of a face log(p / prior), of a voice probabilities; float32 [B, U, K].
        mel: Coarse mel in spreads of its voice, float32 [B, U, C].
    """

    units: Tensor
    mel: Tensor


def lag_sums(face: Heard, voice: Heard, spoken: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Evidence of windows at every lag, and of other faces at none.

    Args:
        face: Of B clips.
        voice: Of the same clips.
        spoken: How much each step of the voice counts, float32 [B, U].

    Returns:
        Nats of windows: of the own face at each lag, float32 [B, N, L], a positive lag being a
        mouth that is late; of all faces in sync, float32 [B, N, B]; and the share of each window
        that counts, float32 [B, N].
    """
    at = torch.arange(MOST_LAG_STEPS, spoken.shape[1] - MOST_LAG_STEPS)
    there = at[:, None] + torch.arange(-MOST_LAG_STEPS, MOST_LAG_STEPS + 1)  # [S, L]
    said, drawn = voice.units[:, at], voice.mel[:, at]
    names = torch.einsum("bsk,buk->bsu", said, face.units)
    own = names[:, torch.arange(len(at))[:, None], there]
    own = own + _nearness(drawn[:, :, None], face.mel[:, there])
    others = torch.einsum("bsk,csk->bsc", said, face.units[:, at])
    strange = face.mel[:, at].transpose(0, 1)[None]  # [1, S, B, C]
    others = others + _nearness(drawn[:, :, None], strange)
    weight = spoken[:, at]
    summed = (_windows(weight[..., None] * nats) for nats in (own, others))
    of_lags, of_faces = summed
    return of_lags, of_faces, _windows(weight[..., None])[..., 0] / WINDOW_STEPS


def lag_contrast(face: Heard, voice: Heard, spoken: Tensor, sharpness: float) -> Tensor:
    """How badly windows of a face are told from other lags and other faces.

    Args:
        face: Of B clips.
        voice: Of the same clips.
        spoken: How much each step of the voice counts, float32 [B, U].
        sharpness: What a nat of evidence is worth; steps are not independent, so less than 1.

    Returns:
        Mean cross entropy of the windows with speech enough; 0 without any.
    """
    of_lags, of_faces, share = lag_sums(face, voice, spoken)
    lags = torch.arange(-MOST_LAG_STEPS, MOST_LAG_STEPS + 1)
    near = (lags != 0) & (lags.abs() <= _NEAR_STEPS)
    of_lags = (sharpness * of_lags).masked_fill(near.to(of_lags.device), _NEVER)
    itself = torch.eye(len(of_faces), dtype=torch.bool, device=of_faces.device)
    of_faces = (sharpness * of_faces).masked_fill(itself[:, None], _NEVER)
    enough = share >= _LEAST_SPEECH
    if not enough.any():
        return of_lags.sum() * 0.0
    logits = torch.cat([of_lags, of_faces], dim=2)[enough]
    right = torch.full((len(logits),), MOST_LAG_STEPS, device=logits.device)
    return functional.cross_entropy(logits, right)


@torch.no_grad()
def misplaced(face: Heard, voice: Heard, spoken: Tensor) -> Tensor:
    """Whether the best lag of each window with speech enough is a wrong one, bool [N]."""
    of_lags, _, share = lag_sums(face, voice, spoken)
    off = (of_lags.argmax(dim=2) - MOST_LAG_STEPS).abs() > _NEAR_STEPS
    return off[share >= _LEAST_SPEECH]


def _nearness(one: Tensor, two: Tensor) -> Tensor:
    return MEL_GAIN * (MEL_DISTANCE - (one - two).abs().mean(dim=-1))


def _windows(steps: Tensor) -> Tensor:
    """Sums over windows, float32 [B, S, X] to [B, N, X]."""
    return steps.unfold(1, WINDOW_STEPS, _STRIDE).sum(dim=-1)
