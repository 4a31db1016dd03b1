import socket

import pytest

from stream_engine.errors import TransportError
from stream_engine.replica.ask import Question, ask
from tests.fakes.live_server import live_server

pytestmark = pytest.mark.net


def test_an_answer_comes_whole_whatever_its_status() -> None:
    """Status, body, and the headers a reader needs."""
    with live_server() as server:
        page = ask(server.address, Question("GET", "/"))
        assert page.status == 200
        assert b"<video" in page.body
        assert page.headers["Content-Type"].startswith("text/html")
        refused = ask(server.address, Question("POST", "/api/offer", b"{"))
        assert refused.status == 400
        server.house.draining = True
        full = ask(server.address, Question("POST", "/api/offer", b'{"sdp":"","type":"offer"}'))
        assert (full.status, "Retry-After" in full.headers) == (503, True)


def test_nobody_there_is_an_error_of_transport() -> None:
    """By address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    with pytest.raises(TransportError, match=str(port)):
        ask(f"127.0.0.1:{port}", Question("GET", "/healthz"))
