"""The whole path: a voice into Chromium's microphone, a face and the voice back."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.e2e.analysis import bursts, curves, lag, lags_by_burst
from tests.e2e.browser import browsing, cpu_seconds, memory_mb, serving, write_bursts

pytestmark = [pytest.mark.browser, pytest.mark.net, pytest.mark.slow]

TALK_S = 20
STAGES = "fake"
MOUTH = {"x": 190, "y": 300, "width": 132, "height": 130, "darkness": 90}
JAW_OPEN = 17
STATS = """async () => {
  const found = {};
  (await elocute.link.pc.getStats()).forEach((report) => {
    if (report.type === 'inbound-rtp') found[report.kind] = report;
  });
  return found;
}"""


def report(line: str) -> None:
    """Print a measured figure."""
    print(f"\n{line}", flush=True)  # noqa: T201 - the figures are what the test is run for


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Talk once; everything measured."""
    folder = tmp_path_factory.mktemp("live")
    write_bursts(folder / "voice.wav", 30.0)
    with serving("--stages", STAGES) as server, browsing(folder / "voice.wav") as browser:
        page = browser.new_page(viewport={"width": 900, "height": 1000})
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(server.url + "?raw=1")
        idle_cpu = cpu_seconds(server.process.pid)
        idle_mb = memory_mb(server.process.pid)
        time.sleep(2.0)
        idle_cpu = (cpu_seconds(server.process.pid) - idle_cpu) / 2.0
        page.click("#start")
        page.wait_for_selector('body[data-state="live"]', timeout=20_000)
        page.wait_for_function("document.getElementById('face').videoWidth > 0")
        page.evaluate(Path(__file__).with_name("measure.js").read_text(encoding="utf-8"), MOUTH)
        time.sleep(2.0)
        before, cpu, began = page.evaluate(STATS), cpu_seconds(server.process.pid), time.time()
        time.sleep(TALK_S)
        after = page.evaluate(STATS)
        cpu = (cpu_seconds(server.process.pid) - cpu) / (time.time() - began)
        page.screenshot(path=str(folder / "live.png"))
        found = {
            "before": before,
            "after": after,
            "probe": page.evaluate("probe"),
            "motion": page.evaluate("elocute.motion"),
            "figures": page.evaluate("elocute.stats"),
            "error": page.inner_text("#error"),
            "errors": errors,
            "cpu": cpu,
            "idle_cpu": idle_cpu,
            "memory_mb": memory_mb(server.process.pid) - idle_mb,
            "picture": folder / "live.png",
        }
    return found


def test_at_least_24_pictures_a_second_arrive_without_a_freeze(talk: dict[str, Any]) -> None:
    """Chromium decodes 24 frames/s or more and counts no freeze."""
    before, after = talk["before"]["video"], talk["after"]["video"]
    seconds = (after["timestamp"] - before["timestamp"]) / 1000.0
    fps = (after["framesDecoded"] - before["framesDecoded"]) / seconds
    report(f"decoded {fps:.1f} fps; freezes {after['freezeCount'] - before['freezeCount']}")
    assert not talk["errors"]
    assert talk["error"] == ""
    assert fps >= 24.0
    assert after["freezeCount"] == before["freezeCount"]


def test_the_voice_comes_back(talk: dict[str, Any]) -> None:
    """What is heard is what was said, later."""
    found = curves(talk["probe"])
    heard = lag(found.up, found.back)
    report(f"voice comes back after {heard.seconds * 1000:.0f} ms, likeness {heard.likeness:.3f}")
    assert heard.likeness > 0.9


def test_the_mouth_opens_on_speech_and_closes_in_silence_by_parameters(
    talk: dict[str, Any],
) -> None:
    """JawOpen is high in the loudest fifth of the time and near rest in the quietest."""
    jaw = np.array([row[JAW_OPEN] for message in talk["motion"] for row in message["coefficients"]])
    starts = [message["start"] for message in talk["motion"]]
    lengths = [len(message["coefficients"]) for message in talk["motion"]]
    assert all(b == a + n for a, b, n in zip(starts, starts[1:], lengths, strict=False))
    low, high = np.quantile(jaw, [0.2, 0.9])
    report(f"jawOpen: quiet {low:.3f}, loud {high:.3f}")
    assert high > 0.15
    assert low < 0.3 * high


def test_the_mouth_opens_on_speech_and_closes_in_silence_by_pixels(talk: dict[str, Any]) -> None:
    """The dark of the mouth on screen follows the voice."""
    found = curves(talk["probe"])
    seen = lag(found.up, found.mouth)
    report(f"mouth follows after {seen.seconds * 1000:.0f} ms, likeness {seen.likeness:.3f}")
    assert seen.likeness > 0.6
    shift = round(seen.seconds / 0.005)
    mouth, up = found.mouth[shift:], found.up[: len(found.mouth) - shift]
    assert mouth[up > np.quantile(up, 0.8)].mean() > 1.5 * mouth[up < 0.002].mean()


def test_voice_and_face_come_back_soon_and_together(talk: dict[str, Any]) -> None:
    """Microphone to screen stays under half a second; the voice within -45..+100 ms of the lips."""
    found = curves(talk["probe"])
    spans = bursts(found.up)
    assert len(spans) >= 8
    seen = np.array(lags_by_burst(found.up, found.mouth, spans)) * 1000
    heard = np.array(lags_by_burst(found.up, found.back, spans)) * 1000
    skew = heard - seen
    screen, voice = np.percentile(seen, [50, 95]), np.percentile(heard, [50, 95])
    report(
        f"microphone to screen p50 {screen[0]:.0f} ms, p95 {screen[1]:.0f} ms; "
        f"to ear p50 {voice[0]:.0f}, p95 {voice[1]:.0f}; "
        f"voice after lips p50 {np.median(skew):.0f} ms, "
        f"range {np.percentile(skew, 5):.0f}..{np.percentile(skew, 95):.0f}; "
        f"page says {talk['figures']['total']:.0f} ms"
    )
    after = talk["after"]
    playout = (
        after["video"]["estimatedPlayoutTimestamp"] - after["audio"]["estimatedPlayoutTimestamp"]
    )
    report(f"Chromium's own estimate: voice after lips {playout:.0f} ms")
    report(
        f"server: {100 * talk['idle_cpu']:.1f} % of a core idle, {100 * talk['cpu']:.1f} % with "
        f"one session, {talk['memory_mb']:.0f} MB for it; {talk['figures']['detail']}"
    )
    assert screen[1] < 500
    assert -45 <= np.median(skew) <= 100
