"""Motion that lives: bounds on what moves how suddenly, and on what goes through what.

The figures of a whole minute each: ``python -m tests.measure_life FOLDER``.
"""

import numpy as np
import pytest

from stream_engine.mesh.blendshapes import HeadMesh
from stream_engine.mesh.head_asset import HEADS, load_head_asset
from stream_engine.motion.arkit import INDEX
from stream_engine.motion.emotion import EMOTIONS, Heard, Manner, Times
from stream_engine.motion.expression import Expression
from stream_engine.motion.performance import seeds_of
from stream_engine.motion.window import PROFILES
from stream_engine.types import F32, MODEL_RATE_HZ, MOTION_FPS
from tests.measure_expression import Bench, express_again, read
from tests.measure_life import columns_of
from tests.paths import SAMPLE
from tests.solids import Solids, still

BALANCED = PROFILES["balanced"]
TALK_S, SEEDS = 8, (0, 7, 2**40)

Heards = list[tuple[F32, F32]]


@pytest.fixture(scope="module")
def bench() -> Bench:
    """The shipped models."""
    return Bench("balanced")


@pytest.fixture(scope="module")
def talked(bench: Bench) -> Heards:
    """What the expression is given in a talk, the beginning of the sample."""
    return bench.motion(read(SAMPLE)[: TALK_S * MODEL_RATE_HZ])[2]


@pytest.fixture(scope="module")
def silent(bench: Bench) -> Heards:
    """And in as long a silence."""
    return bench.motion(np.zeros(TALK_S * MODEL_RATE_HZ, np.float32))[2]


def largest(rows: F32, order: int) -> float:
    """Largest difference of an order, over frames and columns."""
    return float(np.abs(np.diff(rows, n=order, axis=0)).max())


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("what", ["talked", "silent"])
def test_nothing_pops(what: str, seed: int, request: pytest.FixtureRequest) -> None:
    """Speed and change of speed a frame, in silence and in speech: head, brows, lids.

    The head turns by at most 35 degrees a second and changes that by at most 18 in a frame; brows
    move by at most a tenth a frame. Lids are as quick as a blink, which takes two frames down.
    """
    heard: Heards = request.getfixturevalue(what)
    shown = express_again(heard, BALANCED, Manner(), seed)[BALANCED.lookahead_frames :]
    head, brows = np.degrees(shown[:, columns_of("head")]), shown[:, columns_of("brows")]
    assert largest(head, 1) * MOTION_FPS < 35.0
    assert largest(head, 2) * MOTION_FPS < 18.0
    assert largest(brows, 1) < 0.1
    assert largest(brows, 2) < 0.08
    assert largest(shown[:, columns_of("lids")], 1) < 0.6
    assert 1 <= np.count_nonzero(np.diff(shown[:, INDEX["eyeBlinkLeft"]] > 0.5)) // 2 <= 8


@pytest.mark.slow
@pytest.mark.parametrize("emotion", EMOTIONS)
def test_nothing_of_the_face_cuts_into_another(talked: Heards, emotion: str) -> None:
    """Over a talk in every emotion at its strongest, every third frame: lips have air to spare."""
    mesh, solids = HeadMesh(load_head_asset()), Solids()
    shown = still(express_again(talked, BALANCED, Manner(emotion, 1.0))[3::3])
    depths = solids.of(mesh.pose_many(shown).positions)
    assert depths.teeth.max() < -0.5
    assert depths.lids.max() < 0.05
    assert depths.lips.max() < 0.5


@pytest.mark.slow
@pytest.mark.parametrize("avatar", [name for name in HEADS if name != "default"])
def test_nor_does_anything_of_the_other_avatars(talked: Heards, avatar: str) -> None:
    """A talk, plain and at its happiest, every tenth frame: a smile may touch a tooth, unseen."""
    head = load_head_asset(HEADS[avatar])
    mesh, solids = HeadMesh(head), Solids(head)
    for emotion, teeth_mm in (("neutral", -0.3), ("happy", 0.4)):
        shown = still(express_again(talked, BALANCED, Manner(emotion, 1.0))[3::10])
        depths = solids.of(mesh.pose_many(shown).positions)
        assert depths.teeth.max() < teeth_mm
        assert depths.lids.max() < 0.05
        assert depths.lips.max() < 0.55


@pytest.mark.slow
def test_who_listens_nods_and_looks(silent: Heards) -> None:
    """Eight seconds of silence, somebody talks twice: the head nods, the eyes stay with them."""
    expression, state, shown = Expression(BALANCED), None, []
    row = Manner().row()[None]
    state = expression.initial_state(seeds_of(3), row)
    for frame, (frames, mel) in enumerate(silent):
        second = frame / MOTION_FPS
        talks = 1.0 < second < 3.0 or 4.0 < second < 6.0
        row[0, -2:] = Heard(-24.0 if talks else -60.0, frame // 2 + 1).row()
        out, state = expression.step(state, frames, mel, row)
        shown.append(out[0])
    motion = np.concatenate(shown)[BALANCED.lookahead_frames :]
    alone = express_again(silent, BALANCED, Manner(), 3)[BALANCED.lookahead_frames :]
    nods = np.degrees(motion - alone)[:, INDEX["headPitch"]]
    assert nods.max() > 1.5
    assert largest(np.degrees(motion[:, columns_of("head")]), 2) * MOTION_FPS < 18.0
    heeds = slice(round(2.0 * MOTION_FPS), round(6.0 * MOTION_FPS))
    assert state.idle.listening.attention[0] > 0.5
    assert np.abs(motion[heeds][:, columns_of("gaze")]).max() <= 1.0


@pytest.mark.slow
def test_a_smile_that_passes_leaves_the_talk_as_it_was(talked: Heards) -> None:
    """To a ten-thousandth, three seconds after it has gone."""
    expression, plain = Expression(BALANCED), Manner()
    smile = plain.changed("happy", 1.0, None, Times(0.2, 0.3, 0.3))
    state, shown = expression.initial_state(seeds_of(0), plain.row()[None]), []
    for frame, (frames, mel) in enumerate(talked):
        manner = smile if frame >= 20 else plain
        out, state = expression.step(state, frames, mel, manner.row()[None])
        shown.append(out[0])
    motion, without = np.concatenate(shown), express_again(talked, BALANCED, plain)
    apart = np.abs(motion - without).max(axis=1)
    assert apart[:20].max() == 0.0
    assert apart[30] > 0.2
    assert apart[-25:].max() < 1e-4
