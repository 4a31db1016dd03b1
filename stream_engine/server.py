"""The server: page, signalling, metrics and the WebSocket door on one port."""

import asyncio
import logging
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import FrameType

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware

from stream_engine.clock import MonotonicClock
from stream_engine.config import EngineConfig, ServerConfig
from stream_engine.cores import shared_cores
from stream_engine.drain import drain
from stream_engine.errors import AddressInUse, AssetError
from stream_engine.front import Front, routes
from stream_engine.gate.buckets import AddressBuckets
from stream_engine.gate.guard import Guard, open_paths
from stream_engine.gate.keys import check_exposure, read_keys
from stream_engine.gate.rules import Rules
from stream_engine.household import Household
from stream_engine.protocols import Clock, Stages
from stream_engine.recording.disk import check_folder
from stream_engine.refusals import error_handlers
from stream_engine.tls import Tls, read_tls
from stream_engine.voice.program import find_voice

logger = logging.getLogger(__name__)

WS_MAX_BYTES = 1 << 20
"""Longest WebSocket message: more than ten seconds of speech at once."""

LOCAL_HOSTS = ("127.0.0.1", "0.0.0.0", "::", "::1")

SHUTDOWN_S = 3
"""Longest wait for requests under way when the server stops."""


def create_app(
    stages: Stages,
    config: EngineConfig,
    clock: Clock | None = None,
    web_root: Path | None = None,
) -> Starlette:
    """Build the ASGI application; its threads start and stop with its lifespan.

    Args:
        stages: Makes the parts of a session.
        config: Settings.
        clock: Wall time; the machine's own by default.
        web_root: Folder of the page; the one installed beside this package by default.

    Returns:
        The application.

    Raises:
        ConfigError: If the server's keys cannot be read, or the voice for text is not there.
        BackendUnavailable: If traces are wanted and OpenTelemetry is not there.
    """
    keys = read_keys(config.access.keys)
    house = Household(stages, config, clock or MonotonicClock())
    front = Front(house, keys)
    web_root = web_root or find_page()

    limits = config.limits
    buckets = AddressBuckets(limits.requests_per_s, limits.request_burst, house.clock, house.tally)
    rules = Rules(config, keys, open_paths(web_root), buckets)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await asyncio.to_thread(house.start)
        sweeping = asyncio.create_task(front.sweep())
        try:
            yield
        finally:
            sweeping.cancel()
            await front.close()
            await asyncio.to_thread(house.stop)

    app = Starlette(
        routes=routes(front, web_root),
        middleware=[Middleware(Guard, rules, house)],
        exception_handlers=error_handlers(),
        lifespan=lifespan,
    )
    app.state.house, app.state.front = house, front
    return app


def find_page() -> Path:
    """Find the page's folder by its place beside this package, in a checkout or installed.

    Returns:
        The folder.

    Raises:
        AssetError: If it is not there.
    """
    folder = Path(__file__).resolve().parent.parent / "clients" / "web"
    if not (folder / "index.html").is_file():
        raise AssetError(
            "the page is missing",
            got=str(folder),
            expected="a folder with index.html",
            fix="reinstall, or name a folder",
        )
    return folder


def bind(config: ServerConfig) -> socket.socket:
    """Take the port before anything is loaded.

    Args:
        config: Host and port; port 0 takes a free one.

    Returns:
        The bound socket.

    Raises:
        AddressInUse: If host and port cannot be had.
    """
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((config.host, config.port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise AddressInUse(
            "the server cannot listen",
            got=f"{config.host}:{config.port} ({error.strerror or error})",
            expected="a free port on an address of this machine",
            fix="stop the program that uses it, or choose another with --port (0 takes a free one)",
        ) from error
    return listener


def check_settings(config: EngineConfig) -> Tls | None:
    """Check what a server needs besides its engine, so that models are not loaded for nothing.

    Args:
        config: Settings.

    Returns:
        What HTTPS needs, if that is wanted.

    Raises:
        ConfigError: If strangers could come in, a file or folder is wrong, or the voice for text
            not there.
    """
    check_exposure(config, config.server.host)
    find_voice(config.voice)
    if config.recording.folder:
        check_folder(Path(config.recording.folder))
    return read_tls(config.server)


def serve(
    stages: Stages, config: EngineConfig, on_ready: Callable[[str], None] | None = None
) -> None:
    """Serve until interrupted, or until drained after SIGTERM.

    Args:
        stages: Makes the parts of a session.
        config: Settings.
        on_ready: Given the page's URL when the server takes connections.

    Raises:
        AddressInUse: If the port is taken.
        ConfigError: If strangers could come in, or a file for HTTPS is wrong.
        StreamEngineError: If a stage cannot be had, such as OpenGL.
    """
    tls = check_settings(config)
    listener = bind(config.server)
    with shared_cores(), listener:
        app = create_app(stages, config)
        app.state.house.start()  # before uvicorn, which would hide the cause of a failure
        QuietServer(app, listener, on_ready, tls).run(sockets=[listener])


class QuietServer(uvicorn.Server):  # type: ignore[misc]  # uvicorn is not followed
    """uvicorn without its own logging set-up, that says when it takes connections, and drains.

    Args:
        app: From `create_app`.
        listener: From `bind`.
        on_ready: Given the page's URL.
        tls: For HTTPS.
    """

    def __init__(
        self,
        app: Starlette,
        listener: socket.socket,
        on_ready: Callable[[str], None] | None = None,
        tls: Tls | None = None,
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                loop="asyncio",  # not what else happens to be installed, such as Ray's uvloop
                http="h11",
                ws="websockets-sansio",
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=SHUTDOWN_S,
                ws_max_size=WS_MAX_BYTES,
                proxy_headers=False,  # the guard believes those proxies only that are ours
                server_header=False,
                ssl_certfile=tls.certificate if tls else None,
                ssl_keyfile=tls.private_key if tls else None,
            )
        )
        self._scheme = "https" if tls else "http"
        self._app = app
        self._listener = listener
        self._on_ready = on_ready
        self._loop: asyncio.AbstractEventLoop | None = None
        self._leaving: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        self._loop = asyncio.get_running_loop()
        host, port = self._listener.getsockname()[:2]
        await super().startup(sockets=sockets)
        if self.started:
            shown = "localhost" if host in LOCAL_HOSTS else host
            url = f"{self._scheme}://{shown}:{port}/"
            logger.info("listening on %s", url)
            if self._on_ready is not None:
                self._on_ready(url)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Drain at the first SIGTERM; any other signal, and a second one, ends at once."""
        if sig == signal.SIGTERM and self._loop is not None and self._leaving is None:
            self.leave()
        else:
            super().handle_exit(sig, frame)

    def leave(self) -> None:
        """Drain, then stop; on any thread, while the server runs."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._begin_to_leave)

    def _begin_to_leave(self) -> None:
        if self._leaving is None:
            self._leaving = asyncio.create_task(self._leave())

    async def _leave(self) -> None:
        front = self._app.state.front
        try:
            await drain(front, front.house.config.server.drain_s)
        finally:
            self.should_exit = True
