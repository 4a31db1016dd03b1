"""What a picture costs on the page: ``python -m tests.e2e.measure_drawing``.

The page's own stage in headless Chromium poses and draws a talk, each picture waited for, at
several sizes, full and plain; without a graphics card that is SwiftShader. Lines of a table.
"""

import argparse
import sys
from functools import partial
from typing import Any

from stream_engine.mesh.head_asset import HEADS
from stream_engine.render.bench import talking
from tests.e2e.browser import browsing, serving
from tests.e2e.test_views import choose, view

SIZES = (256, 512, 1024)

RUN = """(rows) => {
  const gl = elocute.stage.canvas.getContext('webgl2');
  const pixel = new Uint8Array(4);
  const waited = (row) => {
    elocute.stage.pose(row);
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel); // waits until it is drawn
  };
  rows.slice(0, 5).forEach(waited);
  const times = rows.slice(5).map((row) => {
    const began = performance.now();
    waited(row);
    return performance.now() - began;
  }).sort((one, other) => one - other);
  return { ms: times[times.length >> 1], size: elocute.stage.canvas.width,
    device: elocute.stage.figures().device };
}"""


def with_detail(detail: str, route: Any) -> None:
    """A portrait that says how to draw."""
    route.fulfill(json={**route.fetch().json(), "detail": detail})


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=40)
    rows = talking(parser.parse_args().frames + 5).tolist()
    device = ""
    with serving("--stages", "real") as server, browsing(None) as browser:
        page = browser.new_page(viewport={"width": 1400, "height": 1400})
        for size in SIZES:
            for detail in ("full", "plain"):
                page.goto(server.url)
                page.evaluate(
                    "document.querySelector('.stage').style.width = document.querySelector("
                    f"'.stage').style.minWidth = '{size}px'"
                )
                page.route("**/portrait.json", partial(with_detail, detail))
                view(page, "local")
                for avatar in reversed(HEADS):
                    choose(page, avatar)
                    got = page.evaluate(RUN, rows)
                    device = got["device"]
                    line = f"| {avatar} | {got['size']} | {detail} | {got['ms']:.1f} |\n"
                    sys.stdout.write(line)
                page.unroute("**/portrait.json")
    sys.stdout.write(device + "\n")


if __name__ == "__main__":
    main()
