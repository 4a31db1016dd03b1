"""How sounds shape a mouth: a model fitted to recorded motion and phone times.

Phones are described by how they are made (place, manner, height, rounding, ...), not by name, so
that sounds the recordings never hold, such as ZH or OY, move a mouth as their relatives do. A
convolution over these tracks and the loudness, looking a quarter of a second both ways, learns
coarticulation.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from stream_engine.types import F32
from training.data.corpus.phones import PHONES

FEATURES = (
    "silence", "vowel", "open", "front", "round", "tense", "bilabial", "labiodental", "dental",
    "alveolar", "postalveolar", "velar", "glottal", "stop", "fricative", "nasal", "approximant",
    "lateral", "rhotic", "voiced",
)  # fmt: skip

_VOWELS = {  # open 0..1, front 0..1, round 0..1, tense
    "IY": (0.0, 1.0, 0.0, 1), "IH": (0.2, 0.8, 0.0, 0), "EH": (0.5, 0.9, 0.0, 0),
    "AE": (0.8, 0.9, 0.0, 0), "AA": (1.0, 0.2, 0.0, 1), "AO": (0.7, 0.1, 0.6, 1),
    "AH": (0.6, 0.5, 0.0, 0), "UH": (0.2, 0.2, 0.6, 0), "UW": (0.0, 0.2, 1.0, 1),
    "ER": (0.4, 0.5, 0.4, 1),
}  # fmt: skip
_GLIDES = {"AY": ("AA", "IY"), "AW": ("AA", "UW"), "OY": ("AO", "IY"), "EY": ("EH", "IY"),
           "OW": ("AO", "UW")}  # fmt: skip
_CONSONANTS = {
    "P": "bilabial stop", "B": "bilabial stop voiced", "M": "bilabial nasal voiced",
    "F": "labiodental fricative", "V": "labiodental fricative voiced", "TH": "dental fricative",
    "DH": "dental fricative voiced", "T": "alveolar stop", "D": "alveolar stop voiced",
    "N": "alveolar nasal voiced", "S": "alveolar fricative", "Z": "alveolar fricative voiced",
    "L": "alveolar lateral approximant voiced", "R": "rhotic approximant round voiced",
    "SH": "postalveolar fricative round", "ZH": "postalveolar fricative round voiced",
    "CH": "postalveolar stop fricative round", "JH": "postalveolar stop fricative round voiced",
    "K": "velar stop", "G": "velar stop voiced", "NG": "velar nasal voiced",
    "HH": "glottal fricative", "W": "bilabial velar approximant round voiced",
    "Y": "approximant front voiced", "SIL": "silence",
}  # fmt: skip
_STEPS = 4  # phone labels per motion frame


def _description(phone: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Features at the start and at the end of a phone."""
    if phone in _GLIDES:
        begin, end = (_description(name)[0] for name in _GLIDES[phone])
        return begin, end
    row = np.zeros(len(FEATURES), np.float32)
    if phone in _VOWELS:
        values = dict(zip(("open", "front", "round", "tense"), _VOWELS[phone], strict=True))
        for name, value in (values | {"vowel": 1.0, "voiced": 1.0}).items():
            row[FEATURES.index(name)] = value
    else:
        for name in _CONSONANTS[phone].split():
            row[FEATURES.index(name)] = 1.0
    return row, row


_TABLE = np.stack([np.stack(_description(phone)) for phone in PHONES])  # [40, 2, K]


def feature_tracks(phones: NDArray[np.uint8]) -> F32:
    """How the sounds of one clip are made: float32 [N, K] from labels [N]; glides glide."""
    tracks = np.zeros((len(phones), len(FEATURES)), np.float32)
    edges = np.flatnonzero(np.diff(phones.astype(np.int64))) + 1
    for start, end in zip([0, *edges], [*edges, len(phones)], strict=True):
        share = np.linspace(0.0, 1.0, end - start, dtype=np.float32)[:, None]
        begin, finish = _TABLE[phones[start]]
        tracks[start:end] = (1.0 - share) * begin + share * finish
    return tracks


class Articulation(nn.Module):
    """Feature tracks and loudness to mouth coefficients.

    Args:
        outputs: Coefficients it moves.
        width: Channels.
    """

    def __init__(self, outputs: int, width: int = 96) -> None:
        super().__init__()
        self.stem = nn.Conv1d(len(FEATURES) + 1, width, 12, stride=_STEPS, padding=4)
        self.layers = nn.ModuleList(nn.Conv1d(width, 2 * width, 5, padding=2) for _ in range(3))
        self.out = nn.Conv1d(width, outputs, 1)

    def forward(self, tracks: Tensor, loudness: Tensor) -> Tensor:
        """Move a mouth.

        Args:
            tracks: `feature_tracks` of each clip, float32 [B, 4 T, K].
            loudness: Log energy about the clip's mean, float32 [B, T].

        Returns:
            Normalised coefficients float32 [B, T, outputs].
        """
        loud = loudness.repeat_interleave(_STEPS, 1)[:, None]
        x = functional.gelu(self.stem(torch.cat([tracks.transpose(1, 2), loud], dim=1)))
        for layer in self.layers:
            x = x + functional.glu(layer(functional.dropout(x, 0.1, self.training)), dim=1)
        out: Tensor = self.out(x).transpose(1, 2)
        return out


def centred(loudness: F32) -> Tensor:
    """Loudness about each clip's loud half, in units of 3 nats, float32 [M, T]."""
    loud = np.quantile(loudness, 0.8, axis=1, keepdims=True)
    return torch.from_numpy(np.clip((loudness - loud) / 3.0, -2.0, 1.0).astype(np.float32))


def fit_articulation(
    tracks: Tensor, loudness: Tensor, motion: Tensor, lips: Tensor, steps: int = 700
) -> Articulation:
    """Fit the model.

    Args:
        tracks: Feature tracks of M clips, float32 [M, 4 T, K].
        loudness: float32 [M, T].
        motion: Normalised mouth coefficients, float32 [M, T, D].
        lips: Normalised coefficients to lip measurements in mm, float32 [D, R].
        steps: Of the optimiser.

    Returns:
        The model, in evaluation mode.
    """
    generator = torch.Generator().manual_seed(0)
    torch.manual_seed(0)
    model = Articulation(motion.shape[-1])
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, steps)
    for _ in range(steps):
        rows = torch.randint(len(motion), (32,), generator=generator)
        error = model(tracks[rows], loudness[rows]) - motion[rows]
        loss = error.square().mean() + 0.6 * (error @ lips).square().sum(-1).mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        schedule.step()
    return model.eval()
