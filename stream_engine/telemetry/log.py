"""Log lines that say whose session they are about, as text or as JSON; set up by the command only.

A line takes its session from its logger's adapter, or else from the task it was written in:
``SESSION`` is set where a session opens, and tasks inherit it, those of other libraries too.
"""

import json
import logging
import re
import sys
import time
from contextvars import ContextVar
from typing import TextIO

SESSION: ContextVar[str] = ContextVar("session", default="")
"""Id of the session that this task works for; empty if for none."""

NOISY = ("aioice", "aiortc", "onnx_ir", "onnxscript", "uvicorn", "websockets", "opentelemetry")
"""Libraries that would write every packet, or what was said, at a finer level than warnings."""

_SECRET = re.compile(
    r"(?i)(bearer[\s.=:]+)[A-Za-z0-9._~+/=-]{8,}"
    r"|(token=)[^\s&\"']+"
    r"|\b(v1\.)[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+"
)


def without_secrets(text: str) -> str:
    """Cover what looks like a key or token: a last line of defence, nobody writes them."""
    return _SECRET.sub(lambda found: "".join(part or "" for part in found.groups()) + "***", text)


def session_of(record: logging.LogRecord) -> str:
    """Say which session a line is about; empty if none."""
    return str(getattr(record, "session", "")) or SESSION.get()


class JsonLines(logging.Formatter):
    """One JSON object a line: ``time level logger message session``, and ``exception``."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a line."""
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        values = {
            "time": f"{stamp}.{int(record.msecs):03d}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": without_secrets(record.getMessage()),
        }
        if session := session_of(record):
            values["session"] = session
        if record.exc_info:
            values["exception"] = without_secrets(self.formatException(record.exc_info))
        return json.dumps(values)


class TextLines(logging.Formatter):
    """Lines for people; the session in brackets."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Write the first line."""
        session = session_of(record)
        return super().formatMessage(record) + (f" [{session}]" if session else "")

    def format(self, record: logging.LogRecord) -> str:
        """Write a line, and what was raised."""
        return without_secrets(super().format(record))


def set_up(log_format: str, level: int, out: TextIO | None = None) -> None:
    """Send every log of this process to one place.

    Args:
        log_format: ``text`` or ``json``.
        level: The least that is written.
        out: Takes the lines; standard error by default.
    """
    handler = logging.StreamHandler(out or sys.stderr)
    handler.setFormatter(JsonLines() if log_format == "json" else TextLines())
    logging.basicConfig(level=level, handlers=[handler])
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
