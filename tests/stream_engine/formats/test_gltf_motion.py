"""Morph animation read, by samplers worked by hand and by our own writer."""

import json
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from stream_engine.errors import AssetError
from stream_engine.formats.glb import GlbBuilder
from stream_engine.formats.gltf_document import GltfDocument
from stream_engine.formats.gltf_motion import MorphTrack, morph_tracks, sample_times


def animated(
    keys: np.ndarray, values: np.ndarray, way: str | None = None, **changes: Any
) -> GltfDocument:
    """A file of one mesh with two shapes."""
    builder = GlbBuilder()
    whole = values.dtype.kind == "u"
    sampler: dict[str, Any] = {
        "input": builder.accessor(keys.astype(np.float32)),
        "output": builder.accessor(values.reshape(-1), normalized=whole),
    }
    if way is not None:
        sampler["interpolation"] = way
    parts = {
        "nodes": [{"name": "Root"}, {"mesh": 0}],
        "meshes": [{"name": "Face", "extras": {"targetNames": ["jawOpen", "mouthClose"]}}],
        "animations": [
            {
                "samplers": [sampler],
                "channels": [
                    {"sampler": 0, "target": {"node": 0, "path": "rotation"}},
                    {"sampler": 0, "target": {"node": 1, "path": "weights"}},
                ],
            }
        ],
    }
    return GltfDocument(builder.pack({**parts, **changes}), lambda _: b"")


def track(keys: list[float], values: list[float], way: str | None = None) -> MorphTrack:
    """The one track of a file whose second shape is ever 0."""
    table = np.stack([values, np.zeros(len(values))], axis=1).astype(np.float32)
    return morph_tracks(animated(np.array(keys), table, way))[0]


def jaw(found: MorphTrack, *seconds: float) -> list[float]:
    return found.at(np.array(seconds))[:, 0].tolist()


def test_lines_run_straight() -> None:
    """The default; held before the first key and after the last."""
    found = track([1.0, 2.0, 4.0], [0.0, 1.0, 0.0])
    assert found.names == ("jawOpen", "mouthClose")
    assert jaw(found, 0.0, 1.0, 1.25, 2.0, 3.0, 9.0) == [0.0, 0.0, 0.25, 1.0, 0.5, 0.0]
    assert sample_times(found).tolist() == [1.0, 2.0, 4.0]


def test_steps_hold_their_value() -> None:
    """Up to the next key, which has its own."""
    found = track([0.0, 1.0, 2.0], [0.1, 0.2, 0.3], "STEP")
    assert jaw(found, 0.0, 0.99, 1.0, 1.5, 2.0) == pytest.approx([0.1, 0.1, 0.2, 0.2, 0.3])
    assert len(sample_times(found)) > 200


def test_splines_follow_their_tangents() -> None:
    """By hand: over two seconds from 0 to 1, leaving with slope 1, arriving with slope 0."""
    rows = [[0, 0], [0, 0], [1, 0], [0, 0], [1, 0], [0, 0]]
    found = morph_tracks(animated(np.array([0.0, 2.0]), np.array(rows, np.float32), "CUBICSPLINE"))[
        0
    ]
    # Half way: p0 h00 + dt m0 h10 + p1 h01 = 0 + 2 * 1/8 + 1/2.
    assert jaw(found, 0.0, 1.0, 2.0) == pytest.approx([0.0, 0.75, 1.0])
    assert len(sample_times(found)) > 200


@given(hnp.arrays(np.float32, (4, 2), elements=st.floats(0, 1, width=32)))
def test_a_spline_with_the_slopes_of_a_line_is_it(values: np.ndarray) -> None:
    """One segment at a time: tangents of the chord give the chord."""
    ends = values[:2]
    slope = (ends[1] - ends[0]) / 0.5
    rows = np.stack([slope, ends[0], slope, slope, ends[1], slope])
    curve = morph_tracks(animated(np.array([0.0, 0.5]), rows, "CUBICSPLINE"))[0]
    line = morph_tracks(animated(np.array([0.0, 0.5]), ends, "LINEAR"))[0]
    at = np.linspace(0.0, 0.5, 9)
    assert np.allclose(curve.at(at), line.at(at), atol=1e-6)


@pytest.mark.parametrize(("kind", "top"), [(np.uint8, 255), (np.uint16, 65_535)])
def test_weights_may_be_whole_numbers(kind: type, top: int) -> None:
    """Normalized: 0 to the greatest is 0 to 1."""
    values = np.array([[0, top], [top, 0]], kind)
    found = morph_tracks(animated(np.array([0.0, 1.0]), values))[0]
    assert jaw(found, 0.0, 0.5, 1.0) == [0.0, 0.5, 1.0]


def test_one_key_is_a_face_at_rest() -> None:
    """The same for ever."""
    assert jaw(track([0.5], [0.3]), 0.0, 0.5, 1.0) == pytest.approx([0.3] * 3)


def test_keys_at_one_time_do_no_harm() -> None:
    """A jump, not a division by zero."""
    found = track([0.0, 1.0, 1.0, 2.0], [0.0, 0.0, 1.0, 1.0])
    assert jaw(found, 0.5, 1.5) == [0.0, 1.0]
    assert np.isfinite(found.at(np.linspace(0, 2, 41))).all()


KEYS, VALUES = np.array([0.0, 1.0]), np.zeros((2, 2), np.float32)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"animations": []}, "moves no shapes"),
        ({"meshes": [{"name": "Face"}]}, "shapes without names; got mesh 'Face'.*targetNames"),
        ({"meshes": [{"extras": 7}]}, "shapes without names; got mesh 'mesh'"),
        ({"meshes": []}, "meshes it has not"),
        ({"nodes": []}, "nodes it has not"),
        ({"meshes": [{"extras": {"targetNames": ["jawOpen"]}}]}, "do not fit.*4 for 2 keys of 1"),
    ],
)
def test_files_that_move_no_face_are_refused(changes: dict[str, Any], said: str) -> None:
    """No animation, no names, no mesh, other shapes than weights."""
    with pytest.raises(AssetError, match=said):
        morph_tracks(animated(KEYS, VALUES, **changes))


@pytest.mark.parametrize(
    ("keys", "values", "way", "said"),
    [
        (KEYS, VALUES, "WAVY", "interpolates strangely; got 'WAVY'"),
        (KEYS, VALUES, "CUBICSPLINE", "do not fit.*expected 12"),
        (KEYS[::-1], VALUES, None, "out of order"),
        (np.array([0.0, np.nan]), VALUES, None, "NaN"),
        (KEYS, VALUES + np.nan, None, "NaN"),
        (KEYS[:0], VALUES[:0], None, "has no keys for mesh 'Face'"),
    ],
)
def test_broken_samplers_are_refused(
    keys: np.ndarray, values: np.ndarray, way: str | None, said: str
) -> None:
    """Unknown ways, missing tangents, time that runs back, NaN, no key at all."""
    with pytest.raises(AssetError, match=said):
        morph_tracks(animated(keys, values, way))


def test_a_sampler_that_is_not_there_is_refused() -> None:
    """By its number."""
    channel = {"sampler": 3, "target": {"node": 1, "path": "weights"}}
    with pytest.raises(AssetError, match="sampler it has not; got 3"):
        morph_tracks(animated(KEYS, VALUES, animations=[{"samplers": [], "channels": [channel]}]))


def places(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where every value of a document lies."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    found = [way] if way else []
    for key, part in inner:
        deeper = isinstance(part, dict | list)
        found += places(part, (*way, key)) if deeper else [(*way, key)]
    return found


def changed(document: dict[str, Any], way: tuple[Any, ...], value: object) -> bytes:
    whole = json.loads(json.dumps(document))
    holder = whole
    for key in way[:-1]:
        holder = holder[key]
    holder[way[-1]] = value
    return json.dumps(whole).encode()


@pytest.mark.parametrize("odd", [None, -1, 2.5, 10**12, "x", [], {}, [[]], True], ids=repr)
def test_any_value_may_be_another_thing(odd: object) -> None:
    """A document with one value changed gives tracks or says what is wrong, never anything else."""
    rows = np.zeros((6, 2), np.float32)
    document = dict(animated(KEYS, rows, "CUBICSPLINE").json)
    document["buffers"][0]["uri"] = "data:;base64," + "A" * 128
    document["accessors"][1]["sparse"] = {
        "count": 1,
        "indices": {"bufferView": 0, "componentType": 5121, "byteOffset": 0},
        "values": {"bufferView": 1, "byteOffset": 0},
    }
    for way in places(document):
        data = changed(document, way, odd)
        with suppress(AssetError):
            for found in morph_tracks(GltfDocument(data, lambda _: b"")):
                assert found.at(KEYS).shape == (2, len(found.names)), way
