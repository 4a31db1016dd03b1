"""The server under test in a process of its own: ``python -m tests.e2e.server [--port N]``.

Prints ``READY url`` when it takes connections. Media goes over loopback only.
"""

import argparse
import asyncio
import json
import logging
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import aioice.ice

from stream_engine.config import EngineConfig, MotionConfig, ServerConfig
from stream_engine.protocols import Stages
from stream_engine.server import serve
from stream_engine.service_config import AccessConfig, IceConfig, RecordingConfig, VoiceConfig


def stages_named(name: str, config: EngineConfig) -> Stages:
    """Make the fake stages, those that are ``watched``, or the real ones."""
    if name == "fake":
        from tests.fakes.stages import FakeStages

        return FakeStages()
    if name == "watched":
        from tests.fakes.known_sync import WatchedStages

        return WatchedStages()
    from stream_engine.assemble import Assembly

    return Assembly(config)


def ready(url: str) -> None:
    """Say so. Two helper threads, there from now on: a test counts threads.

    Not one: the voice would wait whenever a picture is encoded, as it does nowhere else.
    """
    helpers, both = ThreadPoolExecutor(2), threading.Barrier(2)
    for _ in range(2):
        helpers.submit(both.wait)
    asyncio.get_running_loop().set_default_executor(helpers)
    print(f"READY {url}", flush=True)  # noqa: T201 - read by the test


def main() -> None:
    """Serve until terminated."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--stages", default="fake")
    parser.add_argument("--profile", default="balanced")
    parser.add_argument("--origin", action="append", default=[])
    parser.add_argument("--ice-server", action="append", default=[])
    parser.add_argument("--heartbeat-timeout", type=float, default=4.0)
    parser.add_argument("--record", default="", help="folder of recordings")
    parser.add_argument("--voice", type=json.loads, default=[], help="a command, as JSON")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]
    config = EngineConfig(
        motion=MotionConfig(profile=arguments.profile),
        server=ServerConfig(
            port=arguments.port, heartbeat_timeout_s=arguments.heartbeat_timeout, max_sessions=4
        ),
        ice=IceConfig(servers=tuple(arguments.ice_server)),
        access=AccessConfig(origins=tuple(arguments.origin)),
        voice=VoiceConfig(tuple(arguments.voice)),
        recording=RecordingConfig(arguments.record, keep_free_mb=0),
    )
    serve(stages_named(arguments.stages, config), config, on_ready=ready)


if __name__ == "__main__":
    main()
