"""One hop of the engine as one graph."""

import torch
from torch import Tensor, nn

from stream_engine.models.diffusion import sample
from stream_engine.models.motion_transformer import MotionTransformer


class MotionSampler(nn.Module):
    """Commits the last hop, then samples the next window, its steps unrolled."""

    scale: Tensor

    def __init__(self, model: MotionTransformer, scale: Tensor, times: tuple[float, ...]) -> None:
        super().__init__()
        self.model = model
        self.times = times
        self.register_buffer("scale", scale)

    def forward(  # noqa: PLR0913 - one argument per tensor of the exported graph
        self,
        emitted: Tensor,
        emitted_speech: Tensor,
        emitted_mask: Tensor,
        cache: Tensor,
        mask: Tensor,
        speech: Tensor,
        noise: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Commit and sample.

        Args:
            emitted: Frames emitted by the last hop, float32 [B, H, D], coefficient units.
            emitted_speech: Their features, float32 [B, H, S].
            emitted_mask: 1 where a frame was emitted, 0 before the first hop, float32 [B, H].
            cache: Context keys and values, float32 [B, L, 2, C, W].
            mask: Filled slots, float32 [B, C].
            speech: Features of the window, float32 [B, T, S].
            noise: Start noise of its frames, float32 [B, T, D].

        Returns:
            Motion of the window float32 [B, T, D] in coefficient units, and the new cache, mask.
        """
        context = (cache, mask)
        kept: list[tuple[Tensor, Tensor]] = []
        both = torch.cat([emitted_speech, speech], dim=1)

        def predict_clean(noisy: Tensor, time: float) -> Tensor:
            if kept:  # later steps: the context has moved on already
                batch = torch.ones_like(noise[:, :1, :1])
                return self.model.denoise(noisy, batch * time, speech, *kept[0])
            frames = (emitted / self.scale, noisy)
            clean, moved = self.model.commit_and_denoise(frames, emitted_mask, time, both, context)
            kept.append(moved)
            return clean

        motion = sample(predict_clean, noise, self.times) * self.scale
        return motion, *kept[0]
