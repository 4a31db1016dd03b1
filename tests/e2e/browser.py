"""A real Chromium against the real server, both on loopback."""

import os
import subprocess
import sys
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

CHROMIUM = Path("/usr/bin/chromium")
ROOT = Path(__file__).parents[2]

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
)


@dataclass(frozen=True)
class Server:
    """A server in a process of its own."""

    url: str
    process: subprocess.Popen[str]


@contextmanager
def serving(*arguments: str) -> Iterator[Server]:
    """Run ``tests.e2e.server`` until the block ends."""
    command = [sys.executable, "-m", "tests.e2e.server", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url = next((line.split()[1] for line in process.stdout if line.startswith("READY")), None)
        assert url is not None, "the server did not start"
        yield Server(url, process)
    finally:
        process.terminate()
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()


@contextmanager
def browsing(microphone: Path | None) -> Iterator[Any]:
    """Open Chromium whose microphone plays a WAV file in a loop."""
    from playwright.sync_api import sync_playwright

    flags = [*FLAGS]
    if microphone is not None:
        flags.append(f"--use-file-for-fake-audio-capture={microphone}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=flags)
        try:
            yield browser
        finally:
            if browser.is_connected():
                browser.close()


def chromium_processes() -> list[int]:
    """Process ids of the Chromium this process started, its children first."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
            except OSError:
                continue
            parents[int(folder.name)] = int(fields[1])
    found = []
    for pid in parents:
        line, name = pid, ""
        while line > 1 and line != os.getpid():
            line = parents.get(line, 0)
        if line == os.getpid():
            try:
                name = (Path("/proc") / str(pid) / "cmdline").read_text(encoding="utf-8")
            except OSError:
                continue
        if "chromium" in name.split("\0", 1)[0]:
            found.append(pid)
    return sorted(found, reverse=True)


def write_bursts(path: Path, seconds: float, rate_hz: int = 48_000) -> None:
    """Write a voice-like test signal: syllables in bursts of 0.3..0.8 s between pauses."""
    generator = np.random.default_rng(7)
    t = np.arange(int(seconds * rate_hz)) / rate_hz
    tone = sum(np.sin(2 * np.pi * 140 * k * t) / k for k in range(1, 12))
    gain = np.zeros_like(t)
    at = 0.8
    while at < seconds - 1.2:
        length = generator.uniform(0.3, 0.8)
        inside = (t >= at) & (t < at + length)
        syllables = 0.55 + 0.45 * np.sin(2 * np.pi * generator.uniform(3, 5) * (t - at))
        gain[inside] = (syllables * np.abs(np.sin(np.pi * (t - at) / length)) ** 0.5)[inside]
        at += length + generator.uniform(0.5, 0.8)
    pcm = (np.clip(tone * gain * 0.18, -1, 1) * 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(pcm.tobytes())


def write_speech(path: Path, speech: Path) -> None:
    """Write a speech file with silence around it, as the microphone hears it."""
    with wave.open(str(speech), "rb") as file:
        rate_hz, channels = file.getframerate(), file.getnchannels()
        data = file.readframes(file.getnframes())
    pause = bytes(2 * channels * int(1.2 * rate_hz))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(pause + data + pause)


def cpu_seconds(pid: int) -> float:
    """Processor time a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100.0


def memory_mb(pid: int) -> float:
    """Memory a process holds."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024.0
    return 0.0
