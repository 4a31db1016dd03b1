"""Operations that ONNX Runtime has whole on a CPU, as torch sees them and as it writes them.

Exported as they stand in the model, attention and 8-bit products would be a dozen small nodes each.
Each operation here runs in torch, by the plain formula, and is exported as the one node.
"""

from collections.abc import Callable
from typing import Any

import torch
from onnx import defs, helper
from onnxscript.values import Opset
from torch import Tensor
from torch.nn import functional

from stream_engine.models.motion_transformer import turned

_LEVELS = 255


@torch.library.custom_op("elocute::to_bytes", mutates_args=())
def to_bytes(x: Tensor, scale: Tensor, zero: Tensor) -> Tensor:
    """Round to unsigned bytes.

    Args:
        x: float32, any shape.
        scale: Width of a level, float32 [].
        zero: Level of 0, uint8 [].

    Returns:
        uint8, shape of ``x``.
    """
    return (torch.round(x / scale) + zero).clamp(0, _LEVELS).to(torch.uint8)


@to_bytes.register_fake
def _(x: Tensor, scale: Tensor, zero: Tensor) -> Tensor:
    return torch.empty_like(x, dtype=torch.uint8)


@torch.library.custom_op("elocute::product", mutates_args=())
def product(
    x: Tensor, weight: Tensor, scale: Tensor, scales: Tensor, zero: Tensor, bias: Tensor
) -> Tensor:
    """Product of bytes, summed in whole numbers, as float.

    Args:
        x: uint8 [..., K].
        weight: int8 [K, N].
        scale: Of ``x``, float32 [].
        scales: Of the columns of ``weight``, float32 [N].
        zero: Level of 0 in ``x``, uint8 [].
        bias: float32 [N].

    Returns:
        float32 [..., N].
    """
    sums = (x.double() - zero) @ weight.double()  # whole numbers below 2^53: exact
    return sums.float() * (scale * scales) + bias


@product.register_fake
def _(
    x: Tensor, weight: Tensor, scale: Tensor, scales: Tensor, zero: Tensor, bias: Tensor
) -> Tensor:
    return x.new_empty((*x.shape[:-1], weight.shape[1]), dtype=torch.float32)


@torch.library.custom_op("elocute::turn", mutates_args=())
def turn(x: Tensor, cosines: Tensor, sines: Tensor, first: Tensor) -> Tensor:
    """Rotary position embedding of consecutive frames.

    Args:
        x: float32 [B, T, H E].
        cosines: Of every position, float32 [P, E / 2].
        sines: Likewise.
        first: Position of the first frame, int64 [1].

    Returns:
        float32 [B, T, H E].
    """
    half = cosines.shape[1]
    heads = x.reshape(*x.shape[:2], -1, 2 * half).transpose(1, 2)
    at = torch.arange(x.shape[1]) + first
    return turned(heads, cosines[at], sines[at]).transpose(1, 2).flatten(-2)


@turn.register_fake
def _(x: Tensor, cosines: Tensor, sines: Tensor, first: Tensor) -> Tensor:
    return torch.empty_like(x)


@torch.library.custom_op("elocute::attend", mutates_args=())
def attend(query: Tensor, key: Tensor, value: Tensor, bias: Tensor, heads: int) -> Tensor:
    """Attention.

    Args:
        query: float32 [B, Q, C].
        key: float32 [B, K, C].
        value: float32 [B, K, C].
        bias: Added to the scores of every head, float32 [B, 1, Q, K].
        heads: How many.

    Returns:
        float32 [B, Q, C].
    """
    queries, keys, values = (
        x.reshape(*x.shape[:2], heads, -1).transpose(1, 2) for x in (query, key, value)
    )
    mixed = functional.scaled_dot_product_attention(queries, keys, values, attn_mask=bias)
    return mixed.transpose(1, 2).flatten(-2)


@attend.register_fake
def _(query: Tensor, key: Tensor, value: Tensor, bias: Tensor, heads: int) -> Tensor:
    return torch.empty_like(query)


_DOMAIN = "com.microsoft"


def _declare(name: str, inputs: str, output: str, **integers: int) -> None:
    """Tell `onnx` of an operation that is ONNX Runtime's own.

    Args:
        name: Of the operation.
        inputs: Element type of each input; "-" for one that is left out.
        output: Element type of the output.
        **integers: Attributes, and their defaults.
    """
    optional = defs.OpSchema.FormalParameterOption.Optional
    given = [
        defs.OpSchema.FormalParameter(
            f"input_{place}", f"tensor({kind.strip('-') or 'float'})", param_option=optional
        )
        for place, kind in enumerate(inputs.split())
    ]
    attributes = [
        defs.OpSchema.Attribute(key, helper.make_attribute(key, value))
        for key, value in integers.items()
    ]
    made = [defs.OpSchema.FormalParameter("output", f"tensor({output})")]
    schema = defs.OpSchema(name, _DOMAIN, 1, inputs=given, outputs=made, attributes=attributes)
    if not defs.has(name, _DOMAIN):
        defs.register_schema(schema)


_declare("MatMulIntegerToFloat", "uint8 int8 float float uint8 - float", "float")
_declare("RotaryEmbedding", "float int64 float float", "float")
_declare("MultiHeadAttention", "float float float - - float", "float", num_heads=1)
_ONNX, _MICROSOFT = Opset("", 20), Opset(_DOMAIN, 1)


def _onnx_to_bytes(x: Any, scale: Any, zero: Any) -> Any:
    return _ONNX.QuantizeLinear(x, scale, zero)


def _onnx_product(x: Any, weight: Any, scale: Any, scales: Any, zero: Any, bias: Any) -> Any:
    return _MICROSOFT.MatMulIntegerToFloat(x, weight, scale, scales, zero, None, bias)


def _onnx_turn(x: Any, cosines: Any, sines: Any, first: Any) -> Any:
    return _MICROSOFT.RotaryEmbedding(x, first, cosines, sines)


def _onnx_attend(query: Any, key: Any, value: Any, bias: Any, heads: int) -> Any:
    return _MICROSOFT.MultiHeadAttention(query, key, value, None, None, bias, num_heads=heads)


TRANSLATIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    torch.ops.elocute.to_bytes.default: _onnx_to_bytes,
    torch.ops.elocute.product.default: _onnx_product,
    torch.ops.elocute.turn.default: _onnx_turn,
    torch.ops.elocute.attend.default: _onnx_attend,
}
"""For the exporter's ``custom_translation_table``."""
