"""Text on the page, spoken by the server's own voice, in Chromium."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.browser import Server, browsing, serving
from tests.e2e.test_bot import BADGE, JAW, STATE
from tests.e2e.test_element import accessible
from tests.e2e.test_page import sessions, until
from tests.e2e.test_use import tab_to
from tests.fakes.voice_program import FakeProgram

pytestmark = [pytest.mark.browser, pytest.mark.net, pytest.mark.slow]

OPEN = f"elocute.motion.slice(-8).some((m) => m.coefficients.some((row) => row[{JAW}] > 0.4))"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> FakeProgram:
    """Floods: it speaks for as long as it is let."""
    return FakeProgram(tmp_path_factory.mktemp("voice"))


@pytest.fixture(scope="module")
def server(program: FakeProgram) -> Iterator[Server]:
    """With a voice."""
    with serving("--voice", json.dumps(program.command("flood"))) as running:
        yield running


@pytest.fixture
def page(server: Server) -> Iterator[Any]:
    """On a phone, not started; its microphone is never asked for."""
    with browsing(None) as browser:
        opened = browser.new_page(viewport={"width": 320, "height": 640})
        opened.goto(server.url + "?raw=1")
        opened.evaluate(
            "void (navigator.mediaDevices.getUserMedia = () => Promise.reject(new Error('asked')))"
        )
        opened.wait_for_selector("#say:not([hidden])")
        yield opened


def test_a_text_is_said_by_keys_in_either_view_and_cut_off(
    page: Any, server: Server, program: FakeProgram
) -> None:
    """The program hears the text; Escape stops face and program; what cannot be said is told."""
    assert ("textbox", "Text for the face to say") in accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    page.click("#speak")  # nothing is sent of nothing
    assert page.evaluate("document.activeElement.id") == "text"
    assert page.evaluate(STATE) == "idle"
    for turn, view in enumerate(("video", "local"), 1):
        page.evaluate(f"void elocute.stage.show('{view}')")
        tab_to(page, "text")
        page.evaluate("elocute.motion.length = 0")
        page.keyboard.press("Control+a")
        page.keyboard.type(f"Turn {turn}.")
        page.keyboard.press("Control+Enter")
        page.wait_for_function(f"{BADGE} === 'Live · bot'", timeout=20_000)
        page.wait_for_function(OPEN)
        assert program.heard[-1] == f"Turn {turn}."
        assert page.evaluate("elocute.stage.mode") == view
        page.evaluate("elocute.cut = null")
        page.keyboard.press("Escape")
        page.wait_for_function("elocute.cut?.ms_to_neutral <= 150")
        page.wait_for_function(f"{BADGE} === 'Live'")
        until(lambda: not program.alive, 3.0)
    assert page.is_hidden("#error")
    page.fill("#text", "\N{SLIGHTLY SMILING FACE}")
    page.click("#speak")
    page.wait_for_function("document.getElementById('error').textContent.includes('no text')")
    page.wait_for_function(f"{BADGE} === 'Live'")
    page.click("#stop")
    until(lambda: sessions(server) == 0, 2.0)
