"""Motion to other programs over UDP: the places that the settings name, and who sends there."""

import logging
import socket
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from stream_engine.errors import CapacityError, ConfigError
from stream_engine.formats import live_link, vmc
from stream_engine.formats.rotation import Pose
from stream_engine.motion.arkit import COEFFICIENT_NAMES
from stream_engine.output_config import OutputConfig
from stream_engine.telemetry.metrics import Tally
from stream_engine.types import F32, MOTION_FPS, MotionFrames

logger = logging.getLogger(__name__)

Encoder = Callable[[Pose, int], Sequence[bytes]]
"""A frame and its number to datagrams."""

DEVICES = uuid.UUID("5f0a3b0e-6d0f-4e0c-9f6a-2a1f6f8a7c11")
"""Name space of the device identifiers that Live Link Face packets carry."""


def live_link_encoder(config: OutputConfig, number: int) -> Encoder:
    """Write Live Link Face; sessions after the first have their number in the subject's name."""
    name = config.subject if number == 1 else f"{config.subject}-{number}"
    subject = live_link.Subject(name, str(uuid.uuid5(DEVICES, name)), MOTION_FPS)
    return lambda pose, frame: [live_link.packet(subject, pose, frame)]


def vmc_encoder(config: OutputConfig, number: int) -> Encoder:
    """Write VMC, which has one avatar and no name for it."""
    del config, number
    return lambda pose, frame: vmc.datagrams(pose, frame / MOTION_FPS)


@dataclass(frozen=True, slots=True)
class Kind:
    """A format: who writes it, and how many sessions its receiver can tell apart."""

    encoder: Callable[[OutputConfig, int], Encoder]
    sessions: int


KINDS: dict[str, Kind] = {
    "live_link": Kind(live_link_encoder, 64),
    "vmc": Kind(vmc_encoder, 1),
}


@dataclass(slots=True)
class Output:
    """One place: its address, and the numbers of the sessions that send there.

    *Thread*: the loop. A datagram that the socket does not take at once is dropped and counted.

    Attributes:
        name: In the settings.
        config: The settings.
        tally: Counts of the server.
    """

    name: str
    config: OutputConfig
    tally: Tally
    _taken: set[int] = field(default_factory=set, init=False)
    _socket: socket.socket = field(init=False)
    _to: tuple[object, ...] = field(init=False)

    def __post_init__(self) -> None:
        try:
            found = socket.getaddrinfo(self.config.host, self.config.port, type=socket.SOCK_DGRAM)
        except OSError as error:
            raise ConfigError(
                f"outputs.{self.name}.address cannot be found",
                got=f"{self.config.host}: {error}",
                expected="a name or number this machine knows",
            ) from error
        family, kind, protocol, _, self._to = found[0]
        self._socket = socket.socket(family, kind, protocol)
        self._socket.setblocking(False)

    def take(self) -> int:
        """Take the lowest free number.

        Returns:
            The number, from 1 on.

        Raises:
            CapacityError: If the receiver could not tell one more session apart.
        """
        most = KINDS[self.config.kind].sessions
        free = [number for number in range(1, most + 1) if number not in self._taken]
        if not free:
            raise CapacityError(
                f"the output {self.name!r} is taken",
                got=f"{most} sessions that send there",
                fix="ask for another output, or wait until a session ends",
            )
        self._taken.add(free[0])
        return free[0]

    def leave(self, number: int) -> None:
        """Give a number back."""
        self._taken.discard(number)

    def encoder(self, number: int) -> Encoder:
        """Make what writes the frames of a session."""
        return KINDS[self.config.kind].encoder(self.config, number)

    def send(self, datagrams: Sequence[bytes]) -> None:
        """Send now or never."""
        try:
            for data in datagrams:
                self._socket.sendto(data, self._to)
        except OSError:
            self.tally.add("output_dropped_total")
        else:
            self.tally.add("output_frames_total")

    def close(self) -> None:
        """Close the socket; what is sent afterwards is dropped."""
        self._socket.close()


class Outlet:
    """What one session sends to its outputs, each frame as soon as it is given.

    Implements `FrameSink`. *Thread*: the loop.

    Args:
        outputs: Where to; none is fine.

    Raises:
        CapacityError: If one of them is taken; none is held then.
    """

    def __init__(self, outputs: Sequence[Output]) -> None:
        self._seats: list[tuple[Output, Encoder]] = []
        with ExitStack() as leaving:
            for output in outputs:
                number = output.take()
                leaving.callback(output.leave, number)
                self._seats.append((output, output.encoder(number)))
            self._leaving = leaving.pop_all()

    def write(self, frames: MotionFrames) -> None:
        """Send frames."""
        if self._seats:
            for offset, row in enumerate(frames.coefficients):
                self.send(frames.start + offset, row)

    def send(self, frame: int, coefficients: F32) -> None:
        """Send one frame, coefficients float32 [D]."""
        pose = dict(zip(COEFFICIENT_NAMES, coefficients.tolist(), strict=True))
        for output, encode in self._seats:
            output.send(encode(pose, frame))

    def skip(self, frames: int) -> None:
        """Count frames that came too late to be sent."""
        for output, _ in self._seats:
            output.tally.add("output_dropped_total", frames)

    @property
    def open(self) -> bool:
        """Whether anything is sent anywhere."""
        return bool(self._seats)

    def close(self) -> None:
        """Send nothing any more; may be called again."""
        self._seats = []
        self._leaving.close()


class Outputs:
    """The places that the settings name; a client may choose among them, and name no other.

    *Thread*: the loop.

    Args:
        configs: By name.
        usual: Names of those that a session has which asks for none.
        tally: Counts.

    Raises:
        ConfigError: If an address cannot be found, or a usual name is not there.
    """

    def __init__(
        self, configs: Mapping[str, OutputConfig], usual: Sequence[str], tally: Tally
    ) -> None:
        with ExitStack() as closing:
            self._by_name: dict[str, Output] = {}
            for name, config in configs.items():
                self._by_name[name] = output = Output(name, config, tally)
                closing.callback(output.close)
                logger.info("output %s: %s to %s", name, config.kind, config.address)
            self._usual = self.named(usual)
            self._closing = closing.pop_all()

    def named(self, names: Sequence[str] | None) -> tuple[str, ...]:
        """Check names before anything is opened.

        Args:
            names: Of outputs; None for the usual ones.

        Returns:
            Each once, in order.

        Raises:
            ConfigError: If there is no such output.
        """
        if names is None:
            return self._usual
        for name in names:
            if name not in self._by_name:
                raise ConfigError(
                    "there is no such output",
                    got=repr(name)[:80],
                    expected=" or ".join(self._by_name) or "none: the settings name no output",
                    fix="name it in the server's settings: [outputs.NAME]",
                )
        return tuple(dict.fromkeys(names))

    def open(self, names: Sequence[str] | None) -> Outlet:
        """Open what a session sends through.

        Args:
            names: Of outputs; None for the usual ones.

        Returns:
            The outlet; its frames leave as they come.

        Raises:
            ConfigError: If there is no such output.
            CapacityError: If one is taken.
        """
        return Outlet([self._by_name[name] for name in self.named(names)])

    def close(self) -> None:
        """Close every socket; may be called again."""
        self._closing.close()
