"""A virtual camera without a device."""

from dataclasses import dataclass, field

from clients.python.call import Picture


@dataclass
class FakeCamera:
    """Implements `virtual_camera.Camera`: keeps what it is shown; refuses another size, as it."""

    width: int
    height: int
    device: str = "/dev/video9"
    shown: list[Picture] = field(default_factory=list)
    closed: bool = False

    def send(self, frame: Picture) -> None:
        """Keep it."""
        assert not self.closed
        assert frame.shape == (self.height, self.width, 3)
        self.shown.append(frame)

    def close(self) -> None:
        """Take no more."""
        self.closed = True
