"""Doors and replicas in this process, each on a port of its own, with a register between."""

import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from starlette.applications import Starlette

from stream_engine.clock import MonotonicClock
from stream_engine.config import EngineConfig, ServerConfig
from stream_engine.replica.doors import doors_app
from stream_engine.replica.hosted import HostedServer
from stream_engine.replica.placement import Register, Report
from stream_engine.server import QuietServer, bind
from stream_engine.service_config import AccessConfig
from tests.fakes.live_server import Reply, ask_url
from tests.fakes.stages import FakeStages


@dataclass
class LocalDirectory:
    """Implements `doors.Directory`: replicas report when someone looks."""

    replicas: dict[str, HostedServer] = field(default_factory=dict)
    said: dict[str, Report] = field(default_factory=dict)
    placed: list[str] = field(default_factory=list)

    def _register(self) -> Register:
        register = Register(MonotonicClock())
        for name, replica in self.replicas.items():
            register.report(self.said.get(name) or replica.report())
        for name, report in self.said.items():
            if name not in self.replicas:
                register.report(report)
        return register

    async def living(self) -> Sequence[Report]:
        """Everyone."""
        return self._register().living()

    async def find(self, replica: str) -> Report | None:
        """One of them."""
        return self._register().find(replica)

    async def place(self, tried: Collection[str]) -> Report | None:
        """The one with most room."""
        chosen = self._register().place(tried)
        if chosen is not None:
            self.placed.append(chosen.replica)
        return chosen


@dataclass(frozen=True)
class LiveDoors:
    """Where the doors are, and what is behind."""

    url: str
    directory: LocalDirectory

    @property
    def speech_url(self) -> str:
        """The WebSocket door."""
        return self.url.replace("http://", "ws://") + "v1/speech"

    def ask(
        self,
        path: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send one HTTP request."""
        return ask_url(self.url + path, method, body, headers)


@contextmanager
def served(app: Starlette) -> Iterator[str]:
    """Serve an application on a free port until the block ends."""
    up, shown = threading.Event(), []
    listener = bind(ServerConfig(port=0))

    def on_ready(url: str) -> None:
        shown.append(url.replace("localhost", "127.0.0.1"))
        up.set()

    server = QuietServer(app, listener, on_ready)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        assert up.wait(10.0), "the server did not start"
        yield shown[0]
    finally:
        server.should_exit = True
        thread.join(15.0)
        listener.close()
        assert not thread.is_alive(), "the server did not stop"


@contextmanager
def live_doors(limits: dict[str, int], access: AccessConfig | None = None) -> Iterator[LiveDoors]:
    """Serve replicas with these names and limits, and doors before them."""
    directory = LocalDirectory()
    with ExitStack() as stack:
        for name, limit in limits.items():
            config = ServerConfig(port=0, max_sessions=limit, replica=name)
            settings = EngineConfig(server=config, access=access or AccessConfig())
            replica = HostedServer(FakeStages(), settings)
            replica.start()
            stack.callback(replica.join)
            stack.callback(replica.leave)
            directory.replicas[name] = replica
        yield LiveDoors(stack.enter_context(served(doors_app(directory))), directory)
