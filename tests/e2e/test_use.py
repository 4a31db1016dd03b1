"""The page for whoever has no mouse, no sight of it, or a small screen."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.browser import Server, browsing, serving
from tests.e2e.test_element import accessible

pytestmark = [pytest.mark.browser, pytest.mark.net, pytest.mark.slow]

CONTROLS = {"button", "checkbox", "combobox", "slider", "radio", "DisclosureTriangle"}
PRESSED = "document.activeElement.id"
LIVE = 'body[data-state="live"]'


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server keeps recordings."""
    return tmp_path_factory.mktemp("recordings")


@pytest.fixture(scope="module")
def server(recordings: Path) -> Iterator[Server]:
    """One server for all tests of this file, with as many controls as there may be but for text."""
    with serving("--record", str(recordings)) as running:
        yield running


@pytest.fixture
def page(server: Server) -> Iterator[Any]:
    """A page on a phone."""
    with browsing(None) as browser:
        opened = browser.new_page(viewport={"width": 320, "height": 640})
        opened.goto(server.url + "?raw=1")
        opened.wait_for_function("document.getElementById('profile-help').textContent")
        yield opened


def tab_to(page: Any, name: str) -> None:
    """Press Tab until an element has the focus."""
    for _ in range(30):
        if page.evaluate(PRESSED) == name:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never comes to {name}")


def test_a_talk_by_keys_alone(page: Any, recordings: Path) -> None:
    """Tab, Enter, arrows, Escape; what happened is in places that are read out.

    It is recorded, because that was asked for; the page says what is kept, and shows that it is.
    """
    assert not page.is_checked("#record")
    assert "at most 60 minutes of it" in page.inner_text("#record-help")
    tab_to(page, "record")
    page.keyboard.press("Space")
    assert not page.inner_text("#recording")
    page.focus("#start")
    tab_to(page, "sample")
    page.keyboard.press("Enter")
    page.wait_for_selector(LIVE, timeout=20_000)
    assert page.inner_text("#recording") == "Recording"
    assert page.is_disabled("#record")
    tab_to(page, "interrupt")
    page.keyboard.press("Escape")
    page.wait_for_function("document.getElementById('cut').textContent")
    tab_to(page, "emotion")
    page.keyboard.press("ArrowDown")
    page.wait_for_function("elocute.motion.at(-1).coefficients[0][23] === 0.7")
    told = accessible(page)
    assert ("status", "") in told  # the badge; its text is its content
    assert page.get_attribute("#cut", "role") == page.get_attribute("#badge", "role") == "status"
    assert page.get_attribute("#recording", "role") == "status"
    assert page.get_attribute("#error", "role") == "alert"
    page.focus("#stop")
    page.keyboard.press("Space")
    page.wait_for_selector('body[data-state="idle"]')
    assert not page.inner_text("#recording")
    assert [file.suffix for file in recordings.iterdir()] == [".elo"]


OFFER = """async (offered) => {
  const { RecordBox } = await import('/record.js');
  const [row, sign] = ['record-row', 'recording'].map((id) => document.getElementById(id));
  const box = new RecordBox(row, sign);
  box.offer(offered);
  box.during(true, true);
  return [row.hidden, row.innerText, box.asked, sign.innerText];
}"""


def test_every_control_has_a_name_and_what_is_drawn_has_one(page: Any) -> None:
    """As Chromium tells a screen reader; nothing of a file field that nobody sees.

    Where everybody is recorded nobody is asked, and it is said; where nobody is, there is nothing.
    """
    for summary in page.query_selector_all("summary"):
        summary.click()
    told = accessible(page)
    controls = [(role, name) for role, name in told if role in CONTROLS]
    assert len(controls) >= 17
    assert ("checkbox", "Record this call") in controls
    assert all(name for _, name in controls), controls
    names = {name for _, name in told}
    charts = {"Face against voice over time", "Sync score over time", "Lag of the mouth over time"}
    charts.add("Speech units of voice and face")
    assert {"The talking head", *(f"{chart}: nothing yet" for chart in charts)} <= names
    assert not {"Sound file for the face to say", "Text for the face to say"} & names  # no voice
    hidden, said, asked, sign = page.evaluate(OFFER, {"everyone": True, "longest_s": 5400})
    assert (hidden, asked, sign) == (False, False, "Recording")
    assert said.startswith("Every call is recorded here")
    assert "at most 90 minutes of it" in said
    assert page.is_checked("#record")
    hidden, _, asked, sign = page.evaluate(OFFER, None)
    assert (hidden, asked, sign) == (True, False, "")


def test_a_phone_shows_all_of_it_without_scrolling_sideways(page: Any) -> None:
    """320 pixels; everything that is touched is 44 high, or in a row that is."""
    for summary in page.query_selector_all("summary"):
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    heights = page.evaluate(
        "[...document.querySelectorAll('button, select, .view label, .record label')]"
        ".filter((one) => one.offsetParent).map((one) => one.getBoundingClientRect().height)"
    )
    assert len(heights) >= 12
    assert min(heights) >= 44


DASH = "\N{EN DASH}"
SHOW = """async ([verdict, action]) => {
  const { SyncPanel } = await import('/syncpanel.js');
  const panel = new SyncPanel();
  panel.begin();
  const doing = { align_ms: 0, boosted: false, fallback: false };
  const nothing = { score: null, lag_ms: null, confidence: 0.9, speech_s: 1, said: [], seen: [] };
  if (verdict) panel.found({ pts: 19200, ...nothing, ...doing, ...verdict });
  const done = { action: 'steps', on: true, because: 'it is so', ...doing };
  if (action) panel.acted({ ...done, ...action });
  const ids = ['sync-now', 'sync-score', 'sync-lag', 'sync-doing', 'sync-alert'];
  return ids.map((id) => document.getElementById(id).textContent);
}"""


def test_sync_is_shown_if_it_was_measured_and_only_then(page: Any) -> None:
    """In words and numbers; no number where nothing was told, or there was nothing to judge."""

    def show(verdict: dict[str, Any] | None, **action: Any) -> list[str]:
        shown: list[str] = page.evaluate(SHOW, [verdict, action or None])
        return shown

    assert show(None) == [DASH, "not measured", "not measured", DASH, ""]
    assert show({}) == ["nothing to judge", "nothing to judge", DASH, "nothing", ""]
    good = ["in sync", "0.70, in sync", "mouth 12 ms early", "nothing", ""]
    assert show({"score": 0.7, "lag_ms": -12.4}) == good
    assert show({"score": 0.69, "lag_ms": 0.3})[1:3] == ["0.69, doubtful", "mouth on time"]
    assert show({"score": 0.29, "lag_ms": 12.0})[1:3] == ["0.29, out of sync", "mouth 12 ms late"]
    assert show({"align_ms": -80, "boosted": True})[3] == "face waits 80 ms, more steps"
    assert show({}, align_ms=120, fallback=True)[3:] == ["voice waits 120 ms, plain mouth", ""]
    told = "Face and voice do not go together: it is so."
    assert show({}, action="alert")[4] == told
    assert show({}, action="alert", on=False)[4] == ""
