"""LiveKit's own SDK at both ends, over sockets; the server between them is ours.

Its native library uses no loopback, so all of it runs in a network namespace that has one pair of
interfaces and no way out.
"""

import json
import os
import shutil
import subprocess
import sys

import pytest

from tests.paths import ROOT

pytestmark = [pytest.mark.net, pytest.mark.slow]

WITHIN = (
    "ip link set lo up && ip link add d0 type veth peer name d1 && "
    "ip addr add 10.77.0.1/24 dev d0 && ip link set d0 up && ip link set d1 up && "
    'exec "$0" -m tests.e2e.livekit_rehearsal'
)


def test_an_agent_and_its_avatar_on_livekits_own_sdk() -> None:
    """Tracks, attribute, start, end, interrupt and farewell, as the agent sees them."""
    pytest.importorskip("livekit.rtc")
    pytest.importorskip("livekit.protocol")
    if os.geteuid() or not all(shutil.which(tool) for tool in ("unshare", "ip")):
        pytest.skip("needs root, unshare and ip for a network namespace")
    done = subprocess.run(
        ["unshare", "-n", "sh", "-c", WITHIN, sys.executable],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout)
    assert sorted(found["tracks"]) == [1, 2]  # a microphone and a camera
    assert found["cut"]["attributes"] == {"lk.publish_on_behalf": "agent-1"}
    assert found["first"]["report"] == {"playback_position": 1.0, "interrupted": False}
    assert 0.0 < found["first"]["started_s"] < found["first"]["heard_s"] < 3.0
    cut = found["cut"]
    assert cut["answer"] == "ok"
    spoken, waiting = cut["reports"]
    assert 0.5 < spoken["playback_position"] < 2.0
    assert spoken["interrupted"]
    assert waiting == {"playback_position": 0.0, "interrupted": True}
    assert cut["silent_s"] < 1.0  # of nine seconds; most of it is jitter buffer
    assert found["anew"]["report"] == {"playback_position": 0.5, "interrupted": False}
    assert found["anew"]["loud_s"] > 0.3  # on a connection that was made anew
    assert 15 < found["pictures_per_s"] < 27
    low, high = found["bright"]
    assert high - low > 2  # the mouth moves
    assert found["status"] == 0
    if "agents" in found:
        whole, broken = found["agents"]["ends"]
        assert whole == {"position": 0.5, "interrupted": False}
        assert 0.3 < broken["position"] < 2.0
        assert broken["interrupted"]
