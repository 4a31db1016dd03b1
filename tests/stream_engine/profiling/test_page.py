"""The page."""

import re
from html.parser import HTMLParser
from typing import Any

from stream_engine.profiling.figures import Period
from stream_engine.profiling.page import render_page
from stream_engine.profiling.report import Run, figures_of
from stream_engine.telemetry.spans import Recorder
from tests.fakes.recorded_talk import BEGAN, MS, talk


def example() -> dict[str, Any]:
    """A whole report."""
    recorder = Recorder()
    recorder.spans, recorder.waits = (  # type: ignore[method-assign]
        lambda: talk(75)[0],
        lambda: talk(75)[1],
    )
    figures = figures_of(Run(recorder, Period(BEGAN, BEGAN + 3000 * MS), 75, {"pictures": 75}))
    cost = {"ms": 2.0, "low": 1.5, "high": 2.5}
    change = {"before_ms": 1.0, "after_ms": 1.3, "ratio": 1.3, "low": 1.2, "high": 1.4}
    return figures | {
        "schema": 1, "made": "2026-01-01T00:00:00", "command": "elocute profile <x>",
        "settings": {"profile": "balanced", "steps": 1, "sessions": 2},
        "machine": {"cpu": "Some & CPU", "cores": "2 of 2", "gpu": [{"name": "Some Card"}]},
        "versions": {"python": "3"}, "git": {"commit": "0123456789abcdef", "dirty": True},
        "model": {"speech_encoder": "00"}, "seeds": {"motion": 0},
        "notes": ["something is to be known"],
        "steps": {"clock": "wall", "rounds": 40, "sessions": 1, "rows": {"first": cost}},
        "comparison": {
            "against": "old <1>", "warnings": ["another machine"],
            "changes": [
                change | {"name": "render", "kind": "work", "verdict": "slower"},
                change | {"name": "mesh", "kind": "work", "verdict": "too few"},
            ],
        },
    }  # fmt: skip


REPORT = example()


class Balance(HTMLParser):
    """Every element that is opened is closed, in order; nothing outside is referred to."""

    VOID = ("meta", "rect", "line", "circle")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note it."""
        self.seen.add(tag)
        assert not {name for name, _ in attrs} & {"src", "href", "srcset", "xlink:href"}
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element of SVG that closes itself."""
        self.seen.add(tag)

    def handle_endtag(self, tag: str) -> None:
        """Take it away."""
        assert self.open.pop() == tag


def test_the_page_is_whole_and_alone() -> None:
    """Well-formed, no script, no link, no address."""
    page = render_page(REPORT)
    reader = Balance()
    reader.feed(page)
    assert reader.open == []
    assert {"svg", "table", "style"} <= reader.seen
    assert not {"script", "link", "img", "iframe"} & reader.seen
    assert not re.search(r"https?:|url\(|@import|//", page)
    assert "prefers-color-scheme: dark" in page


def test_it_says_what_was_found() -> None:
    """Stages, waits, steps, comparison, devices, machine; names from outside are escaped."""
    page = render_page(REPORT)
    for said in ("balanced, 1 step, 2 sessions", "Some Card", "0123456789ab (changed since)",
                 "A typical picture", "device p50", "Against old &lt;1&gt;", "another machine",
                 "something is to be known", "Some &amp; CPU", "profile &lt;x&gt;"):  # fmt: skip
        assert said in page
    shown = [row for row in REPORT["figures"] if row["kind"] != "cpu"]
    assert page.count("<figure>") == len(shown)


def test_what_is_missing_is_left_out_or_said() -> None:
    """Motion only: no picture to follow, no comparison; a step count that could not be had."""
    bare = REPORT | {"steps": {"missing": "no graph"}, "typical_frame": {"segments": []}}
    del bare["comparison"]
    page = render_page(bare)
    assert "Not measured: no graph" in page
    assert "A typical picture" not in page
    assert "Against" not in page
