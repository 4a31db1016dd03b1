"""How well face and voice go together, as the page shows it and the element tells it."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.browser import Server, browsing, serving
from tests.fakes.known_sync import LATE_MS

pytestmark = [pytest.mark.browser, pytest.mark.net, pytest.mark.slow]

COUNT_ALERTS = """() => {
  window.told = [];
  const place = document.getElementById('sync-alert');
  new MutationObserver(() => told.push(place.textContent)).observe(place, { childList: true });
}"""

TIP = """() => {
  const canvas = document.getElementById('score-chart');
  const { width, height } = canvas;
  const { data } = canvas.getContext('2d').getImageData(width - 14, 0, 14, height);
  const rows = [];
  for (let at = 0; at < data.length; at += 4) { // #3b5bdb, the page's accent
    const off = [59, 91, 219].map((value, part) => Math.abs(data[at + part] - value));
    if (Math.max(...off) < 12) rows.push(Math.floor(at / 4 / 14) / height);
  }
  return rows.reduce((sum, row) => sum + row, 0) / rows.length;
}"""
"""How far down the newest of the score's line is, 0..1."""

INKS = """(id) => {
  const canvas = document.getElementById(id);
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return new Set(new Uint32Array(data.buffer)).size;
}"""
"""How many colours there are on a chart."""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server whose ears know what comes: in sync, late, in sync again, other words."""
    with serving("--stages", "watched") as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One browser for both."""
    with browsing(None) as opened:
        yield opened


def test_a_call_goes_wrong_is_put_right_as_far_as_may_be_and_summed_up(
    server: Server, browser: Any
) -> None:
    """Words, line, marks and units follow it; the alert is told once; the summary stays."""
    with browser.new_page(viewport={"width": 800, "height": 900}, color_scheme="light") as page:
        page.goto(server.url)
        page.evaluate(COUNT_ALERTS)
        page.click("#sync-panel summary")
        assert page.evaluate(INKS, "units-chart") == 1
        page.click("#sample")
        says(page, now="in sync", score="0.90, in sync", lag="mouth 12 ms late", doing="nothing")
        page.wait_for_function(f"({TIP})() < 0.4")
        waits = f"voice waits {LATE_MS:.0f} ms"
        says(page, doing=waits)
        apart = "Face and voice do not go together: the face says something else."
        says(page, now="out of sync", alert=apart, doing=f"{waits}, plain mouth")
        page.wait_for_function(f"({TIP})() > 0.7")
        assert page.evaluate(INKS, "units-chart") > 10
        assert "lowest 0.10" in page.get_attribute("#score-chart", "aria-label")
        assert "percent agree" in page.get_attribute("#units-chart", "aria-label")
        page.click("#stop")
        page.wait_for_selector("#sync-summary")
        done = [
            f"{what} 1\N{MULTIPLICATION SIGN}" for what in ("realigned", "plain mouth", "alert")
        ]
        assert page.inner_text("#sum-done") == ", ".join(done)
        assert "in sync" in page.inner_text("#sum-score")
        assert page.evaluate("told.filter(Boolean).length") == 1
        assert page.inner_text("#sync-alert") == ""
        page.click("#sample")
        page.wait_for_selector("#sync-summary", state="hidden")


def says(page: Any, **texts: str) -> None:
    """Wait until it says all of that at once."""
    page.wait_for_function(
        "(texts) => Object.entries(texts).every(([name, text]) =>"
        " document.getElementById(`sync-${name}`).textContent === text)",
        arg=texts,
        timeout=20_000,
    )


ELEMENT = """async () => {
  await import('/element.js');
  const avatar = document.createElement('elocute-avatar');
  avatar.muted = true;
  document.body.append(avatar);
  const context = new AudioContext();
  const voice = new MediaStreamAudioDestinationNode(context);
  const tone = new OscillatorNode(context);
  tone.connect(voice);
  tone.start();
  const found = [];
  avatar.addEventListener('sync', ({ detail }) => found.push(detail.lag_ms));
  const acted = new Promise((resolve) => {
    avatar.addEventListener('syncaction', ({ detail }) => resolve(detail), { once: true });
  });
  const before = avatar.sync;
  await avatar.start(voice.stream);
  const action = await acted;
  const newest = avatar.sync;
  avatar.stop();
  return { before, found, action, newest, after: avatar.sync };
}"""


def test_the_element_tells_what_is_found_and_what_is_done_about_it(
    server: Server, browser: Any
) -> None:
    """As events with the server's own fields, the newest also as a property of the session."""
    with browser.new_page() as page:
        page.goto(server.url)
        told = page.evaluate(ELEMENT)
        assert told["before"] is told["after"] is None
        assert {None, 12.0} <= set(told["found"])
        assert told["newest"]["lag_ms"] == LATE_MS
        assert len(told["newest"]["said"]) == len(told["newest"]["seen"]) == 20
        assert told["action"]["action"] == "realign"
        assert told["action"]["on"] is True
        assert told["action"]["because"] == f"the mouth is {LATE_MS:.0f} ms late"
