"""A program of the operator's that speaks: found, run for one piece of text, always ended."""

import asyncio
import logging
import os
import shutil
import signal
from asyncio.subprocess import Process, SubprocessStreamProtocol
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from stream_engine.errors import ConfigError, VoiceError
from stream_engine.service_config import VoiceConfig

logger = logging.getLogger(__name__)

AUTO = ("auto",)
KNOWN = (
    ("espeak-ng", "--stdout", "-v", "en-us"),
    ("espeak", "--stdout", "-v", "en-us"),
)
"""What is looked for, in this order. flite is not among them: it writes no sound to a pipe when it
reads text from one."""

READ_BYTES = 1 << 14
_MOST_COMPLAINT = 1000
_LAST_WORDS_S = 1.0
_SECRET = "ELOCUTE_"  # keys are no business of another program


@dataclass(frozen=True, slots=True)
class Voice:
    """A program that is there.

    Attributes:
        command: Its path and arguments.
        patience_s: How long it may keep one waiting for one piece of text.
    """

    command: tuple[str, ...]
    patience_s: float

    @property
    def name(self) -> str:
        """The program's, without folders: what clients may know of it."""
        return os.path.basename(self.command[0])


def find_voice(config: VoiceConfig) -> Voice | None:
    """Find the program that speaks text.

    Args:
        config: Settings.

    Returns:
        The program; None if none is wanted, or none of those that are known is installed.

    Raises:
        ConfigError: If one is named and is not there.
    """
    choices = KNOWN if config.command == AUTO else (config.command,) if config.command else ()
    for program, *arguments in choices:
        path = shutil.which(program)
        if path is not None:
            return Voice((path, *arguments), config.patience_s)
    if choices and choices is not KNOWN:
        raise ConfigError(
            "the program that is to speak text is not here",
            got=f"voice.command = {config.command[0]!r}",
            expected="a program on PATH, or its path",
            fix="install it, or leave voice.command out, or empty for no voice",
        )
    return None


class Speech:
    """What one run of a program writes.

    *Buffers*: those of a pipe; a program whose sound is not read waits.

    Args:
        transport: Of the process that runs.
        protocol: Of its pipes.
        voice: What it is.
    """

    def __init__(
        self,
        transport: asyncio.SubprocessTransport,
        protocol: SubprocessStreamProtocol,
        voice: Voice,
    ) -> None:
        self._transport, self._voice = transport, voice
        self._process = Process(transport, protocol, asyncio.get_running_loop())
        self._left_s = voice.patience_s
        self._complaint = asyncio.create_task(_complaint(self._process))

    async def read(self) -> bytes:
        """Wait for what comes next; time in which nobody reads is not held against it.

        Returns:
            Bytes of its sound; none when it has ended well.

        Raises:
            VoiceError: If it failed, or keeps one waiting for too long.
        """
        assert self._process.stdout is not None
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with asyncio.timeout(self._left_s):
                data = await self._process.stdout.read(READ_BYTES)
                status = 0 if data else await self._process.wait()
        except TimeoutError:
            raise VoiceError(
                "the program that speaks text keeps one waiting",
                got=f"{self._voice.name}, {self._voice.patience_s:g} s for one sentence",
                expected="sound, and an end",
                fix="try it by hand, or raise voice.patience_s",
            ) from None
        self._left_s -= loop.time() - began
        if status:
            await self._failed(status)
        return data

    async def _failed(self, status: int) -> None:
        text = ""
        with suppress(TimeoutError):  # a child of its own may still hold the pipe
            async with asyncio.timeout(_LAST_WORDS_S):
                text = await asyncio.shield(self._complaint)
        logger.warning("%s failed with status %d: %s", self._voice.name, status, text)
        raise VoiceError(
            "the program that speaks text failed",
            got=f"{self._voice.name}, exit status {status}",
            expected="exit status 0",
            fix="try it by hand; the server's log has what it wrote",
        )

    async def end(self) -> None:
        """Kill what still runs of it, its children too, and wait until it is gone."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._complaint.cancel()
        self._transport.close()  # of which the process is a view; its pipes may be unread
        await self._process.wait()
        await asyncio.sleep(0)  # the pipes close in the loop's next turn


@asynccontextmanager
async def speaking(voice: Voice, text: str) -> AsyncIterator[Speech]:
    """Run a program for one piece of text; after the block nothing of it is left.

    There is no shell, the text goes in through standard input only, and the program is told
    nothing of the server's keys.

    Args:
        voice: The program.
        text: One line, much less than a pipe holds.

    Yields:
        Its sound.

    Raises:
        VoiceError: If it cannot be started.
    """
    ours = {name: value for name, value in os.environ.items() if not name.startswith(_SECRET)}
    reading = _pipe_with(text)
    try:
        loop = asyncio.get_running_loop()
        # Not asyncio's create_subprocess_exec, whose process cannot close pipes that are unread.
        transport, protocol = await loop.subprocess_exec(
            lambda: SubprocessStreamProtocol(READ_BYTES, loop),
            *voice.command,
            stdin=reading,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=ours,
            start_new_session=True,  # so that all of it can be ended at once
        )
    except OSError as error:
        raise VoiceError(
            "the program that speaks text cannot be started",
            got=f"{voice.name}: {error.strerror or error}",
            expected="a program that this server may run",
            fix="install it again, or restart the server with another voice.command",
        ) from error
    finally:
        os.close(reading)
    speech = Speech(transport, protocol, voice)
    try:
        yield speech
    finally:
        await speech.end()


def _pipe_with(text: str) -> int:
    reading, writing = os.pipe()
    with open(writing, "wb") as pipe:
        pipe.write(text.encode() + b"\n")
    return reading


async def _complaint(process: Process) -> str:
    """The beginning of what it writes to standard error, in one line; the rest is thrown away."""
    assert process.stderr is not None
    kept = b""
    while data := await process.stderr.read(READ_BYTES):
        kept += data[: _MOST_COMPLAINT - len(kept)]
    return " ".join(kept.decode("utf-8", "replace").split())
