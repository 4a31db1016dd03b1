"""Settings of an output: a program that motion is sent to. `config` reads them."""

import re
from dataclasses import dataclass

from stream_engine.errors import ConfigError

USUAL_PORTS = {"live_link": 11111, "vmc": 39539}
"""Kinds of outputs, and where their receivers usually listen."""

_ADDRESS = re.compile(
    r"(?:\[(?P<six>[0-9A-Fa-f:.]+)]|(?P<name>[A-Za-z0-9._-]+))(?::(?P<port>[0-9]{1,9}))?"
)


@dataclass(frozen=True, slots=True)
class OutputConfig:
    """A table ``outputs.NAME``.

    Attributes:
        kind: ``live_link`` (Unreal Engine) or ``vmc`` (VTuber tools).
        address: Host and port, as in ``127.0.0.1:11111`` or ``[::1]:39539``; without a port the
            kind's usual one.
        subject: What Unreal lists; a second session at the same time is ``NAME-2``.

    Raises:
        ConfigError: If one of them is wrong.
    """

    kind: str = "live_link"
    address: str = "127.0.0.1"
    subject: str = "Elocute"

    def __post_init__(self) -> None:
        if self.kind not in USUAL_PORTS:
            raise ConfigError(
                "setting outputs.*.kind is unknown",
                got=repr(self.kind)[:80],
                expected="one of " + ", ".join(USUAL_PORTS),
            )
        found = _ADDRESS.fullmatch(self.address)
        if found is None or not 0 < self.port < 65536:
            raise ConfigError(
                "setting outputs.*.address is no address",
                got=repr(self.address)[:80],
                expected="host:port, as 127.0.0.1:11111 or [::1]:11111, the port in 1..65535",
            )
        if not 1 <= len(self.subject) <= 60 or not self.subject.isprintable():
            raise ConfigError(
                "setting outputs.*.subject is no name",
                got=repr(self.subject)[:80],
                expected="1 to 60 printable characters",
            )

    @property
    def host(self) -> str:
        """Host without port and brackets."""
        found = _ADDRESS.fullmatch(self.address)
        assert found is not None
        return found["six"] or found["name"]

    @property
    def port(self) -> int:
        """UDP port."""
        found = _ADDRESS.fullmatch(self.address)
        assert found is not None
        return int(found["port"] or USUAL_PORTS[self.kind])
