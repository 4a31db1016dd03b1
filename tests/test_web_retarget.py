"""The page's poser retargets as the server's does."""

import json

import numpy as np

from stream_engine.mesh.retarget import read_retarget
from stream_engine.motion.arkit import COEFFICIENT_COUNT, INDEX
from tests.test_web_package import output_of

POSE = """
const {Poser} = await import('./pose.js');
const [retarget, rows, jaw] = JSON.parse(process.argv[1]);
const deltas = new Int16Array(52 * 9);
deltas[jaw * 9 + 1] = -1000;
const tensors = {
  positions: new Float32Array([0, 0, 0, 1, 0, 0, 0, 1, 0]), deltas,
  delta_scale: new Float32Array(52).fill(1e-3), head_weight: new Float32Array(3),
  triangles: new Uint16Array([0, 1, 2]),
};
const mouth = { upper: [1], lower: [0], rest: 0, dark: 0, wide_open: 1 };
const poser = new Poser({ tensors, pivot: [0, 0, 0], portrait: { mouth, retarget } });
console.log(JSON.stringify(rows.map((row) => { poser.pose(row); return poser.positions[1]; })));
"""


def test_the_page_retargets_as_the_server_does() -> None:
    """The jaw of a made-up head goes as far in node as numpy says; untouched without a file."""
    table = {"jawOpen": {"gain": 0.5, "offset": 0.1, "most": 0.4}}
    retarget = read_retarget(table, "a.toml")
    rows = np.zeros((3, COEFFICIENT_COUNT), np.float32)
    rows[:, INDEX["jawOpen"]] = [0.0, 0.4, 1.0]
    for told in (retarget, None):
        sent = [told.message() if told else None, rows.tolist(), INDEX["jawOpen"]]
        printed = output_of("node", "--input-type=module", "-e", POSE, json.dumps(sent))
        wanted = rows if told is None else told.apply(rows)
        assert np.allclose(json.loads(printed), -wanted[:, INDEX["jawOpen"]], atol=1e-6)
