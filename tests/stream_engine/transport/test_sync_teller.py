"""Findings and actions as messages."""

from stream_engine.monitor.remedies import Action, SyncQuality
from stream_engine.sync_watch import Verdict
from stream_engine.sync_wire import FaceSync, FaceSyncAction
from stream_engine.transport.sync_teller import SyncTeller


def test_what_was_found_and_done_is_sent() -> None:
    """Rounded, with media time, and with what is being done."""
    sent: list[FaceSync | FaceSyncAction] = []
    teller = SyncTeller(sent.append)
    verdict = Verdict(
        10, 0.91234, -12.345, 0.87654, 1.234, 0.0, False, 1.0, (0.8123, 3.21), (1, 2), (1, 3)
    )
    teller.watched(verdict, SyncQuality(align_ms=40, boosted=True))
    teller.watched(Verdict(20, None, None, 0.0, 0.1, 0.0, False, 1.0, None, (), ()), SyncQuality())
    teller.remedied(Action("steps", True, "the score stays low", SyncQuality(boosted=True)))
    assert sent == [
        FaceSync(19200, 0.912, -12.3, 0.877, 1.23, [1, 2], [1, 3], 0.812, 3.2, 40, True, False),
        FaceSync(38400, None, None, 0.0, 0.1, [], []),
        FaceSyncAction("steps", True, "the score stays low", 0, True, False),
    ]
