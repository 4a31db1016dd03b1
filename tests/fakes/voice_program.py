"""A program that speaks text: a script that does what its argument says, and leaves a trace."""

import sys
from dataclasses import dataclass
from pathlib import Path

from stream_engine.service_config import VoiceConfig
from stream_engine.voice.program import Voice

RATE_HZ, SECONDS = 16_000, 0.25

_SCRIPT = f"""
import os, struct, subprocess, sys, time
here, does = os.path.dirname(os.path.abspath(__file__)), sys.argv[1]
text = sys.stdin.buffer.read()
with open(os.path.join(here, "heard"), "ab") as file:
    file.write(text)
with open(os.path.join(here, "pids"), "a") as file:
    file.write(f"{{os.getpid()}}\\n")
with open(os.path.join(here, "environment"), "w") as file:
    file.write("\\n".join(os.environ))
out = sys.stdout.buffer
form = struct.pack("<HHIIHH", 1, 1, {RATE_HZ}, {2 * RATE_HZ}, 2, 16)
header = b"RIFF" + struct.pack("<I", 0x7FFFF024) + b"WAVEfmt " + struct.pack("<I", 16) + form
header += b"data" + struct.pack("<I", 0x7FFFF000)
tone = struct.pack("<32h", *[8000] * 16, *[-8000] * 16) * {round(RATE_HZ * SECONDS / 32)}
if does == "fail":
    sys.exit("no such voice")
if does == "half":
    out.write(header + tone)
    sys.exit(3)
if does == "noise":
    out.write(b"this is no sound at all")
if does in ("say", "stall", "flood"):
    out.write(header + tone)
    out.flush()
while does == "flood":
    out.write(tone)
if does == "parent":
    child = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(60)"])
    with open(os.path.join(here, "pids"), "a") as file:
        file.write(f"{{child.pid}}\\n")
if does in ("hang", "stall", "parent"):
    time.sleep(60)
"""


@dataclass(frozen=True)
class FakeProgram:
    """A script in a folder of its own; ``say`` speaks a quarter of a second of whatever text."""

    folder: Path

    def __post_init__(self) -> None:
        (self.folder / "speak.py").write_text(_SCRIPT, encoding="utf-8")

    def command(self, does: str) -> tuple[str, ...]:
        """How it is called, to do what it does."""
        return (sys.executable, "-SE", str(self.folder / "speak.py"), does)

    def voice(self, does: str, patience_s: float = 10.0) -> Voice:
        """The same, found."""
        return Voice(self.command(does), patience_s)

    def config(self, does: str, patience_s: float = 10.0) -> VoiceConfig:
        """The same as a setting."""
        return VoiceConfig(self.command(does), patience_s)

    @property
    def heard(self) -> list[str]:
        """Lines it was given, of all runs."""
        path = self.folder / "heard"
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []

    @property
    def pids(self) -> list[int]:
        """Its processes, those that ended too."""
        path = self.folder / "pids"
        return [int(line) for line in path.read_text().split()] if path.exists() else []

    @property
    def environment(self) -> set[str]:
        """Names it found there."""
        return set((self.folder / "environment").read_text().split("\n"))

    @property
    def alive(self) -> list[int]:
        """Its processes that still are, zombies too."""
        return [pid for pid in self.pids if Path(f"/proc/{pid}").exists()]
