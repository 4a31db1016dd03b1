"""A browser tab that is frozen: its own session waits or ends, and nobody else notices."""

import json
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.e2e.browser import Server, browsing, chromium_processes, serving
from tests.e2e.test_page import sessions, start, until

pytestmark = [pytest.mark.browser, pytest.mark.net, pytest.mark.slow]


@pytest.fixture
def server() -> Iterator[Server]:
    """A server whose peers may be silent for five seconds; a second try has a new one."""
    with serving("--heartbeat-timeout", "5") as running:
        yield running


@contextmanager
def bystander(server: Server) -> Iterator[list[int]]:
    """A session beside it, idle but alive: its frame numbers as they come."""
    frames: list[int] = []

    def listen(line: Any) -> None:
        try:
            for text in line:
                event = json.loads(text)
                if event["type"] == "response.motion.delta":
                    first = event["start"]
                    frames.extend(range(first, first + len(event["coefficients"])))
        except ConnectionClosed:
            return

    url = server.url.replace("http", "ws") + "v1/realtime?idle=true"
    with connect(url, max_queue=None) as line:
        thread = threading.Thread(target=listen, args=(line,))
        thread.start()
        until(lambda: len(frames) > 10, 20.0)
        yield frames
    thread.join(5.0)
    assert frames == list(range(frames[0], frames[0] + len(frames)))


def opened(browser: Any, server: Server) -> Any:
    """A page. Chromium's own start strains the server, which lets nobody in meanwhile."""
    page = browser.new_page()
    page.goto(server.url)
    until(lambda: page.request.get(f"{server.url}readyz").ok, 20.0)
    return page


def renderers() -> list[int]:
    """Chromium's processes that hold pages."""
    found = []
    for process in chromium_processes():
        with open(f"/proc/{process}/cmdline", encoding="utf-8") as file:
            if "--type=renderer" in file.read():
                found.append(process)
    return found


def test_a_frozen_tab_goes_on_when_it_thaws(server: Server) -> None:
    """Its script stands still, as in the background of a phone; the session is still its own."""
    with bystander(server) as frames, browsing(None) as browser:
        page = opened(browser, server)
        start(page, server, "#sample")
        cdp = page.context.new_cdp_session(page)
        page.wait_for_function("elocute.motion.length > 10")
        name, seen = page.evaluate("elocute.link.session"), len(frames)
        cdp.send("Page.setWebLifecycleState", {"state": "frozen"})
        until(lambda: len(frames) > seen + 50, 20.0)
        cdp.send("Page.setWebLifecycleState", {"state": "active"})
        page.evaluate("elocute.motion.length = 0")
        page.wait_for_function("elocute.motion.length > 10", timeout=20_000)
        assert page.evaluate("elocute.link.session") == name
        assert sessions(server) == 2


def test_a_tab_that_hangs_is_let_go_and_is_told_when_it_comes_back(server: Server) -> None:
    """Its whole process stands still, sound and all: the heartbeat ends it, the page says so."""
    with bystander(server) as frames, browsing(None) as browser:
        page = opened(browser, server)
        start(page, server, "#sample")
        page.wait_for_function("elocute.motion.length > 10")
        stopped = renderers()
        for process in stopped:
            os.kill(process, signal.SIGSTOP)
        try:
            until(lambda: sessions(server) == 1, 10.0)
            seen = len(frames)
            until(lambda: len(frames) > seen + 25, 20.0)
        finally:
            for process in stopped:
                os.kill(process, signal.SIGCONT)
        page.wait_for_selector('body[data-state="failed"]', timeout=20_000)
        page.click("#sample")
        page.wait_for_selector('body[data-state="live"]', timeout=20_000)
