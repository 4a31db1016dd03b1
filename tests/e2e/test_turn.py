"""A browser that has no way to the server but a TURN server: real coturn, real Chromium."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from stream_engine.transport.ice import SECRET_VARIABLE
from tests.e2e.browser import browsing, serving

pytestmark = [pytest.mark.browser, pytest.mark.net, pytest.mark.slow]

SECRET = "swordfish"
WATCH = """async (credential) => {
  const { iceServers } = await (await fetch('api/ice')).json();
  if (credential) for (const server of iceServers) server.credential = credential;
  const pc = new RTCPeerConnection({ iceServers, iceTransportPolicy: 'relay' });
  const video = document.createElement('video');
  video.muted = true;
  pc.ontrack = ({ streams }) => { video.srcObject = streams[0]; video.play(); };
  pc.addTransceiver('audio', { direction: 'recvonly' });
  pc.addTransceiver('video', { direction: 'recvonly' });
  await pc.setLocalDescription();
  await new Promise((resolve) => {
    pc.onicegatheringstatechange = () => pc.iceGatheringState === 'complete' && resolve();
    setTimeout(resolve, 5000);
  });
  const relayed = pc.localDescription.sdp.split('\\n').filter((l) => l.startsWith('a=candidate'));
  if (!relayed.length) return { relayed: 0 };
  const reply = await fetch('whep', {
    method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body: pc.localDescription.sdp,
  });
  await pc.setRemoteDescription({ type: 'answer', sdp: await reply.text() });
  let frames = 0;
  let pair = null;
  for (let tries = 0; tries < 200 && frames < 10; tries += 1) {
    await new Promise((resolve) => { setTimeout(resolve, 100); });
    const reports = new Map();
    (await pc.getStats()).forEach((report) => reports.set(report.id, report));
    for (const report of reports.values()) {
      if (report.type === 'inbound-rtp' && report.kind === 'video') frames = report.framesDecoded;
      if (report.type === 'candidate-pair' && report.nominated) {
        pair = reports.get(report.localCandidateId);
      }
    }
  }
  const location = reply.headers.get('Location');
  const ended = await fetch(location, { method: 'DELETE' });
  const status = await (await fetch('healthz')).json();
  return {
    relayed: relayed.length, frames, ended: ended.status, sessions: status.sessions,
    type: pair?.candidateType, protocol: pair?.relayProtocol,
  };
}"""


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def relaying(folder: Path) -> Iterator[int]:
    """Run coturn on loopback, with a shared secret; gives its port."""
    program = shutil.which("turnserver")
    if program is None:
        pytest.skip("no coturn: sh deploy/system_packages.sh turn")
    port = free_port()
    command = [
        program,
        "-n",
        f"--listening-port={port}",
        "--listening-ip=127.0.0.1",
        "--relay-ip=127.0.0.1",
        "--allow-loopback-peers",
        "--realm=elocute",
        "--use-auth-secret",
        f"--static-auth-secret={SECRET}",
        "--no-tls",
        "--no-dtls",
        "--no-cli",
        f"--db={folder / 'turn.db'}",
        f"--pidfile={folder / 'turn.pid'}",
        f"--log-file={folder / 'turn.log'}",
        "--simple-log",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield port
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(10)


@contextmanager
def page_behind_relay(folder: Path, transport: str) -> Iterator[Any]:
    """The server's page in Chromium; the server tells of coturn."""
    with relaying(folder) as port, pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, SECRET_VARIABLE, SECRET)
        url = f"turn:127.0.0.1:{port}?transport={transport}"
        with serving("--ice-server", url) as server, browsing(None) as browser:
            page = browser.new_page()
            page.goto(server.url)
            yield page


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_pictures_come_through_turn(tmp_path: Path, transport: str) -> None:
    """By WHEP, with credentials made for the call; no other candidate is used."""
    with page_behind_relay(tmp_path, transport) as page:
        seen = page.evaluate(WATCH, "")
        assert seen["relayed"] >= 1
        assert seen["frames"] >= 10
        assert (seen["type"], seen["protocol"]) == ("relay", transport)
        assert (seen["ended"], seen["sessions"]) == (200, 0)
        if transport == "udp":
            assert page.evaluate(WATCH, "wrong") == {"relayed": 0}
