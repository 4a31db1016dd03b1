"""Minutes in a real Chromium: ``python -m tests.e2e.soak --minutes 10`` prints sync and latency.

The measuring face's jaw is the loudness of the voice, so what is seen and what is heard of each
stretch of speech can be told from pixels and sound, as `test_live` does for twelve seconds.
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stream_engine.motion.arkit import INDEX
from stream_engine.transport.sent_time import LIPS_EARLY_S
from tests.e2e.analysis import bursts, curves, lags_by_burst
from tests.e2e.browser import browsing, cpu_seconds, memory_mb, serving, write_bursts
from tests.e2e.test_live import MOUTHS, STATS, report

F64 = NDArray[np.float64]
EARLY_MS, LATE_MS = -45.0, 100.0

BELIEVED = """() => {
  // The player's own account: capture times, by sender reports, of what it plays at the moment.
  probe.believed = [];
  setInterval(async () => {
    const found = {};
    (await elocute.link.pc.getStats()).forEach((report) => {
      if (report.type === 'inbound-rtp') found[report.kind] = report.estimatedPlayoutTimestamp;
    });
    if (found.audio && found.video) probe.believed.push(found.video - found.audio);
  }, 1000);
}"""

TAKE = """() => {
  const taken = {};
  for (const key of ['audio', 'mouth', 'clock', 'believed']) taken[key] = probe[key].splice(0);
  taken.motion = elocute.motion.splice(0);
  return taken;
}"""


def measure(page: Any) -> tuple[F64, F64, F64]:
    """What was seen and heard of each stretch of the last minute, ms after it was said.

    And by how much lips lead the voice as the player believes, ms, each second.
    """
    taken = page.evaluate(TAKE)
    found = curves(taken, taken["motion"], INDEX["jawOpen"])
    spans = bursts(found.up)
    seen = np.array(lags_by_burst(found.up, found.mouth, spans)) * 1000.0
    heard = np.array(lags_by_burst(found.up, found.back, spans)) * 1000.0
    return seen, heard, np.array(taken["believed"]) + 1000 * LIPS_EARLY_S


def percentiles(values: F64, at: list[float]) -> str:
    """In a row."""
    return " / ".join(f"{value:.0f}" for value in np.percentile(values, at))


def main() -> None:
    """Talk for so long; print a row a minute, and the whole."""
    parser = argparse.ArgumentParser(description="Minutes of talk in a real Chromium.")
    parser.add_argument("--minutes", type=int, default=10, help="how long")
    parser.add_argument("--stages", default="fake", help="fake: the measuring face")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    write_bursts(folder / "voice.wav", 30.0)
    script = Path(__file__).with_name("measure.js").read_text(encoding="utf-8")
    seen, heard = np.zeros(0), np.zeros(0)
    with (
        serving("--stages", given.stages) as server,
        browsing(folder / "voice.wav") as browser,
    ):
        page, pid = browser.new_page(viewport={"width": 900, "height": 1000}), server.process.pid
        page.goto(server.url + "?raw=1")
        page.click("#start")
        page.wait_for_selector('body[data-state="live"]', timeout=20_000)
        page.wait_for_function("document.getElementById('face').videoWidth > 0")
        page.evaluate(script, MOUTHS[given.stages])
        page.evaluate(BELIEVED)
        time.sleep(5.0)
        page.evaluate(TAKE)
        before, used_s, began = page.evaluate(STATS), cpu_seconds(pid), time.time()
        report(
            "| minute | stretches | skew p5 / p50 / p95, ms | to screen, to ear p50 "
            "| by the player p5 / p50 / p95 | server, MB |"
        )
        for minute in range(1, given.minutes + 1):
            time.sleep(max(0.0, began + 60.0 * minute - time.time()))
            eye, ear, own = measure(page)
            seen, heard = np.concatenate([seen, eye]), np.concatenate([heard, ear])
            report(
                f"| {minute} | {len(eye)} | {percentiles(ear - eye, [5, 50, 95])} "
                f"| {np.median(eye):.0f}, {np.median(ear):.0f} | {percentiles(own, [5, 50, 95])} "
                f"| {memory_mb(pid):.0f} |"
            )
        after, used_s = page.evaluate(STATS), cpu_seconds(pid) - used_s
        complaint, lasted = page.inner_text("#error"), time.time() - began
    skew, video = heard - seen, (before["video"], after["video"])
    within = 100.0 * float(np.mean((skew >= EARLY_MS) & (skew <= LATE_MS)))
    frames = video[1]["framesDecoded"] - video[0]["framesDecoded"]
    freezes = video[1]["freezeCount"] - video[0]["freezeCount"]
    report(
        f"{len(skew)} stretches: voice after lips p0.5 / p50 / p99.5 "
        f"{percentiles(skew, [0.5, 50, 99.5])} ms, {within:.1f} % within {EARLY_MS:.0f}.."
        f"{LATE_MS:.0f}; to screen p50 / p95 / p99 {percentiles(seen, [50, 95, 99])} ms, to ear "
        f"{percentiles(heard, [50, 95, 99])}; {frames / lasted:.2f} pictures/s, "
        f"{freezes} freezes; server {used_s / lasted:.2f} of a core; "
        f"complaint {complaint!r}"
    )


if __name__ == "__main__":
    main()
