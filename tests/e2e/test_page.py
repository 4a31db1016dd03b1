"""The page in Chromium: the sample, the ways out, and what it says when something is wrong."""

import json
import os
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.e2e.browser import Server, browsing, chromium_processes, memory_mb, serving

pytestmark = [pytest.mark.browser, pytest.mark.net, pytest.mark.slow]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One server whose peers may be silent for three seconds."""
    with serving("--heartbeat-timeout", "3") as running:
        yield running


@pytest.fixture(autouse=True)
def _empty(server: Server) -> None:
    """Each test begins with a server that nobody uses."""
    until(lambda: sessions(server) == 0, 6.0)


def sessions(server: Server) -> int:
    """Sessions the server has open."""
    with urllib.request.urlopen(server.url + "healthz", timeout=5) as answer:
        return int(json.load(answer)["sessions"])


def threads(server: Server) -> int:
    """Threads the server has."""
    with open(f"/proc/{server.process.pid}/status", encoding="utf-8") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Threads:"))


def until(condition: Callable[[], bool], seconds: float) -> float:
    """Wait until it holds; seconds it took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, "it did not happen in time"
        time.sleep(0.05)
    return time.monotonic() - began


def start(page: Any, server: Server, button: str = "#start") -> None:
    """Open the page and talk."""
    page.goto(server.url + "?raw=1")
    page.click(button)
    page.wait_for_selector('body[data-state="live"]', timeout=20_000)


def test_the_sample_plays_without_a_microphone_and_can_be_stopped(server: Server) -> None:
    """No permission is asked; motion and pictures come; Stop ends the session at once."""
    with browsing(None) as browser:
        page = browser.new_page()
        start(page, server, "#sample")
        page.wait_for_function("document.getElementById('face').videoWidth === 512")
        page.wait_for_function("elocute.motion.some((m) => m.coefficients[0][17] > 0.2)")
        assert sessions(server) == 1
        page.click("#stop")
        until(lambda: sessions(server) == 0, 2.0)
        assert page.get_attribute("body", "data-state") == "idle"
        page.click("#sample")
        page.wait_for_selector('body[data-state="live"]', timeout=20_000)


def test_from_the_sample_to_the_microphone_in_one_connection(server: Server) -> None:
    """The other source takes over without a new session."""
    with browsing(None) as browser:
        page = browser.new_page()
        start(page, server, "#sample")
        first = page.evaluate("elocute.link.session")
        page.click("#start")
        page.wait_for_function("elocute.local.getAudioTracks()[0].label.includes('Fake')")
        assert page.evaluate("elocute.link.session") == first
        assert sessions(server) == 1


def test_a_muted_microphone_closes_the_mouth_and_keeps_the_pictures(server: Server) -> None:
    """Chromium's fake microphone beeps; muted, the jaw rests and 25 pictures a second go on."""
    with browsing(None) as browser:
        page = browser.new_page()
        start(page, server)
        page.wait_for_function("elocute.motion.some((m) => m.coefficients[0][17] > 0.2)")
        page.click("#mute")
        time.sleep(1.0)
        page.evaluate("elocute.motion.length = 0")
        time.sleep(2.0)
        jaw = page.evaluate("elocute.motion.flatMap((m) => m.coefficients.map((c) => c[17]))")
        assert len(jaw) >= 45
        assert max(jaw) < 0.05


def test_a_page_that_is_closed_ends_its_session_within_seconds(server: Server) -> None:
    """`pagehide` tells the server."""
    with browsing(None) as browser:
        page = browser.new_page()
        start(page, server)
        page.close()
        took = until(lambda: sessions(server) == 0, 3.0)
    print(f"\nclosed page noticed after {took:.2f} s")  # noqa: T201 - a figure


def test_a_browser_that_is_killed_leaves_nothing_behind(server: Server) -> None:
    """No goodbye at all: the heartbeat ends it; threads and memory come back."""
    after: list[tuple[int, float]] = []
    for _ in range(3):
        with browsing(None) as browser:
            page = browser.new_page()
            start(page, server)
            page.wait_for_function("elocute.motion.length > 10")
            for process in chromium_processes():
                os.kill(process, signal.SIGKILL)
        took = until(lambda: sessions(server) == 0, 7.0)
        time.sleep(0.5)
        after.append((threads(server), memory_mb(server.process.pid)))
    print(f"\nkilled browser noticed after {took:.1f} s; threads, MB: {after}")  # noqa: T201
    # The last session's encoder (two threads) may wait for the collector; one a session may not.
    assert after[2][0] <= after[0][0] + 2
    assert after[2][1] < after[1][1] + 15.0


def test_errors_are_told_in_words(server: Server) -> None:
    """Microphone refused, unknown profile, server gone."""
    with browsing(None) as browser:
        page = browser.new_page()
        page.goto(server.url)
        page.evaluate(
            "void (navigator.mediaDevices.getUserMedia = "
            "async () => { throw new DOMException('no', 'NotAllowedError'); })"
        )
        page.click("#start")
        page.wait_for_selector("#error:not([hidden])")
        assert "microphone was not allowed" in page.inner_text("#error")
        page.evaluate("document.getElementById('profile').append(new Option('hasty', 'hasty'))")
        page.select_option("#profile", "hasty")
        page.click("#sample")
        page.wait_for_function("document.getElementById('error').textContent.includes('hasty')")
        assert sessions(server) == 0


def test_a_server_that_goes_away_is_noticed() -> None:
    """The page says so and can be used again."""
    with browsing(None) as browser:
        page = browser.new_page()
        with serving() as server:
            start(page, server)
        page.wait_for_selector('body[data-state="failed"]', timeout=12_000)
        assert "server" in page.inner_text("#error").lower()
        assert page.is_enabled("#start")
        page.click("#sample")
        page.wait_for_function(
            "document.getElementById('error').textContent.includes('does not answer')"
        )


def test_an_emotion_chosen_on_the_page_is_shown(server: Server) -> None:
    """What was chosen before the talk holds from its start; a slider moves the face within it."""
    with browsing(None) as browser:
        page = browser.new_page()
        page.goto(server.url + "?raw=1")
        page.wait_for_function("document.getElementById('intensity').value === '0.7'")
        assert not page.is_visible("#record")  # this server records nothing
        page.select_option("#emotion", "happy")
        page.click("#sample")
        smile = "elocute.motion.at(-1)?.coefficients[0][23]"
        page.wait_for_function(f"{smile} === 0.7", timeout=20_000)
        page.locator("#intensity").fill("0.4")
        page.wait_for_function(f"{smile} === 0.4")
        page.evaluate("elocute.link.express({ emotion: 'bored' })")
        page.wait_for_selector("#error:not([hidden])")
        assert "unknown emotion" in page.inner_text("#error")
        assert page.get_attribute("body", "data-state") == "live"
        page.select_option("#emotion", "neutral")
        page.wait_for_function(f"{smile} === 0")
