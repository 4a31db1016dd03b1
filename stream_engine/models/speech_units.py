"""Speech units: what is being said, 50 times a second, whoever says it.

A small phone recogniser learns a bottleneck from many voices; k-means over the bottleneck names
the units. They carry sounds, not voices, which is what a moving mouth can say.

Source: units as in Choi, Kim & Ro 2023; bottleneck features as in Grézl et al. 2007.
"""

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from stream_engine.models.speech_encoder import EncoderConfig, SpeechEncoder

UNIT_HZ = 50


def _encoder() -> EncoderConfig:
    return EncoderConfig(mels_per_frame=2, width=144, dilations=(1, 2, 4, 8, 1, 2))


@dataclass(frozen=True, slots=True)
class UnitsConfig:
    """Sizes.

    Attributes:
        encoder: Streaming encoder at 50 Hz.
        bottleneck: Size of the learned representation.
        phones: Phones it was taught.
        units: K, clusters of the representation.
        delay: Units of speech heard after the unit that is named (20 ms each).
    """

    encoder: EncoderConfig = field(default_factory=_encoder)
    bottleneck: int = 32
    phones: int = 40
    units: int = 100
    delay: int = 6


class SpeechUnits(nn.Module):
    """Log-mel to a representation of sounds, phones and units."""

    centroids: Tensor

    def __init__(self, config: UnitsConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = SpeechEncoder(config.encoder)
        self.squeeze = nn.Linear(config.encoder.width, config.bottleneck)
        self.phones = nn.Linear(config.bottleneck, config.phones)
        self.register_buffer("centroids", torch.zeros(config.units, config.bottleneck))

    def represent(self, mel: Tensor) -> Tensor:
        """Representation of whole clips.

        Args:
            mel: Log-mel steps, float32 [B, 2 U, F].

        Returns:
            float32 [B, U, R], unit length.
        """
        ahead = 2 * self.config.delay
        run = torch.cat([mel, mel[:, -1:].expand(-1, ahead, -1)], dim=1)
        heard: Tensor = self.encoder(run, *self.encoder.initial_state(len(mel)))[0]
        return nn.functional.normalize(self.squeeze(heard[:, self.config.delay :]), dim=-1)

    def phone_logits(self, represented: Tensor) -> Tensor:
        """Logits of the phones it was taught, [..., phones] from [..., R]."""
        logits: Tensor = self.phones(represented * 8.0)
        return logits

    def closeness(self, represented: Tensor) -> Tensor:
        """How close each unit is, [..., K] from [..., R]; highest for the nearest."""
        return represented @ self.centroids.T - 0.5 * (self.centroids**2).sum(-1)

    def nearest(self, represented: Tensor) -> Tensor:
        """Nearest unit of each representation, int64 [...] from [..., R]."""
        return self.closeness(represented).argmax(-1)

    def forward(self, mel: Tensor) -> Tensor:
        """Units of whole clips, int64 [B, U], from log-mel [B, 2 U, F]."""
        return self.nearest(self.represent(mel))
