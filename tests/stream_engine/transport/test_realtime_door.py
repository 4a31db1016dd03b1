"""What the URL of the assistants' door asks for."""

import pytest

from stream_engine.errors import AudioError, ConfigError, SignalingError
from stream_engine.transport.realtime_door import read_wish
from stream_engine.transport.realtime_socket import Wish


def test_a_bare_url_has_the_usual_wishes() -> None:
    """24 kHz, JSON, a face that lives from the start, a session of its own."""
    assert read_wish({}, "ultra") == Wish(24_000, "ultra", False, True, "")
    asked = {"rate": "48000", "profile": "quality", "encoding": "binary", "idle": "false"}
    wish = read_wish(asked | {"session": "abc"}, "ultra")
    assert wish == Wish(48_000, "quality", True, False, "abc")
    assert read_wish({"record": "true"}, "ultra").record


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ({"rate": "9"}, SignalingError),
        ({"rate": "x"}, SignalingError),
        ({"rate": "8001"}, AudioError),
        ({"encoding": "xml"}, SignalingError),
        ({"idle": "1"}, SignalingError),
        ({"profile": "slow"}, ConfigError),
        ({"record": "1"}, SignalingError),
        ({"record": "true", "session": "abc"}, SignalingError),
    ],
)
def test_a_wish_that_cannot_be_met_is_told(query: dict[str, str], kind: type[Exception]) -> None:
    """Before a session is opened."""
    with pytest.raises(kind):
        read_wish(query, "ultra")
