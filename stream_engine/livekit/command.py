"""``elocute livekit``: an avatar that joins a LiveKit room and speaks for an agent."""

import argparse
import asyncio
import logging
import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from stream_engine.clock import MonotonicClock
from stream_engine.config import EngineConfig
from stream_engine.cores import shared_cores
from stream_engine.errors import ConfigError, PeerClosed
from stream_engine.livekit.tokens import Admission, ApiKey, admit
from stream_engine.motion.window import PROFILES

if TYPE_CHECKING:
    from stream_engine.household import Household
    from stream_engine.livekit.sdk_room import SdkRoom
    from stream_engine.livekit.worker import Wish

logger = logging.getLogger(__name__)

LOST = 3
"""Exit status when the room was lost; to start again may help."""

IDENTITY = "elocute"


@dataclass(frozen=True, slots=True)
class Ticket:
    """Where to go, and what lets one in."""

    url: str
    token: str = field(repr=False)


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``livekit`` to the commands of ``elocute``."""
    parser = commands.add_parser("livekit", help="join a LiveKit room as an agent's avatar")
    parser.description = (
        "Join a LiveKit room and speak, with a face, what a livekit-agents bot sends. Secrets are "
        "better in the environment: LIVEKIT_TOKEN, or LIVEKIT_API_KEY and LIVEKIT_API_SECRET. "
        "Exit status: 0 the talk is over, 1 an error that is explained, 3 the room was lost."
    )
    option = parser.add_argument
    option("--url", help="of the LiveKit server (default: LIVEKIT_URL)")
    option("--token", help="that lets the avatar in (default: LIVEKIT_TOKEN)")
    option("--room", help="room to make a token for, with LIVEKIT_API_KEY and LIVEKIT_API_SECRET")
    option("--identity", default=IDENTITY, help=f"of such a token (default {IDENTITY})")
    option("--agent", default="", help="identity of the agent (default: as the token says, or the "
           "first agent of the room)")  # fmt: skip
    option("--profile", choices=sorted(PROFILES), help="latency profile")
    option("--size", type=int, help="width and height in pixels (default 512)")
    option("--config", type=Path, help="TOML file of settings")
    parser.set_defaults(command=run)


def read_ticket(
    options: argparse.Namespace, environment: Mapping[str, str], now_s: float
) -> Ticket:
    """Read where to go from the command line, then the environment.

    Args:
        options: The command line.
        environment: Of the process.
        now_s: Seconds since 1970.

    Returns:
        URL and token.

    Raises:
        ConfigError: If there is no URL, or nothing that lets one in.
    """
    url = options.url or environment.get("LIVEKIT_URL", "")
    if not url.startswith(("ws://", "wss://", "http://", "https://")):
        raise ConfigError(
            "there is no LiveKit server to join",
            got=repr(url) if url else "no URL",
            expected="a URL such as wss://project.livekit.cloud",
            fix="give --url, or set LIVEKIT_URL",
        )
    token = options.token or ("" if options.room else environment.get("LIVEKIT_TOKEN", ""))
    if token:
        return Ticket(url, token)
    api = ApiKey(environment.get("LIVEKIT_API_KEY", ""), environment.get("LIVEKIT_API_SECRET", ""))
    if not (options.room and api.key and api.secret):
        raise ConfigError(
            "nothing lets the avatar into a room",
            got="no token, and no room with key and secret",
            expected="--token or LIVEKIT_TOKEN, or --room with LIVEKIT_API_KEY and "
            "LIVEKIT_API_SECRET",
        )
    return Ticket(url, admit(api, Admission(options.room, options.identity, options.agent), now_s))


def run(options: argparse.Namespace, config: EngineConfig) -> int:
    """Join, and work until the talk is over.

    Args:
        options: The command line.
        config: Settings.

    Returns:
        Exit status: 0, or `LOST`.

    Raises:
        ConfigError: If it is not said where to go.
        BackendUnavailable: If the SDK is not installed.
        TransportError: If the room cannot be joined.
        StreamEngineError: If no session can be had.
    """
    from stream_engine.assemble import Assembly
    from stream_engine.household import Household
    from stream_engine.livekit.sdk_room import SdkRoom, load_sdk
    from stream_engine.livekit.worker import Wish

    ticket = read_ticket(options, os.environ, time.time())
    sdk = load_sdk()  # before models are loaded for nothing
    wish = Wish(config.motion.profile, config.render.avatar, options.agent)
    house = Household(Assembly(config), config, MonotonicClock())
    house.start()

    async def begin() -> int:
        return await work(house, SdkRoom(sdk), ticket, wish)

    try:
        with shared_cores():
            return asyncio.run(begin())
    finally:
        house.stop()


async def work(house: "Household", room: "SdkRoom", ticket: Ticket, wish: "Wish") -> int:
    """Join a room and work there.

    Args:
        house: Started.
        room: Not yet joined.
        ticket: Where to go.
        wish: What is asked of the worker.

    Returns:
        Exit status: 0 when the talk is over, `LOST` when the room was lost.

    Raises:
        TransportError: If the room cannot be joined.
        StreamEngineError: If no session can be had, or it failed.
    """
    from stream_engine.livekit.worker import AvatarWorker

    worker = AvatarWorker(house, room, wish)
    joining = asyncio.create_task(room.join(ticket.url, ticket.token, worker))

    def stop(why: str) -> None:
        worker.stop(why)
        joining.cancel()  # a server that does not answer is waited for long

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop, f"told to stop ({number.name})")
    try:
        await asyncio.wait({joining})
        if joining.cancelled():
            logger.info("told to stop before the room was joined")
            return 0
        joining.result()
        logger.info("joined as %s", room.me.identity)
        logger.info("%s", await worker.run())
    except PeerClosed as error:
        logger.error("%s", error)
        return LOST
    finally:
        joining.cancel()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
        await room.leave()
    return 0
