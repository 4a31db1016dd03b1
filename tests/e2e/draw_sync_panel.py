"""Draws docs/images/sync-panel.png: ``python -m tests.e2e.draw_sync_panel``.

What the shipped ears say of the shipped sample, whose face is drawn 120 ms late for a while, on
the page in Chromium. The call is worked by a clock of its own, so the machine's speed has no part.
"""

import argparse
import io
from dataclasses import asdict
from typing import Any

from PIL import Image

from stream_engine.monitor.remedies import Action, SyncQuality
from stream_engine.sync_watch import Verdict
from stream_engine.transport.sync_teller import action_message, sync_message
from tests.e2e.browser import ROOT, browsing, serving
from tests.fakes.watched_call import WatchedCall, speech

PICTURE = ROOT / "docs" / "images" / "sync-panel.png"
STORY = ((14.0, 0.0), (16.0, 0.12), (22.0, 0.0))
"""Seconds, and how late pictures are meanwhile."""

WIDTH, SCALE, COLOURS = 608, 1.5, 64

SHOW = """async (messages) => {
  const { SyncPanel } = await import('/syncpanel.js');
  const panel = new SyncPanel();
  panel.begin();
  for (const message of messages) panel[message.type === 'face.sync' ? 'found' : 'acted'](message);
  await new Promise((resolve) => setTimeout(resolve, 500));
}"""


class Told:
    """Implements `SyncListener`: keeps the messages that a page would get."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    def watched(self, verdict: Verdict, quality: SyncQuality) -> None:
        """Keep what was found."""
        self.messages.append(asdict(sync_message(verdict, quality)))

    def remedied(self, action: Action) -> None:
        """Keep what was done about it."""
        self.messages.append(asdict(action_message(action)))


def call_told() -> list[dict[str, Any]]:
    """Messages of the call."""
    call, told = WatchedCall(), Told()
    call.session.sync.listeners.append(told)
    for seconds, late_s in STORY:
        call.late_s = late_s
        call.live(speech(seconds))
    call.close()
    return told.messages


def main() -> None:
    """Work the call, show it, save."""
    argparse.ArgumentParser(description=__doc__).parse_args()  # or --help would draw
    messages = call_told()
    with serving() as server, browsing(None) as browser:
        page = browser.new_page(
            viewport={"width": WIDTH, "height": 1800},
            device_scale_factor=SCALE,
            color_scheme="light",
        )
        page.goto(server.url)
        page.click("#sync-panel summary")
        page.evaluate(SHOW, messages)
        box = page.locator("#sync-panel").bounding_box()
        box |= {"x": 0, "width": WIDTH}
        shot = page.screenshot(clip=box)
    picture = Image.open(io.BytesIO(shot)).convert("RGB")
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(PICTURE, optimize=True)


if __name__ == "__main__":
    main()
