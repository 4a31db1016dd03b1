"""Tokens and pages elsewhere, in Chromium: what a browser does is the point."""

import time
from collections.abc import Iterator

import pytest

from stream_engine.gate.tokens import Grant, sign
from stream_engine.service_config import AccessConfig
from tests.e2e.browser import browsing, serving
from tests.fakes.live_server import LiveServer, live_server

pytestmark = [pytest.mark.browser, pytest.mark.net, pytest.mark.slow]

KEY = "the-key-of-this-server"

POST = """async url => {
  const options = {method: 'POST', headers: HEADERS, body: '{}'};
  try { return (await fetch(url + 'api/offer', options)).status; } catch (error) { return 0; }
}"""

SOCKET = """url => new Promise(resolve => {
  const socket = new WebSocket(url, PROTOCOLS);
  socket.onmessage = event => { resolve(JSON.parse(event.data).type); socket.close(); };
  socket.onclose = () => resolve('closed');
})"""


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[LiveServer]:
    """A page of another origin: any server on another port."""
    with live_server() as running:
        yield running


def test_the_page_works_with_a_token_after_the_hash_and_says_so_without() -> None:
    """The sample plays; without a token the reason stands on the page."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ELOCUTE_KEYS", KEY)
        with serving() as server, browsing(None) as browser:
            token = sign(KEY, Grant(expires_s=time.time() + 60.0))
            page = browser.new_page()
            page.goto(f"{server.url}#token={token}")
            page.click("#sample")
            page.wait_for_selector('body[data-state="live"]', timeout=20_000)
            page.close()
            bare = browser.new_page()
            bare.goto(server.url)
            bare.wait_for_function("document.querySelector('#error').innerText.includes('#token=')")
            assert bare.evaluate(POST.replace("HEADERS", "{}"), server.url) == 401


def test_a_page_elsewhere_opens_nothing_here_but_one_that_is_named_does(
    elsewhere: LiveServer,
) -> None:
    """Neither a POST that needs no preflight, nor one that does, nor a WebSocket."""
    origin = elsewhere.url.rstrip("/")
    plain, preflighted = "{}", "{'Content-Type': 'application/json'}"
    with browsing(None) as browser:
        page = browser.new_page()
        page.goto(elsewhere.url)
        with live_server() as server:
            for headers in (plain, preflighted):
                assert page.evaluate(POST.replace("HEADERS", headers), server.url) == 0
            bare = SOCKET.replace("PROTOCOLS", "[]")
            assert page.evaluate(bare, server.speech_url) == "closed"
            assert server.house.tally.count('requests_refused_total{cause="forbidden"}') == 3
            page.goto(server.url)
            assert page.evaluate(bare, server.speech_url) == "ready"
        with live_server(access=AccessConfig(origins=(origin,))) as server:
            page.goto(elsewhere.url)
            for headers in (plain, preflighted):
                assert page.evaluate(POST.replace("HEADERS", headers), server.url) == 400
            with_token = SOCKET.replace("PROTOCOLS", "['elocute', 'bearer.x.y-z_1']")
            assert page.evaluate(with_token, server.speech_url) == "ready"
