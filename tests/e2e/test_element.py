"""``<elocute-avatar>`` on a page of another origin, in Chromium."""

import http.server
import json
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from tests.e2e.browser import ROOT, Server, browsing, serving
from tests.e2e.test_page import sessions, until

pytestmark = [pytest.mark.browser, pytest.mark.net, pytest.mark.slow]

EXAMPLE = (ROOT / "docs" / "avatar-example.html").read_text(encoding="utf-8")
WHERE = "http://localhost:8080/"
"""The server's address in the example."""

BARE = """<!doctype html><title>Two</title>
<script>
  window.said = [];
  const early = document.createElement('elocute-avatar');
  Object.assign(early, { id: 'early', muted: true, view: 'local', label: 'Before its class' });
  addEventListener('DOMContentLoaded', () => document.body.append(early));
</script>
<body><elocute-avatar id="late" muted></elocute-avatar></body>
<script type="module" src="http://localhost:8080/element.js"></script>"""


class Pages(http.server.BaseHTTPRequestHandler):
    """Another site: two pages that name a server."""

    server_url = ""

    def do_GET(self) -> None:
        """Send one."""
        text = BARE if self.path == "/two" else EXAMPLE
        body = text.replace(WHERE, type(self).server_url).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def site() -> Iterator[str]:
    """A site of its own; its origin."""
    with http.server.ThreadingHTTPServer(("localhost", 0), Pages) as running:
        thread = threading.Thread(target=partial(running.serve_forever, 0.05))
        thread.start()
        try:
            yield f"http://localhost:{running.server_port}"
        finally:
            running.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    """Where the pages are."""
    with site() as found:
        yield found


@pytest.fixture(scope="module")
def server(origin: str) -> Iterator[Server]:
    """A server that knows the pages."""
    with serving("--origin", origin) as running:
        Pages.server_url = running.url
        yield running


@pytest.fixture(scope="module")
def page(origin: str, server: Server) -> Iterator[Any]:
    """A page of the site, to be opened."""
    with browsing(None) as browser:
        yield browser.new_page()


FRAMES = """async () => {
  const avatar = document.querySelector('elocute-avatar');
  const root = avatar.shadowRoot;
  const face = root.querySelector(avatar.view === 'local' ? 'canvas' : 'video');
  const small = new OffscreenCanvas(64, 64).getContext('2d', { willReadFrequently: true });
  const seen = new Set();
  for (let tries = 0; tries < 200 && seen.size < 6; tries += 1) {
    await new Promise((resolve) => requestAnimationFrame(resolve));
    if (avatar.view === 'local' && root.querySelector('canvas').hidden) continue;
    small.drawImage(face, 0, 0, 64, 64);
    seen.add(small.getImageData(0, 0, 64, 64).data.join());
  }
  return seen.size;
}"""
"""Different pictures seen of the face, six at most."""

LISTEN = """() => {
  window.told = {};
  for (const name of ['statechange', 'viewchange', 'motion', 'figures', 'trouble']) {
    document.querySelector('elocute-avatar').addEventListener(
      name, ({ detail }) => (told[name] ??= []).push(detail));
  }
}"""
BOTH = """() => Promise.all([early, late].map(async (avatar) => {
  for (;;) {
    try { return await avatar.start(); } catch (error) {
      if (!error.message.includes('too much to do')) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}))"""
"""Start two; a busy machine lets one in at a time."""

AVATAR = "document.querySelector('elocute-avatar')"


def accessible(page: Any) -> list[tuple[str, str]]:
    """Roles and names as Chromium tells a screen reader."""
    client = page.context.new_cdp_session(page)
    nodes = client.send("Accessibility.getFullAXTree")["nodes"]
    client.detach()
    return [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node["ignored"]
    ]


def test_the_example_talks_from_another_origin_in_both_views(
    page: Any, origin: str, server: Server
) -> None:
    """Talk, live, pictures drawn here and by the server, events, cut, stop: nothing is left."""
    page.goto(origin)
    page.evaluate(LISTEN)
    page.click("button")
    page.wait_for_function(f"{AVATAR}.state === 'live'", timeout=20_000)
    assert page.inner_text("[role=status]") == "Live: speak."
    page.wait_for_function(f"{AVATAR}.view === 'local'")
    assert page.evaluate(FRAMES) >= 6
    page.evaluate(f"{AVATAR}.view = 'video'")
    page.wait_for_function(f"{AVATAR}.view === 'video'")
    assert page.evaluate(FRAMES) >= 6
    page.evaluate(f"{AVATAR}.express({{ emotion: 'happy', intensity: 0.6 }})")
    page.wait_for_function("told.motion.at(-1).coefficients[0][23] === 0.6")
    cut = page.evaluate(f"{AVATAR}.interrupt()")
    assert cut["ms_to_neutral"] <= 150.0
    page.wait_for_function("told.figures?.at(-1).total > 0")
    assert sessions(server) == 1
    page.evaluate(f"{AVATAR}.stop()")
    until(lambda: sessions(server) == 0, 2.0)
    told = page.evaluate("told")
    assert [entry["state"] for entry in told["statechange"]] == ["connecting", "live", "idle"]
    assert [entry["view"] for entry in told["viewchange"]][-1] == "video"
    assert "trouble" not in told
    assert ("image", "A head that says what you say") in accessible(page)


def test_an_element_that_is_taken_out_frees_its_session_and_one_that_is_moved_does_not(
    page: Any, origin: str, server: Server
) -> None:
    """By DELETE, at once; also while it connects, and whoever waited for it is told."""
    page.goto(origin)
    page.evaluate(LISTEN)
    page.click("button")
    page.wait_for_function(f"{AVATAR}.state === 'live'", timeout=20_000)
    page.evaluate(f"document.querySelector('h1').after({AVATAR})")
    page.wait_for_function(f"{AVATAR}.view === 'local'")
    assert page.evaluate(FRAMES) >= 6
    page.evaluate(f"window.gone = {AVATAR}; gone.remove()")
    until(lambda: sessions(server) == 0, 2.0)
    assert page.evaluate("[gone.state, gone.view, gone.link]") == ["idle", "video", None]
    assert page.evaluate("gone.start().catch((error) => error.name)") == "InvalidStateError"
    page.evaluate("document.body.append(gone)")
    hasty = page.evaluate(
        "() => { const began = gone.start().catch((error) => error.name);"
        " setTimeout(() => gone.remove(), 30); return began; }"
    )
    assert hasty == "AbortError"
    for step in ("setLocalDescription", "setRemoteDescription"):
        assert page.evaluate(STOPPED_IN, step) == "AbortError"
    until(lambda: sessions(server) == 0, 2.0)


STOPPED_IN = """async (step) => {
  const peers = RTCPeerConnection.prototype;
  const plain = peers[step];
  peers[step] = function (...given) {
    peers[step] = plain;
    const work = plain.apply(this, given);
    gone.stop();
    return work;
  };
  document.body.append(gone);
  return gone.start().catch((error) => error.name);
}"""
"""The browser never settles what a connection was asked for just before it was closed."""


def test_two_elements_live_side_by_side_and_properties_set_early_hold(
    page: Any, origin: str, server: Server
) -> None:
    """Two sessions without a microphone, one drawn here; each ends alone. `record` is asked for."""
    page.goto(origin + "/two")
    page.wait_for_function("customElements.get('elocute-avatar') && early.isConnected")
    assert page.evaluate("[early.muted, early.getAttribute('view'), early.label]") == [
        True,
        "local",
        "Before its class",
    ]
    page.evaluate(BOTH)
    assert sessions(server) == 2
    page.wait_for_function("early.view === 'local'")
    assert page.evaluate("[late.view, late.state, early.state]") == ["video", "live", "live"]
    page.evaluate("early.remove()")
    until(lambda: sessions(server) == 1, 2.0)
    assert page.evaluate("late.state") == "live"
    page.evaluate("late.stop()")
    until(lambda: sessions(server) == 0, 2.0)
    page.evaluate("late.record = true")
    assert "records nothing" in page.evaluate("late.start().catch((error) => error.message)")


def test_a_page_that_the_server_does_not_know_is_told_so(page: Any, server: Server) -> None:
    """Its copy of the element starts nothing, and says which setting names the page."""
    with site() as stranger:
        page.route(
            stranger + "/*.js",
            lambda route: route.fulfill(
                path=ROOT / "clients" / "web" / route.request.url.rsplit("/", 1)[1]
            ),
        )
        page.goto(stranger)  # the module on the server is not read
        assert page.evaluate("customElements.get('elocute-avatar') === undefined")
        page.evaluate("import('/element.js')")
        page.evaluate(f"{AVATAR}.setAttribute('server', {json.dumps(server.url)})")
        said = page.evaluate(f"{AVATAR}.start().catch((error) => error.message)")
        assert f"name {stranger} in access.origins" in said
        assert page.evaluate(f"{AVATAR}.state") == "failed"
        assert stranger in page.inner_text("[role=status]")
    assert sessions(server) == 0
    with urllib.request.urlopen(server.url + "healthz", timeout=5) as answer:
        assert answer.status == 200
