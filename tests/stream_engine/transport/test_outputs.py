import socket
from collections.abc import Iterator

import numpy as np
import pytest

from stream_engine.errors import CapacityError, ConfigError
from stream_engine.formats import live_link, vmc
from stream_engine.motion.arkit import COEFFICIENT_NAMES, INDEX
from stream_engine.output_config import USUAL_PORTS, OutputConfig
from stream_engine.telemetry.metrics import Tally
from stream_engine.transport.outputs import KINDS, Outputs
from stream_engine.types import F32, MotionFrames
from tests.contracts.frame_sink_contract import check_frame_sink, some_motion
from tests.stream_engine.formats.test_live_link import unpack
from tests.stream_engine.formats.test_osc import elements, read


@pytest.fixture
def receiver() -> Iterator[socket.socket]:
    """Another program: a UDP socket on loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(5)
        yield sock


def configured(receiver: socket.socket, kind: str = "live_link") -> OutputConfig:
    """An output that sends there."""
    return OutputConfig(kind, f"127.0.0.1:{receiver.getsockname()[1]}", "Ann")


@pytest.fixture
def outputs(receiver: socket.socket) -> Iterator[Outputs]:
    """``unreal`` and ``vtuber``, both to the receiver; ``unreal`` is usual."""
    configs = {"unreal": configured(receiver), "vtuber": configured(receiver, "vmc")}
    made = Outputs(configs, ["unreal"], Tally())
    yield made
    made.close()


def received(receiver: socket.socket) -> dict[str, object]:
    """The next packet, taken apart."""
    return unpack(receiver.recv(2048))


@pytest.mark.net
def test_live_link_is_a_frame_sink(receiver: socket.socket, outputs: Outputs) -> None:
    """Over a real socket: every frame, in order, its weights and head."""

    def values() -> F32:
        rows = np.zeros((7, 55), np.float32)
        signs = {"HeadPitch": -1.0, "HeadYaw": 1.0, "HeadRoll": -1.0}
        for frame in range(7):
            packet = received(receiver)
            assert (packet["frame"], packet["subject"]) == (frame, "Ann")
            got = packet["values"]
            assert isinstance(got, np.ndarray)
            for place, name in enumerate(live_link.SHAPES):
                rows[frame, INDEX[name]] = got[place]
            for place, name in enumerate(live_link.ANGLES[:3], start=52):
                rows[frame, INDEX["h" + name[1:]]] = got[place] * signs[name]
        return rows

    check_frame_sink(lambda: outputs.open(None), values)


@pytest.mark.net
def test_vmc_goes_out_as_its_encoder_writes_it(receiver: socket.socket, outputs: Outputs) -> None:
    """Frame 25 is one second; all datagrams, in order."""
    outlet = outputs.open(["vtuber"])
    motion = some_motion(1, start=25)
    outlet.write(motion)
    pose = dict(zip(COEFFICIENT_NAMES, motion.coefficients[0].tolist(), strict=True))
    expected = vmc.datagrams(pose, 1.0)
    assert [receiver.recv(2048) for _ in expected] == expected
    assert read(elements(expected[0])[1]) == ["/VMC/Ext/T", 1.0]


@pytest.mark.net
def test_sessions_on_one_output_are_told_apart(receiver: socket.socket, outputs: Outputs) -> None:
    """The second is NAME-2, with a device of its own; who comes after the first is NAME again."""
    first, second = outputs.open(None), outputs.open(None)
    devices = []
    for outlet, name in ((first, "Ann"), (second, "Ann-2")):
        outlet.write(some_motion(1))
        packet = received(receiver)
        assert packet["subject"] == name
        devices.append(packet["device"])
    assert len(set(devices)) == 2
    assert all(len(str(device)) == 36 for device in devices)
    first.close()
    first.close()
    third = outputs.open(None)
    third.write(some_motion(1))
    packet = received(receiver)
    assert (packet["subject"], packet["device"]) == ("Ann", devices[0])


def test_an_avatar_without_a_name_takes_one_session(outputs: Outputs) -> None:
    """VMC names nobody: the second is refused, and holds nothing of the other outputs."""
    first = outputs.open(["unreal", "vtuber"])
    with pytest.raises(CapacityError, match="'vtuber' is taken"):
        outputs.open(["unreal", "vtuber"])
    first.close()
    outputs.open(["vtuber", "unreal"])


def test_names_are_checked_and_kept_once(outputs: Outputs) -> None:
    """Only what the settings name; none at all is a choice too."""
    assert outputs.named(["vtuber", "unreal", "vtuber"]) == ("vtuber", "unreal")
    assert outputs.named(None) == ("unreal",)
    assert not outputs.open([]).open
    for name in ("blender", "127.0.0.1:9", ""):
        with pytest.raises(ConfigError, match=r"no such output.*unreal or vtuber"):
            outputs.open([name])


def test_settings_that_cannot_work_fail_at_the_start() -> None:
    """A usual output that is not there, and a host that nobody knows."""
    with pytest.raises(ConfigError, match="settings name no output"):
        Outputs({}, ["unreal"], Tally())
    with pytest.raises(ConfigError, match=r"outputs\.far\.address cannot be found.*no\.invalid"):
        Outputs({"far": OutputConfig("vmc", "no.invalid:1")}, (), Tally())


def test_a_receiver_that_is_not_there_costs_nothing(receiver: socket.socket) -> None:
    """UDP to a closed port: counted as sent or dropped, never raised."""
    config, tally = configured(receiver), Tally()
    receiver.close()
    outputs = Outputs({"unreal": config}, (), tally)
    outlet = outputs.open(["unreal"])
    outlet.write(some_motion(5))
    outputs.close()
    outlet.write(MotionFrames(5, np.zeros((2, 55), np.float32)))
    counts = tally.counts()
    assert counts["output_dropped_total"] >= 2
    assert counts["output_frames_total"] + counts["output_dropped_total"] == 7


@pytest.mark.net
def test_a_full_socket_drops_and_does_not_wait(receiver: socket.socket, outputs: Outputs) -> None:
    """A receiver that never reads: two thousand frames go out at once, or are counted."""
    outputs.open(None).write(MotionFrames(0, np.zeros((2000, 55), np.float32)))
    counts = outputs._by_name["unreal"].tally.counts()
    assert counts["output_frames_total"] + counts["output_dropped_total"] == 2000


def test_every_kind_of_the_settings_can_be_written() -> None:
    """Same names, same ports."""
    assert set(KINDS) == set(USUAL_PORTS)
    assert USUAL_PORTS == {"live_link": live_link.PORT, "vmc": vmc.PORT}
