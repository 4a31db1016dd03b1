"""Which replica takes the next session, by what each said last."""

import dataclasses
from collections.abc import Collection
from dataclasses import dataclass

from stream_engine.protocols import Clock

REPORT_S = 1.0
"""Every so often a replica reports."""

PATIENCE_S = 5.0
"""A replica that has not reported for so long is gone."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a replica says of itself.

    Attributes:
        replica: Its name.
        address: Host and port of its own server.
        sessions: Sessions it has.
        room: Sessions it would take more; none while it drains.
        draining: It is going away.
    """

    replica: str
    address: str
    sessions: int
    room: int
    draining: bool = False


class Register:
    """Every replica's last report, less what has been sent to it since.

    A report may be a second old and other doors place sessions, too; so room is a guess, and a
    replica that is full says no. What it says counts: the caller then asks for another.

    *State*: one report per living replica. *Thread*: one.

    Args:
        clock: Wall time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._born_s = clock.now()
        self._reports: dict[str, Report] = {}
        self._heard_s: dict[str, float] = {}

    @property
    def settling_s(self) -> float:
        """Seconds until every living replica has had the time to report to a new register."""
        return max(0.0, self._born_s + 2 * REPORT_S - self._clock.now())

    def report(self, report: Report) -> None:
        """Take a replica's word."""
        self._reports[report.replica] = report
        self._heard_s[report.replica] = self._clock.now()

    def living(self) -> list[Report]:
        """List the replicas heard lately, by name; the others are forgotten."""
        now = self._clock.now()
        for replica, heard_s in tuple(self._heard_s.items()):
            if now - heard_s > PATIENCE_S:
                del self._heard_s[replica], self._reports[replica]
        return sorted(self._reports.values(), key=lambda report: report.replica)

    def find(self, replica: str) -> Report | None:
        """Find a living replica by its name."""
        return next((report for report in self.living() if report.replica == replica), None)

    def place(self, tried: Collection[str] = ()) -> Report | None:
        """Choose a replica for one more session and count it there.

        Args:
            tried: Replicas that have said no.

        Returns:
            The one with most room; none if nobody has any.
        """
        free = [found for found in self.living() if found.room and found.replica not in tried]
        if not free:
            return None
        chosen = max(free, key=lambda report: report.room)
        self._reports[chosen.replica] = dataclasses.replace(
            chosen, room=chosen.room - 1, sessions=chosen.sessions + 1
        )
        return chosen
