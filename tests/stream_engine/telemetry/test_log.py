"""Log lines: whose session, and what never stands in one."""

import asyncio
import base64
import io
import json
import logging
import time
from collections.abc import Iterator

import aioice.ice
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.sync.client import connect

from stream_engine.gate.tokens import Grant, sign
from stream_engine.telemetry.log import NOISY, SESSION, set_up, without_secrets
from tests.fakes.caller import Caller
from tests.fakes.live_server import live_server

KEY = "the-key-of-this-server"


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    """Everything that is logged, at the finest level, as JSON; logging is put back afterwards."""
    root, text = logging.getLogger(), io.StringIO()
    before, level = root.handlers[:], root.level
    outside = SESSION.set("")  # sessions opened by hand, in this very context, have left theirs
    levels = {name: logging.getLogger(name).level for name in NOISY}
    root.handlers = []  # whoever has set up logging already is left alone
    set_up("json", logging.DEBUG, text)
    yield text
    SESSION.reset(outside)
    root.handlers = before
    root.setLevel(level)
    for name, was in levels.items():
        logging.getLogger(name).setLevel(was)


def lines(out: io.StringIO) -> list[dict[str, str]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_line_is_one_json_object_that_says_whose_session(out: io.StringIO) -> None:
    """By the logger's adapter, or else by the task; line feeds and quotes stay inside."""
    log = logging.getLogger("stream_engine.somewhere")
    log.info('two\nlines and a "%s"', "quote")
    logging.LoggerAdapter(log, {"session": "one"}).warning("opened")

    async def work() -> None:
        SESSION.set("two")
        await asyncio.create_task(said_by_a_task())

    async def said_by_a_task() -> None:
        log.info("inside")

    asyncio.run(work())
    try:
        raise ValueError("broken")
    except ValueError:
        log.exception("failed")
    plain, one, *_, two, failed = [line for line in lines(out) if line["logger"] == log.name]
    assert set(plain) == {"time", "level", "logger", "message"}
    assert plain["message"] == 'two\nlines and a "quote"'
    assert (one["level"], one["session"], two["session"]) == ("WARNING", "one", "two")
    assert "ValueError: broken" in failed["exception"]
    assert time.strptime(plain["time"][:19], "%Y-%m-%dT%H:%M:%S")


def test_text_lines_name_the_session_in_brackets(capsys: pytest.CaptureFixture[str]) -> None:
    """The line first, then what was raised."""
    from stream_engine.telemetry.log import TextLines

    record = logging.LogRecord("a.b", logging.INFO, "", 0, "opened with token=abcdef", (), None)
    record.session = "one"
    assert TextLines().format(record).endswith("INFO a.b: opened with token=*** [one]")


@given(st.text(max_size=20), st.text(max_size=20))
def test_what_looks_like_a_key_or_token_is_covered(before: str, after: str) -> None:
    """In a header, a query, a protocol, or bare."""
    token = sign(KEY, Grant("ultra", 0.0, 2e9))
    for text in (
        f"Authorization: Bearer {KEY}",
        f"/v1/speech?token={token}&rate=1",
        f"bearer.{token}",
        f"({token})",
    ):
        shown = without_secrets(f"{before} {text} {after}")
        assert KEY not in shown
        assert token.rpartition(".")[2] not in shown
    assert without_secrets("three sessions, 27 MB") == "three sessions, 27 MB"


@pytest.mark.net
def test_sessions_leave_no_sound_face_sdp_or_token_in_the_log(
    out: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the finest level, through both doors; what is said is whose session opened and closed."""
    monkeypatch.setenv("ELOCUTE_KEYS", KEY)
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda *_, **__: ["127.0.0.1"])
    token = sign(KEY, Grant(expires_s=time.time() + 60.0))
    sound = (3000 * np.sin(np.arange(16_000) / 9.0)).astype("<i2").tobytes()

    async def call(url: str) -> None:
        caller = Caller()
        answer = await caller.dial(url, {"Authorization": f"Bearer {KEY}"})
        faces.append(str(answer["sdp"]))
        await caller.until(lambda: caller.pictures > 3, 20.0)
        await caller.close()

    faces: list[str] = []
    with live_server() as server:
        with connect(f"{server.speech_url}?token={token}") as socket:
            socket.send(sound)
            socket.send('{"type":"end"}')
            faces += [str(text)[-200:] for text in socket]
        assert server.ask("api/offer", "POST", b"v=0", {"Authorization": KEY}).status == 401
        asyncio.run(call(server.url))
    text = out.getvalue()
    opened = [line for line in lines(out) if line["message"].startswith("session opened")]
    assert len(opened) == 2
    closed = {line["session"] for line in lines(out) if line["message"] == "session closed"}
    assert closed == {line["session"] for line in opened}
    never = [KEY, token, *token.split(".")[1:], repr(sound[:40])[2:-1], sound[:40].hex()]
    never += [base64.b64encode(sound[:30]).decode(), "v=0", "a=fingerprint", "ice-pwd"]
    assert not [secret for secret in never if secret in text]
    assert not [face for face in faces if face in text]
