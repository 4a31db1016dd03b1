"""Spans and waits."""

import sys
import threading
import time
import timeit
from types import SimpleNamespace

import pytest

from stream_engine.telemetry import spans
from stream_engine.telemetry.spans import (
    Recorder,
    device_time,
    find_nvtx,
    finished,
    installed,
    moment,
    recording,
    span,
    waited,
)


def work(seconds: float = 0.002) -> None:
    """Be busy, by the clock."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pass


def test_a_span_inside_another_is_not_its_own_time() -> None:
    """Own times add up to the whole; the order is that of the beginnings."""
    with installed(Recorder()) as recorder, span("hop", size=3):
        with span("encoder", size=3, pts=1920):
            work()
        with span("blend"):
            work()
    hop, encoder, blend = recorder.spans()
    assert (hop.stage, encoder.stage, blend.stage) == ("hop", "encoder", "blend")
    assert (encoder.size, encoder.pts, blend.size, blend.pts) == (3, 1920, 0, None)
    assert hop.start_ns <= encoder.start_ns <= encoder.end_ns <= blend.start_ns <= hop.end_ns
    assert hop.own_ns + encoder.own_ns + blend.own_ns == hop.end_ns - hop.start_ns
    assert 0 <= encoder.cpu_ns <= 1.5 * encoder.own_ns
    assert {item.thread for item in recorder.spans()} == {threading.current_thread().name}


def test_threads_do_not_disturb_each_other() -> None:
    """Each has its own stack and its own name."""
    inside, go = threading.Event(), threading.Event()

    def run() -> None:
        with span("render"):
            inside.set()
            go.wait(5.0)

    with installed(Recorder()) as recorder:
        thread = threading.Thread(target=run, name="render")
        with span("hop"):
            thread.start()
            assert inside.wait(5.0)
        go.set()
        thread.join()
    found = {item.stage: item for item in recorder.spans()}
    assert found["render"].thread == "render"
    assert found["hop"].own_ns == found["hop"].end_ns - found["hop"].start_ns


def test_threads_of_one_name_are_told_apart() -> None:
    """Several engines."""
    with installed(Recorder()) as recorder:
        for _ in range(3):
            thread = threading.Thread(target=lambda: span("hop").__enter__(), name="engine")
            thread.start()
            thread.join()

        def whole() -> None:
            with span("hop"):
                waited("engine", 1.0, 2.0)

        thread = threading.Thread(target=whole, name="engine")
        thread.start()
        thread.join()
    assert [item.thread for item in recorder.spans()] == ["engine 4"]
    assert recorder.waits()[0].thread == "engine 4"


def test_without_a_recorder_nothing_is_kept_and_little_is_spent() -> None:
    """The same object again and again; under a microsecond, on whatever machine this is."""
    assert not recording()
    assert moment() == 0.0
    assert span("hop") is span("render")
    with span("hop"):
        device_time("kernels", 1.0)
    waited("playout", 1.0, 2.0)
    finished("send", 1.0)
    loops = 2000
    fastest = min(timeit.repeat("\nwith span('hop'): pass", "", number=loops, repeat=5,
                                globals={"span": span}))  # fmt: skip
    assert fastest / loops < 2e-6


def test_a_recorder_is_taken_out_again_even_by_an_error() -> None:
    """And a span that failed has been recorded."""
    recorder = Recorder()
    with pytest.raises(ZeroDivisionError), installed(recorder), span("hop"):
        _ = 1 / 0
    assert not recording()
    assert [item.stage for item in recorder.spans()] == ["hop"]


def test_two_recorders_at_once_are_a_mistake() -> None:
    """There is one per process."""
    with installed(Recorder()), pytest.raises(AssertionError, match="already"):
        installed(Recorder()).__enter__()


def test_device_time_goes_to_the_innermost_span() -> None:
    """As a runner tells it; outside every span it is nobody's."""
    with installed(Recorder()) as recorder:
        device_time("kernels", 9.0)
        with span("hop"), span("generator"):
            device_time("copies", 0.25)
            device_time("kernels", 1.5)
    hop, generator = recorder.spans()
    assert generator.device_ms == (("copies", 0.25), ("kernels", 1.5))
    assert hop.device_ms == ()


def test_waits_and_awaited_work_are_kept_with_their_media_time() -> None:
    """What was begun before anybody recorded is left out."""
    unrecorded = moment()
    with installed(Recorder()) as recorder:
        since_s = moment()
        waited("playout", since_s, since_s + 0.03, pts=1920)
        waited("playout", unrecorded, since_s)
        finished("send", since_s, size=1200, pts=1920)
        finished("send", unrecorded)
    (wait,), (sent,) = recorder.waits(), recorder.spans()
    assert (wait.name, wait.pts) == ("playout", 1920)
    assert wait.end_ns - wait.start_ns == pytest.approx(3e7, abs=100)
    assert (sent.stage, sent.size, sent.pts, sent.cpu_ns) == ("send", 1200, 1920, -1)


def test_too_many_records_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest are kept."""
    monkeypatch.setattr(spans, "MOST_RECORDS", 2)
    with installed(Recorder()) as recorder:
        for size in range(5):
            with span("hop", size=size):
                pass
    assert [item.size for item in recorder.spans()] == [0, 1]
    assert recorder.lost == 3


def test_ranges_are_pushed_and_popped(monkeypatch: pytest.MonkeyPatch) -> None:
    """As NVTX wants them; without the package there are none."""
    told: list[str] = []
    fake = SimpleNamespace(push_range=told.append, pop_range=lambda: told.append("pop"))
    monkeypatch.setitem(sys.modules, "nvtx", fake)
    with installed(Recorder(find_nvtx())), span("hop"), span("encoder"):
        pass
    assert told == ["hop", "encoder", "pop", "pop"]
    monkeypatch.setitem(sys.modules, "nvtx", SimpleNamespace())
    assert find_nvtx() is None
    monkeypatch.setitem(sys.modules, "nvtx", None)
    assert find_nvtx() is None
