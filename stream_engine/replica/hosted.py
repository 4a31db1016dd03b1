"""A whole server on a thread, in a process whose main thread belongs to another engine."""

import threading

from stream_engine.config import EngineConfig
from stream_engine.cores import shared_cores
from stream_engine.errors import StreamEngineError, TransportError
from stream_engine.protocols import Stages
from stream_engine.replica.placement import Report
from stream_engine.server import QuietServer, bind, create_app

START_S = 30.0
"""Longest wait for the server to take connections."""


class HostedServer:
    """What ``elocute serve`` runs, on a loop and a thread of its own.

    *Thread*: whoever owns it.

    Args:
        stages: Makes the parts of a session.
        config: Settings; ``server.replica`` is its name, port 0 takes a free one.
    """

    def __init__(self, stages: Stages, config: EngineConfig) -> None:
        self._replica = config.server.replica
        self._listener = bind(config.server)
        host, port = self._listener.getsockname()[:2]
        self._address = f"{host}:{port}"
        app = create_app(stages, config)
        self._house = app.state.house
        self._up = threading.Event()
        self._server = QuietServer(app, self._listener, lambda url: self._up.set())
        self._thread = threading.Thread(target=self._run, name="server", daemon=True)

    @property
    def alive(self) -> bool:
        """Whether the server runs."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Start and wait until connections are taken; raises what keeps it from that.

        Raises:
            StreamEngineError: If a stage cannot be had, or the server does not come up.
        """
        try:
            self._house.start()  # here rather than on the thread, which would hide a failure
        except StreamEngineError:
            self._listener.close()
            raise
        self._thread.start()
        if not self._up.wait(START_S):
            raise TransportError("the replica's server does not start", got=f"{START_S:.0f} s")

    def report(self) -> Report:
        """Say where it is and how full."""
        house = self._house
        return Report(self._replica, self._address, house.sessions, house.room, house.draining)

    def leave(self) -> None:
        """Begin to drain; the server stops when that is done."""
        if self.alive:
            self._server.leave()

    def join(self) -> None:
        """Wait until the server has stopped."""
        self._thread.join()

    def _run(self) -> None:
        with shared_cores(), self._listener:
            self._server.run(sockets=[self._listener])
