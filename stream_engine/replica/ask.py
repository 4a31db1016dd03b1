"""One HTTP request from one server to another."""

import http.client
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.requests import HTTPConnection

from stream_engine.errors import TransportError

CONNECT_S = 3.0
"""A server that lives takes a connection sooner than this."""

ANSWER_S = 30.0
"""Longest wait for an answer: the first session of a profile loads its models."""

PASSED_DOWN = (
    "Content-Type",
    "Retry-After",
    "Cache-Control",
    "ETag",
    "Location",
    "Link",
    "Accept-Patch",
    "Last-Modified",
    "WWW-Authenticate",
    "Vary",
    "Access-Control-Allow-Origin",
    "Access-Control-Expose-Headers",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Headers",
    "Access-Control-Allow-Private-Network",
    "Access-Control-Max-Age",
)
"""Headers of an answer that its reader needs."""

PASSED_UP = (
    "Authorization",
    "Content-Type",
    "If-Match",
    "Host",
    "Origin",
    "Access-Control-Request-Method",
    "Access-Control-Request-Headers",
)
"""Headers of a request by which it is judged, where it ends up."""

FORWARDED = "X-Elocute-Forwarded"
"""Says that a request has been passed on once; nobody passes it on again."""


@dataclass(frozen=True, slots=True)
class Question:
    """A request as it is passed on.

    Attributes:
        method: Of HTTP.
        path: With its query.
        body: Of the request.
        headers: Those that say who asks.
    """

    method: str
    path: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back.

    Attributes:
        status: Of HTTP.
        body: Of the answer.
        headers: Those that are passed down.
    """

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def passed_up(request: HTTPConnection) -> dict[str, str]:
    """Collect the headers that say who asks.

    Args:
        request: As it came.

    Returns:
        Those in `PASSED_UP`, and whom this server saw added to ``X-Forwarded-For``.
    """
    kept = {name: value for name in PASSED_UP if (value := request.headers.get(name))}
    seen = [
        request.headers.get("X-Forwarded-For", ""),
        request.client.host if request.client else "",
    ]
    return {**kept, "X-Forwarded-For": ", ".join(text for text in seen if text)}


def ask(address: str, question: Question) -> Reply:
    """Ask another server and wait; not for the loop's thread.

    Args:
        address: Host and port.
        question: The request.

    Returns:
        Its answer, whatever the status.

    Raises:
        TransportError: If there is no answer.
    """
    connection = http.client.HTTPConnection(address, timeout=CONNECT_S)
    try:
        connection.connect()
        connection.sock.settimeout(ANSWER_S)
        headers = {**question.headers, FORWARDED: "1", "Connection": "close"}
        connection.request(question.method, question.path, question.body, headers)
        answer = connection.getresponse()
        kept = {name: value for name in PASSED_DOWN if (value := answer.headers[name])}
        return Reply(answer.status, answer.read(), kept)
    except (OSError, http.client.HTTPException) as error:
        raise TransportError("a replica does not answer", got=f"{address}: {error}") from error
    finally:
        connection.close()
