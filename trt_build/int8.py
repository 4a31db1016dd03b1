"""The model in 8-bit products for CPUs: what of it changes, and how it learns its ranges.

Weights are rounded by column, what they are multiplied with by tensor, with ranges that are fixed
beforehand: a range taken from each call would let one session's loudness change another's face.
Sums are whole numbers, so neither batch nor processor changes them.
"""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

import torch
from torch import Tensor, nn

from stream_engine.models.motion_transformer import Block, TransformerConfig, rotary_angles
from stream_engine.models.talking_face import TalkingFace
from trt_build.cpu_ops import attend, product, to_bytes, turn

_LEVELS = 255
_WEIGHT_LEVELS = 63
"""Seven bits: processors without VNNI add two products in 16 bits, which eight would overflow."""

_TINY = 1e-9  # a column of zeros divides by it
_MOST_POSITIONS = 64
_UNSEEN = -1e9

Range = tuple[float, float]
"""Least and most of what was seen."""


@contextmanager
def watched(face: nn.Module) -> Iterator[dict[str, Range]]:
    """Note what every product and convolution of a model is given while the context is open.

    Args:
        face: The model.

    Yields:
        Range by name of the module, growing.
    """
    seen: dict[str, Range] = {}

    def watch(name: str) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
        def note(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            del module
            low, high = (float(x) for x in inputs[0].aminmax())
            before = seen.get(name, (0.0, 0.0))
            seen[name] = min(low, before[0]), max(high, before[1])

        return note

    kinds = (nn.Linear, nn.Conv1d)
    modules = [(name, module) for name, module in face.named_modules() if isinstance(module, kinds)]
    hooks = [module.register_forward_pre_hook(watch(name)) for name, module in modules]
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()


class Product(nn.Module):
    """A linear layer in bytes; the weights stay as they are shipped and are rounded on loading.

    Args:
        weight: float32 [N, K].
        bias: float32 [N].
        seen: Range of the inputs.
    """

    scale: Tensor
    zero: Tensor

    def __init__(self, weight: Tensor, bias: Tensor, seen: Range) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(weight), nn.Parameter(bias)
        low, high = min(seen[0], 0.0), max(seen[1], 1e-6)
        scale = torch.tensor((high - low) / _LEVELS)
        self.register_buffer("scale", scale)
        self.register_buffer("zero", torch.tensor(round(-low / float(scale)), dtype=torch.uint8))

    def forward(self, x: Tensor) -> Tensor:
        """Of ``x`` [..., K], float32 [..., N]."""
        return self._times(to_bytes(x, self.scale, self.zero), self.weight, self.bias)

    def in_parts(self, x: Tensor, count: int) -> tuple[Tensor, ...]:
        """The same in parts of N / ``count``, none of which has to be cut out of the whole."""
        rounded = to_bytes(x, self.scale, self.zero)
        size = len(self.bias) // count
        parts = (slice(start, start + size) for start in range(0, len(self.bias), size))
        return tuple(self._times(rounded, self.weight[p], self.bias[p]) for p in parts)

    def _times(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        scales = (weight.abs().amax(1) + _TINY) / _WEIGHT_LEVELS
        levels = torch.round(weight / scales[:, None]).to(torch.int8)
        made: Tensor = product(x, levels.t(), self.scale, scales, self.zero, bias)
        return made


class Taps(Product):
    """A convolution as one product: what its taps see stands side by side.

    A hop has one frame or two, and convolutions that short spend their time on arranging.

    Args:
        conv: The convolution; stride 1, or as long as its kernel.
        seen: Range of the inputs.
    """

    def __init__(self, conv: nn.Conv1d, seen: Range) -> None:
        assert conv.bias is not None
        super().__init__(conv.weight.data, conv.bias.data, seen)
        self._taps, self._stride = conv.kernel_size[0], conv.stride[0]
        self._dilation = conv.dilation[0]

    def forward(self, x: Tensor) -> Tensor:
        """Of ``x`` [B, C, T], float32 [B, N, T']."""
        rounded = to_bytes(x.transpose(1, 2), self.scale, self.zero)
        if self._stride == 1:
            length = rounded.shape[1] - self._dilation * (self._taps - 1)
            starts = (self._dilation * tap for tap in range(self._taps))
            side_by_side = torch.cat([rounded[:, at : at + length] for at in starts], dim=-1)
        else:
            side_by_side = rounded.reshape(len(x), -1, self._taps * x.shape[1])
        weight = self.weight.transpose(1, 2).flatten(1)  # [N, taps C]
        return self._times(side_by_side, weight, self.bias).transpose(1, 2)


class Int8Block(Block):
    """A block with its products in bytes and attention whole.

    Args:
        block: The trained one.
        config: Sizes.
        seen: Range of the inputs of each of its layers, by name.
    """

    cosines: Tensor
    sines: Tensor
    first: Tensor

    def __init__(self, block: Block, config: TransformerConfig, seen: dict[str, Range]) -> None:
        super().__init__(config)
        self.load_state_dict(block.state_dict())
        put_products(self, seen)
        half = config.width // config.heads // 2
        angles = rotary_angles(torch.arange(_MOST_POSITIONS), half)
        self.register_buffer("cosines", angles.cos(), persistent=False)
        self.register_buffer("sines", angles.sin(), persistent=False)
        self.register_buffer("first", torch.tensor([0, config.context_frames]), persistent=False)

    def modulate(self, condition: Tensor) -> tuple[Tensor, ...]:
        """As in the trained one."""
        return cast(Product, self.modulation).in_parts(condition, 6)

    def project(self, x: Tensor, modulation: tuple[Tensor, ...]) -> tuple[Tensor, Tensor, Tensor]:
        """As in the trained one."""
        shift, scale = modulation[0], modulation[1]
        moved = self.norm(x) * (1 + scale) + shift
        query, key, value = cast(Product, self.query_key_value).in_parts(moved, 3)
        return query, key, value

    def attend(
        self, q: Tensor, kv: tuple[Tensor, Tensor], at: tuple[Tensor, Tensor], mask: Tensor
    ) -> Tensor:
        """As in the trained one; keys stand at 0 and on, queries behind the context."""
        del at
        query = turn(q, self.cosines, self.sines, self.first[1:])
        key = turn(kv[0], self.cosines, self.sines, self.first[:1])
        bias = torch.where(mask, 0.0, _UNSEEN).expand(-1, -1, q.shape[1], -1)
        attended: Tensor = self.out(attend(query, key, kv[1], bias, self.heads))
        return attended


def put_products(module: nn.Module, seen: dict[str, Range]) -> None:
    """Put `Product` and `Taps` in the place of layers whose inputs were seen.

    Args:
        module: Changed in place.
        seen: Range of the inputs by name inside the module.
    """
    for name, layer in list(module.named_modules()):
        if name not in seen:
            continue
        made = (
            Taps(layer, seen[name])
            if isinstance(layer, nn.Conv1d)
            else Product(layer.weight.data, layer.bias.data, seen[name])
        )
        module.set_submodule(name, made)


def as_int8(face: TalkingFace, seen: dict[str, Range]) -> TalkingFace:
    """A copy of a model that multiplies bytes.

    Args:
        face: The trained one, weights as shipped.
        seen: What `watched` noted on speech. What it did not see stays as it is.

    Returns:
        The copy; it gives what its graphs give, slowly.
    """

    def inside(prefix: str) -> dict[str, Range]:
        return {k.removeprefix(prefix): v for k, v in seen.items() if k.startswith(prefix)}

    made, transformer = copy.deepcopy(face), face.transformer
    put_products(made.encoder, inside("encoder."))
    blocks = [
        Int8Block(cast(Block, block), transformer.config, inside(f"transformer.blocks.{index}."))
        for index, block in enumerate(transformer.blocks)
    ]
    rest = {k: v for k, v in inside("transformer.").items() if not k.startswith(("blocks", "time"))}
    put_products(made.transformer, rest)
    made.transformer.blocks = nn.ModuleList(blocks)
    return made.eval()
