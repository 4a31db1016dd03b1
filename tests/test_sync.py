"""The closed loop on the real thing: speech, motion, ears; faults planted, found and mended."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from stream_engine.motion.arkit import COEFFICIENT_COUNT
from stream_engine.protocols import ModelRunner, Tensors
from tests.fakes.watched_call import WatchedCall, speech

pytestmark = pytest.mark.slow


@pytest.fixture
def call() -> Iterator[WatchedCall]:
    talk = WatchedCall()
    yield talk
    talk.close()


class Corrupted:
    """A runner whose weights can be spoilt while it runs: its outputs are mixed up, and noisy."""

    def __init__(self, runner: ModelRunner) -> None:
        self._runner, self.spoilt = runner, False
        self.spec, self.backend = runner.spec, runner.backend

    def run(self, inputs: Tensors) -> dict[str, NDArray[Any]]:
        out = self._runner.run(inputs)
        if self.spoilt:
            rng = np.random.default_rng(3)
            motion = out["motion"][..., rng.permutation(COEFFICIENT_COUNT)]
            noise = 0.3 * rng.standard_normal(motion.shape)
            out["motion"] = (motion + noise).astype(np.float32)
        return out

    def close(self) -> None:
        self._runner.close()


def corrupt(call: WatchedCall) -> Corrupted:
    """Put such a runner into the call's engine."""
    slots: Any = call.house.engine.engines[0]._groups[0].slots
    hop = slots._performances[0]._hop
    corrupted = Corrupted(hop._sampler)
    hop._sampler = slots._richer.result()._hop._sampler = corrupted
    return corrupted


def test_a_healthy_talk_is_in_sync_and_nothing_is_done(call: WatchedCall) -> None:
    """Half a minute: scores high, lags within 20 ms, no action."""
    call.live(speech(30.0))
    judged = [v for _, v in call.verdicts if v.score is not None]
    assert len(judged) > 50
    assert call.actions == []
    assert np.median([v.score for v in judged]) > 0.95
    assert np.median([abs(v.lag_ms or 0.0) for v in judged]) < 20.0
    summary = call.session.sync.summary()
    assert summary is not None
    assert summary.in_sync > 0.95


@pytest.mark.parametrize("fault", ["late_s", "voice_late_s"])
def test_a_planted_delay_is_found_and_taken_out_within_five_seconds(
    call: WatchedCall, fault: str
) -> None:
    """The mouth 120 ms late, or early: face and voice are together again, and somebody is told."""
    call.live(speech(8.0))
    setattr(call, fault, 0.12)
    planted = call.now_s
    call.live(speech(12.0))
    (found_s, action), *_ = call.actions
    assert action.kind == "realign"
    assert found_s - planted < 2.5
    after = [v.lag_ms for at, v in call.verdicts if at > planted + 5.0 and v.lag_ms is not None]
    assert np.abs(after).max() <= 45.0
    assert abs(np.median(after)) <= 20.0
    scores = [v.score for at, v in call.verdicts if at > planted + 5.0 and v.score is not None]
    assert min(scores) > 0.7


def test_a_delay_that_goes_is_forgotten(call: WatchedCall) -> None:
    """What was done about it is taken back."""
    call.live(speech(4.0))
    call.late_s = 0.12
    call.live(speech(6.0))
    call.late_s = 0.0
    call.live(speech(14.0))
    assert call.session.sync.quality.align_ms == 0
    assert not call.actions[-1][1].on


def test_corrupted_weights_are_noticed_and_the_fallback_taken(call: WatchedCall) -> None:
    """Within three seconds; the plain mouth is in sync; the model comes back when it is well."""
    runner = corrupt(call)
    call.live(speech(8.0))
    runner.spoilt, spoilt_s = True, call.now_s
    call.live(speech(9.0))
    kinds = [(action.kind, action.on) for _, action in call.actions]
    assert kinds[:2] == [("viseme", True), ("alert", True)]
    assert call.actions[0][0] - spoilt_s < 3.0
    plain = [v.score for at, v in call.verdicts if at > spoilt_s + 6.0 and v.score is not None]
    assert np.median(plain) > 0.5
    runner.spoilt = False
    call.live(speech(24.0))
    assert [(a.kind, a.on) for _, a in call.actions][-2:] == [("viseme", False), ("alert", False)]
    assert call.session.sync.quality.fallback is False


def test_weights_that_give_no_number_at_all_reach_nobody(call: WatchedCall) -> None:
    """NaN is nothing to show: the session is not ended by the watcher, other sessions least."""
    call.live(speech(2.0))
    assert call.session.lane.error is None
    rows = call.house.sync.watch._table.motion  # type: ignore[union-attr]
    assert np.isfinite(rows).all()
