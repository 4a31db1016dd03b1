"""The diffusion model's denoiser: a small transformer over ``context | hop | lookahead``.

Context frames are clean and each sees itself and the ``context_frames`` before it; the frames of a
window are noisy, see the whole context and each other in both directions. Speech conditions every
frame separately (AdaLN and an additive input), and reaches earlier frames of the window through
attention: that is the lookahead.

Context keys and values are kept, not recomputed: committing a hop adds its clean frames.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from stream_engine.models.attention_masks import joint_mask, teacher_forcing_mask


@dataclass(frozen=True, slots=True)
class TransformerConfig:
    """Sizes of the denoiser.

    Attributes:
        coefficients: D, motion coefficients per frame.
        speech_width: Feature size of the speech encoder.
        width: Token size.
        heads: Attention heads.
        layers: Blocks.
        condition_width: Size of the AdaLN condition.
        context_frames: C, past frames attended to.
    """

    coefficients: int = 55
    speech_width: int = 192
    width: int = 256
    heads: int = 8
    layers: int = 4
    condition_width: int = 128
    context_frames: int = 25


def rotate(x: Tensor, positions: Tensor) -> Tensor:
    """Rotary position embedding of ``x`` [B, H, T, E] at ``positions`` [T] (Su et al. 2021)."""
    angles = rotary_angles(positions, x.shape[-1] // 2)
    return turned(x, angles.cos(), angles.sin())


def rotary_angles(positions: Tensor, half: int) -> Tensor:
    """Angles of ``positions`` [T] for heads of twice ``half``, float32 [T, ``half``]."""
    rates = 100.0 ** (-torch.arange(half, device=positions.device, dtype=torch.float32) / half)
    return positions[:, None].to(torch.float32) * rates


def turned(x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Each pair of ``x`` [B, H, T, E] turned by its angle, cosine and sine [T, E / 2]."""
    half = x.shape[-1] // 2
    first, second = x[..., :half], x[..., half:]
    return torch.cat([first * cosine - second * sine, second * cosine + first * sine], dim=-1)


class Block(nn.Module):
    """Pre-norm attention and MLP, both modulated frame by frame (AdaLN-zero, Peebles & Xie)."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        width = config.width
        self.heads = config.heads
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.modulation = nn.Linear(config.condition_width, 6 * width)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(approximate="tanh"), nn.Linear(4 * width, width)
        )
        nn.init.zeros_(self.modulation.weight)
        nn.init.zeros_(self.modulation.bias)

    def modulate(self, condition: Tensor) -> tuple[Tensor, ...]:
        """Shift, scale and gate [B, T, C] of attention, then of the MLP."""
        return tuple(self.modulation(condition).chunk(6, dim=-1))

    def project(self, x: Tensor, modulation: tuple[Tensor, ...]) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values [B, T, C] of tokens ``x``; keys are not yet rotated."""
        shift, scale = modulation[0], modulation[1]
        projected = self.query_key_value(self.norm(x) * (1 + scale) + shift)
        query, key, value = projected.chunk(3, dim=-1)
        return query, key, value

    def attend(
        self, q: Tensor, kv: tuple[Tensor, Tensor], at: tuple[Tensor, Tensor], mask: Tensor
    ) -> Tensor:
        """Attention of ``q`` [B, Q, C] over keys and values [B, K, C] at the two positions."""
        queries, keys, values = (
            x.reshape(*x.shape[:2], self.heads, -1).transpose(1, 2) for x in (q, *kv)
        )  # [B, H, T, E]
        mixed = functional.scaled_dot_product_attention(
            rotate(queries, at[0]), rotate(keys, at[1]), values, attn_mask=mask
        )
        attended: Tensor = self.out(mixed.transpose(1, 2).flatten(-2))
        return attended

    def merge(self, x: Tensor, attended: Tensor, modulation: tuple[Tensor, ...]) -> Tensor:
        """Add attention and MLP to the residual stream."""
        _, _, gate, mlp_shift, mlp_scale, mlp_gate = modulation
        x = x + gate * attended
        change: Tensor = self.mlp(self.norm(x) * (1 + mlp_scale) + mlp_shift)
        return x + mlp_gate * change


class MotionTransformer(nn.Module):
    """Predicts clean, normalised motion from noisy motion, speech and the frames before."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config
        self.motion_in = nn.Linear(config.coefficients, config.width)
        self.speech_in = nn.Linear(config.speech_width, config.width)
        self.kind = nn.Parameter(torch.zeros(2, config.width))  # noisy, clean
        self.speech_condition = nn.Linear(config.speech_width, config.condition_width)
        self.time_condition = nn.Sequential(
            nn.Linear(32, config.condition_width),
            nn.SiLU(),
            nn.Linear(config.condition_width, config.condition_width),
        )
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.width)
        self.motion_out = nn.Linear(config.width, config.coefficients)

    def initial_cache(self, batch: int) -> tuple[Tensor, Tensor]:
        """Empty context: keys and values [B, L, 2, C, W], and mask [B, C] of filled slots."""
        c = self.config
        device = self.kind.device
        cache = torch.zeros(batch, c.layers, 2, c.context_frames, c.width, device=device)
        return cache, torch.zeros(batch, c.context_frames, device=device)

    def _layers(self) -> Iterator[Block]:
        return (cast(Block, block) for block in self.blocks)

    def _condition(self, speech: Tensor, time: Tensor) -> Tensor:
        return functional.silu(self.speech_condition(speech) + self._time_embedding(time))

    def _time_embedding(self, time: Tensor) -> Tensor:
        rates = 2.0 ** torch.arange(16, device=time.device, dtype=torch.float32)
        angles = time * rates * 0.1
        embedded: Tensor = self.time_condition(torch.cat([angles.sin(), angles.cos()], dim=-1))
        return embedded

    def _tokens(self, motion: Tensor, speech: Tensor, kind: int) -> Tensor:
        tokens: Tensor = self.motion_in(motion) + self.speech_in(speech) + self.kind[kind]
        return tokens

    def _head(self, x: Tensor) -> Tensor:
        out: Tensor = self.motion_out(self.norm(x))
        return out

    def denoise(
        self, noisy: Tensor, time: Tensor, speech: Tensor, cache: Tensor, mask: Tensor
    ) -> Tensor:
        """Predict the clean motion of one window.

        Args:
            noisy: float32 [B, T, D], normalised, diffused to ``time``.
            time: float32 [B, 1, 1], 0..1.
            speech: Features of the same frames, float32 [B, T, S].
            cache: Context keys and values, float32 [B, L, 2, C, W].
            mask: Filled slots of it, float32 [B, C], 1 or 0.

        Returns:
            Clean motion float32 [B, T, D], normalised.
        """
        x = self._tokens(noisy, speech, kind=0)
        condition = self._condition(speech, time)
        slots = self.config.context_frames
        frames = torch.ones_like(noisy[:, :, 0])  # [B, T]
        seen = (torch.cat([mask, frames], dim=1) > 0.5)[:, None, None, :]  # [B, 1, 1, C + T]
        at_keys = torch.arange(slots + noisy.shape[1], device=noisy.device)
        for index, block in enumerate(self._layers()):
            modulation = block.modulate(condition)
            query, key, value = block.project(x, modulation)
            keys = torch.cat([cache[:, index, 0], key], dim=1)
            values = torch.cat([cache[:, index, 1], value], dim=1)
            at = (at_keys[slots:], at_keys)
            x = block.merge(x, block.attend(query, (keys, values), at, seen), modulation)
        return self._head(x)

    def commit(
        self, clean: Tensor, emitted: Tensor, speech: Tensor, cache: Tensor, mask: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Append emitted frames to the context.

        Args:
            clean: Emitted motion, float32 [B, T, D], normalised.
            emitted: 1 where a frame was emitted, 0 before a stream's first, float32 [B, T].
            speech: Features of the same frames, float32 [B, T, S].
            cache: Context keys and values, float32 [B, L, 2, C, W].
            mask: Filled slots, float32 [B, C].

        Returns:
            Cache and mask of the same shapes, moved on by T frames.
        """
        slots, frames = self.config.context_frames, clean.shape[1]
        x = self._tokens(clean, speech, kind=1)
        condition = self._condition(speech, torch.zeros_like(clean[:, :1, :1]))
        at_keys = torch.arange(slots + frames, device=clean.device)
        at_queries = at_keys[slots:]
        distance = at_queries[:, None] - at_keys[None, :]  # [T, C + T]
        inside = (distance >= 0) & (distance <= slots)
        filled = torch.cat([mask, emitted], dim=1)
        # A token always sees itself: a row without any key would be NaN.
        seen = (inside[None] & (filled > 0.5)[:, None, :]) | (distance == 0)[None]
        seen = seen[:, None]
        layers = []
        for index, block in enumerate(self._layers()):
            modulation = block.modulate(condition)
            query, key, value = block.project(x, modulation)
            keys = torch.cat([cache[:, index, 0], key], dim=1)
            values = torch.cat([cache[:, index, 1], value], dim=1)
            layers.append(torch.stack([keys[:, frames:], values[:, frames:]], dim=1))
            attended = block.attend(query, (keys, values), (at_queries, at_keys), seen)
            x = block.merge(x, attended, modulation)
        return torch.stack(layers, dim=1), filled[:, frames:]

    def commit_and_denoise(
        self,
        frames: tuple[Tensor, Tensor],
        emitted: Tensor,
        time: float,
        speech: Tensor,
        context: tuple[Tensor, Tensor],
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Append emitted frames to the context and denoise the window after it, in one pass.

        Equals ``commit``, then ``denoise``, at half their calls and fewer copies of the context.

        Args:
            frames: Emitted motion [B, H, D] and the noisy window [B, T, D], float32, normalised.
            emitted: 1 where a frame was emitted, float32 [B, H].
            time: Of the noisy window, 0..1.
            speech: Features of both, float32 [B, H + T, S].
            context: Cache and mask, as for ``commit``.

        Returns:
            Clean motion of the window float32 [B, T, D], and cache and mask, moved on.
        """
        (clean, noisy), (cache, mask) = frames, context
        slots, hop = self.config.context_frames, clean.shape[1]
        tokens = self.motion_in(torch.cat(frames, dim=1)) + self.speech_in(speech)
        x = torch.cat([tokens[:, :hop] + self.kind[1], tokens[:, hop:] + self.kind[0]], dim=1)
        heard = self.speech_condition(speech)
        times = self._time_embedding(torch.tensor([[0.0], [time]], device=x.device))  # [2, C]
        condition = functional.silu(
            torch.cat([heard[:, :hop] + times[0], heard[:, hop:] + times[1]], dim=1)
        )
        filled = torch.cat([mask, emitted], dim=1)
        at_keys = torch.arange(slots + x.shape[1], device=x.device)
        seen = joint_mask(
            at_keys, slots, hop, torch.cat([filled, torch.ones_like(noisy[:, :, 0])], 1)
        )
        at, layers = (at_keys[slots:], at_keys), []
        for index, block in enumerate(self._layers()):
            modulation = block.modulate(condition)
            query, key, value = block.project(x, modulation)
            keys = torch.cat([cache[:, index, 0], key], dim=1)
            values = torch.cat([cache[:, index, 1], value], dim=1)
            kept = slice(hop, hop + slots)
            layers.append(torch.stack([keys[:, kept], values[:, kept]], dim=1))
            x = block.merge(x, block.attend(query, (keys, values), at, seen), modulation)
        return self._head(x[:, hop:]), (torch.stack(layers, dim=1), filled[:, hop:])

    def teacher_forced(
        self, clean: Tensor, noisy: Tensor, time: Tensor, speech: Tensor, first: Tensor
    ) -> Tensor:
        """Denoise every window of a clip in one pass, each after the true past.

        Equals ``commit`` of all earlier frames, then ``denoise`` of the window, window by window.

        Args:
            clean: True motion given as context, float32 [B, T, D].
            noisy: The same diffused to ``time``, float32 [B, T, D].
            time: Per frame, equal inside a window, float32 [B, T, 1].
            speech: Features, float32 [B, T, S].
            first: First frame of the window each frame belongs to, int64 [T].

        Returns:
            Clean motion float32 [B, T, D].
        """
        frames = clean.shape[1]
        at = torch.arange(frames, device=clean.device).repeat(2)
        seen = teacher_forcing_mask(first, self.config.context_frames)
        x = torch.cat([self._tokens(clean, speech, 1), self._tokens(noisy, speech, 0)], dim=1)
        times = torch.cat([torch.zeros_like(time), time], dim=1)
        condition = self._condition(speech.repeat(1, 2, 1), times)
        for block in self._layers():
            modulation = block.modulate(condition)
            query, key, value = block.project(x, modulation)
            x = block.merge(x, block.attend(query, (key, value), (at, at), seen), modulation)
        return self._head(x[:, frames:])
