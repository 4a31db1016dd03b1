"""Morph animation out of glTF: which weights a face's shapes have, and when.

Source: Khronos, 'glTF 2.0 Specification', 3.11 (animations) and appendix C (interpolation).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from stream_engine.formats.gltf_document import F64, GltfDocument, broken, entries_of

SAMPLES_PER_SECOND = 100
"""Of a spline or a staircase, which have more to them than their keys."""

_SPLINE, _STEP, _LINE = "CUBICSPLINE", "STEP", "LINEAR"


@dataclass(frozen=True, slots=True)
class MorphTrack:
    """Weights of one mesh.

    Attributes:
        mesh: Its name.
        names: Of its shapes, M.
        keys: When its keys are, seconds, [N].
        values: At the keys, [N, M].
        way: ``LINEAR``, ``STEP`` or ``CUBICSPLINE``.
        tangents: Of a spline into and out of each key, [N, 2, M]; otherwise None.
    """

    mesh: str
    names: tuple[str, ...]
    keys: F64
    values: F64
    way: str = _LINE
    tangents: F64 | None = None

    def at(self, seconds: F64) -> F64:
        """Interpolate; before the first key and after the last their values are held.

        Args:
            seconds: When, [T].

        Returns:
            [T, M].
        """
        if len(self.keys) == 1:
            return np.tile(self.values, (len(seconds), 1))
        when = np.clip(seconds, self.keys[0], self.keys[-1])
        left = np.clip(np.searchsorted(self.keys, when, side="right") - 1, 0, len(self.keys) - 2)
        gap = self.keys[left + 1] - self.keys[left]
        share = np.divide(when - self.keys[left], gap, out=np.zeros_like(when), where=gap > 0)
        share = share[:, None]
        before, after = self.values[left], self.values[left + 1]
        if self.way == _STEP:
            return np.where(share < 1.0, before, after)
        if self.tangents is None:
            return before + (after - before) * share
        leave, come = self.tangents[left, 1], self.tangents[left + 1, 0]
        cube, square = share**3, share**2
        spline: F64 = (
            (2 * cube - 3 * square + 1) * before
            + gap[:, None] * (cube - 2 * square + share) * leave
            + (-2 * cube + 3 * square) * after
            + gap[:, None] * (cube - square) * come
        )
        return spline


def morph_tracks(document: GltfDocument) -> list[MorphTrack]:
    """Find what animates weights, in all animations.

    Args:
        document: The file.

    Returns:
        In order of the document; of meshes whose shapes have no names, none.

    Raises:
        AssetError: If nothing animates weights, no shape has a name, or an array is broken.
    """
    found, nameless = [], []
    for animation in document.entries("animations"):
        for channel in entries_of(animation, "channels"):
            target = channel.get("target")
            if not isinstance(target, dict) or target.get("path") != "weights":
                continue
            node = document.entry("nodes", target.get("node"))
            mesh = document.entry("meshes", node.get("mesh"))
            names = _names(mesh)
            name = str(mesh.get("name") or node.get("name") or "mesh")
            samplers = entries_of(animation, "samplers")
            number = channel.get("sampler")
            if not isinstance(number, int) or not 0 <= number < len(samplers):
                raise broken("refers to a sampler it has not", repr(number), f"{len(samplers)}")
            if names:
                found.append(_track(document, name, names, samplers[number]))
            else:
                nameless.append(name)
    if not found:
        raise broken(
            "has shapes without names" if nameless else "moves no shapes",
            f"mesh {nameless[0]!r}" if nameless else "no channel 'weights'",
            "names in mesh.extras.targetNames" if nameless else "an animation of morph weights",
        )
    return found


def sample_times(track: MorphTrack) -> F64:
    """When a track has to be looked at so that straight lines between are all there is to it.

    Args:
        track: Any.

    Returns:
        Seconds, ascending.
    """
    if track.way == _LINE:
        return np.unique(track.keys)
    between = np.arange(track.keys[0], track.keys[-1], 1.0 / SAMPLES_PER_SECOND)
    return np.unique(np.concatenate([track.keys, between]))


def _names(mesh: dict[str, Any]) -> tuple[str, ...]:
    extras = mesh.get("extras")
    names = extras.get("targetNames") if isinstance(extras, dict) else None
    return tuple(str(name) for name in names) if isinstance(names, list) else ()


def _track(
    document: GltfDocument, mesh: str, names: tuple[str, ...], sampler: dict[str, Any]
) -> MorphTrack:
    way = sampler.get("interpolation", _LINE)
    if way not in (_LINE, _STEP, _SPLINE):
        raise broken("interpolates strangely", repr(way), "LINEAR, STEP or CUBICSPLINE")
    keys, values = document.accessor(sampler.get("input")), document.accessor(sampler.get("output"))
    each = 3 if way == _SPLINE else 1
    if keys.ndim != 1 or not len(keys):
        raise broken(f"has no keys for mesh {mesh!r}", f"shape {keys.shape}", "at least one")
    if values.size != each * len(keys) * len(names):
        raise broken(
            f"has weights that do not fit mesh {mesh!r}",
            f"{values.size} for {len(keys)} keys of {len(names)} shapes",
            str(each * len(keys) * len(names)),
        )
    if not np.isfinite(keys).all() or (np.diff(keys) < 0).any() or not np.isfinite(values).all():
        raise broken(
            f"has keys of mesh {mesh!r} out of order, or NaN in it",
            f"{keys[0]:g}..{keys[-1]:g} s",
            "finite numbers, time running on",
        )
    cut = values.reshape(len(keys), each, len(names))
    tangents = cut[:, [0, 2]] if way == _SPLINE else None
    return MorphTrack(mesh, names, keys, cut[:, each // 2], str(way), tangents)
