"""Nonsense into everything that strangers can reach, with fixed seeds.

``python -m tests.fuzz --inputs 100000`` prints how many inputs went where and what came of them. A
refusal is an error of ours (of what aiortc parses, one it takes itself); anything else is a crash.
`tests.fuzz_live` does it to servers and calls that run.
"""

import argparse
import collections
import json
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from aiortc.rtp import RtcpPacket, RtpPacket

from stream_engine.audio.ring_buffer import RingBuffer
from stream_engine.config import EngineConfig
from stream_engine.errors import StreamEngineError
from stream_engine.motion.emotion import Manner
from stream_engine.realtime_deltas import motion_bytes, motion_in, pcm_in, pcm_of, read_delta
from stream_engine.realtime_wire import MotionDelta, read_answer, read_event
from stream_engine.telemetry.metrics import Tally
from stream_engine.transport.intake import AudioIntake
from stream_engine.transport.jitter_buffer import MAX_WAIT_PACKETS, InOrderBuffer
from stream_engine.transport.playout import PlayoutClock
from stream_engine.transport.realtime_door import read_wish
from stream_engine.transport.signaling import candidates_of, usable_sdp
from stream_engine.transport.speech_socket import output_names, parse_query, pcm16
from stream_engine.transport.video_terms import agree
from stream_engine.types import MotionFrames
from stream_engine.wire import Express, Offer, Video, decode_as, decode_event
from tests.fakes.simulated_call import RtpPacket as Numbered

SHARES = {
    "JSON of the doors": 0.25,
    "binary frames of the doors": 0.10,
    "answers, as clients read them": 0.10,
    "queries": 0.08,
    "SDP offers": 0.08,
    "ICE candidates": 0.04,
    "RTP packets": 0.15,
    "RTCP packets": 0.08,
    "packet order": 0.08,
    "packet times": 0.04,
}
"""Of the inputs; the rest, in `tests.fuzz_live`, goes to what runs."""

Input = Callable[[random.Random], None]

VALUES: tuple[object, ...] = (
    None, True, 0, -1, 0.5, 2**63, 10**400, -1e308, float("nan"), float("inf"), "", "happy", "\x00",
    "AAAA", "\ud800", "é" * 50, [], [[]], [0.0] * 55, {}, {"emotion": "happy"}, {"type": "end"},
)  # fmt: skip
EVENTS = (
    '{"type":"input_audio_buffer.append","audio":"AAAAAA=="}',
    '{"type":"input_audio_buffer.commit","event_id":"a"}',
    '{"type":"response.cancel"}',
    '{"type":"response.pause"}',
    '{"type":"response.resume"}',
    '{"type":"session.update","session":{"emotion":"happy","intensity":0.5,"style":1.0}}',
    '{"type":"heartbeat","t":1.5}',
    '{"type":"express","emotion":"sad","intensity":0.2,"style":1.0}',
    '{"type":"interrupt"}',
    '{"type":"view","video":true}',
    '{"type":"end"}',
    '{"type":"offer","sdp":"v=0","profile":"ultra","avatar":"default","outputs":["a"]}',
)
REALTIME = 6
"""So many of them are those of ``/v1/realtime``; the last is an offer."""

ANSWERS = (
    '{"type":"face.state","state":"silent","pts":0}',
    '{"type":"response.motion.delta","start":0,"pts":0,"fps":25,"coefficients":[[0.5]]}',
    '{"type":"response.output_audio.delta","pts":0,"rate_hz":24000,"delta":"AAAA"}',
    '{"type":"response.done","response_id":"a","status":"completed","audio_end_ms":1.0}',
    '{"type":"error","error":{"type":"TooMany","message":"m","got":"","expected":"","fix":""}}',
)
SDP = "\r\n".join(
    (
        "v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=-", "t=0 0", "a=group:BUNDLE 0 1 2",
        "m=audio 9 UDP/TLS/RTP/SAVPF 96 0", "c=IN IP4 0.0.0.0", "a=sendrecv", "a=mid:0",
        "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid", "a=rtcp-mux", "a=ssrc:1 cname:x",
        "a=rtpmap:96 opus/48000/2", "a=fmtp:96 minptime=10;useinbandfec=1", "a=rtpmap:0 PCMU/8000",
        "a=candidate:1 1 udp 2130706431 127.0.0.1 4444 typ host", "a=end-of-candidates",
        "a=ice-ufrag:abcd", "a=ice-pwd:0123456789012345678901", "a=setup:actpass",
        "a=fingerprint:sha-256 " + ":".join(["AB"] * 32),
        "m=video 9 UDP/TLS/RTP/SAVPF 97 98", "c=IN IP4 0.0.0.0", "a=recvonly", "a=mid:1",
        "a=rtcp-mux", "a=rtpmap:97 VP8/90000", "a=rtcp-fb:97 nack pli", "a=rtpmap:98 rtx/90000",
        "a=ice-ufrag:abcd", "a=ice-pwd:0123456789012345678901", "a=setup:actpass",
        "a=fingerprint:sha-256 " + ":".join(["AB"] * 32),
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "c=IN IP4 0.0.0.0", "a=mid:2",
        "a=sctp-port:5000", "a=max-message-size:65536",
        "a=ice-ufrag:abcd", "a=ice-pwd:0123456789012345678901", "a=setup:actpass",
        "a=fingerprint:sha-256 " + ":".join(["AB"] * 32), "",
    )
)  # fmt: skip
RTP = bytes.fromhex("9060 0001 0000 03c0 0000 0001 bede 0001 10 30 0000") + bytes(range(40))
RTCP = (
    bytes.fromhex("80c8 0006 00000001 83aa7e80 00000000 00000000 00000001 00000010"),
    bytes.fromhex("81c9 0007 00000001 00000002 00 000001 00000003 00000004 00000005 00000006"),
    bytes.fromhex("81ca 0003 00000001 01 03 616263 00 0000"),
    bytes.fromhex("81cd 0003 00000001 00000002 0001 0003"),
    bytes.fromhex("81ce 0002 00000001 00000002"),
    bytes.fromhex("8fce 0005 00000001 00000000 52454d42 0103d090 00000002"),
)


def mutated(data: bytes, random: random.Random) -> bytes:
    """Some bytes flipped, cut, doubled, put in or moved; now and then nothing of it is left."""
    if random.random() < 0.1:
        return random.randbytes(random.randrange(80))
    out = bytearray(data)
    for _ in range(random.randint(1, 6)):
        at = random.randrange(len(out) + 1)
        kind = random.randrange(5)
        if kind == 0 and at < len(out):
            out[at] ^= 1 << random.randrange(8)
        elif kind == 1:
            del out[at : at + random.randrange(1, 9)]
        elif kind == 2:
            out[at:at] = random.randbytes(random.randrange(1, 9))
        elif kind == 3:
            out[at:at] = out[at : at + random.randrange(1, 17)]
        elif at < len(out):
            out[at] = random.choice((0, 0x7F, 0x80, 0xFF))
    return bytes(out)


def mutated_text(text: str, random: random.Random) -> str:
    """The same of a text."""
    return mutated(text.encode(), random).decode("utf-8", "replace")


def mutated_lines(text: str, random: random.Random) -> str:
    """Lines dropped, doubled, swapped or damaged."""
    lines = text.split("\r\n")
    for _ in range(random.randint(1, 4)):
        at, kind = random.randrange(len(lines)), random.randrange(4)
        if kind == 0 and len(lines) > 1:
            del lines[at]
        elif kind == 1:
            lines.insert(random.randrange(len(lines)), lines[at])
        elif kind == 2:
            lines[at] = mutated_text(lines[at], random)
        else:
            number = str(random.choice((-1, 0, 65_536, 2**40, "")))
            lines[at] = lines[at].replace("9", number, 1)
    return "\r\n".join(lines)


def mutated_json(text: str, random: random.Random) -> str:
    """Values exchanged, taken away or put in; or the text damaged."""
    if random.random() < 0.4:
        return mutated_text(text, random)
    values = json.loads(text)
    for _ in range(random.randint(1, 3)):
        key = random.choice([*values, "type", "event_id", "session"])
        if random.random() < 0.2:
            values.pop(key, None)
        else:
            values[key] = random.choice(VALUES)
    return json.dumps(values)


def read_offer(text: str) -> Offer:
    """As the doors for WebRTC do."""
    return decode_as(Offer, text)


def door_json(random: random.Random) -> None:
    """What clients send, and what the server does with it before it believes it."""
    at = random.randrange(len(EVENTS))
    mine = read_event if at < REALTIME else decode_event if at < len(EVENTS) - 1 else read_offer
    reader = (
        mine if random.random() < 0.8 else random.choice((read_event, decode_event, read_offer))
    )
    message = reader(mutated_json(EVENTS[at], random))
    if isinstance(message, Express):
        Manner().changed(message.emotion, message.intensity, message.style)


def binary(random: random.Random) -> None:
    """Sound as bytes and as base64."""
    data = random.randbytes(random.randrange(200))
    kind = random.randrange(3)
    if kind == 0:
        pcm_in(data)
    elif kind == 1:
        pcm16(data)
    else:
        pcm_of(mutated_text("AAAAAAECAwQ=", random))


def answers(random: random.Random) -> None:
    """What a server says, or somebody who says that it is one."""
    if random.random() < 0.5:
        frames = MotionFrames(3, np.zeros((random.randrange(3), 55), np.float32))
        read_delta(mutated(motion_bytes(frames), random))
        return
    answer = read_answer(mutated_json(random.choice(ANSWERS), random))
    if isinstance(answer, MotionDelta):
        motion_in(answer)


def queries(random: random.Random) -> None:
    """What stands behind the question mark."""
    keys = ("rate", "profile", "encoding", "idle", "session", "outputs")
    texts = ("24000", "1e9", "-8000", "balanced", "json", "true", "a,b", ",", "٣", "9" * 99)
    query = {key: mutated_text(random.choice(texts), random) for key in random.sample(keys, 3)}
    random.choice((lambda: read_wish(query, "balanced"), lambda: parse_query(query, "balanced")))()
    output_names(query)


def sdp(random: random.Random) -> None:
    """Offers that are nearly right."""
    offer = Offer(mutated_lines(SDP, random), "offer")
    agree(Video(random.choice((None, "vp8", "h264", ""))), usable_sdp(offer), EngineConfig())


def candidates(random: random.Random) -> None:
    """Late ones."""
    fragment = "a=ice-ufrag:abcd\r\na=candidate:1 1 udp 2130706431 127.0.0.1 4444 typ host\r\n"
    candidates_of(mutated_lines(fragment, random), SDP)


def rtp(random: random.Random) -> None:
    """Packets of sound, as they are when they have been deciphered."""
    _parsed(RtpPacket.parse, mutated(RTP, random))


def rtcp(random: random.Random) -> None:
    """Reports."""
    _parsed(RtcpPacket.parse, mutated(random.choice(RTCP), random))


def _parsed(parse: Callable[[bytes], object], data: bytes) -> None:
    try:
        parse(data)
    except ValueError as error:  # aiortc takes it itself
        raise StreamEngineError("refused") from error


@cache
def _buffer() -> InOrderBuffer:
    return InOrderBuffer()


def order(random: random.Random) -> None:
    """Sequence numbers near each other, or anywhere."""
    buffer = _buffer()
    near = (buffer._next or 0) + random.randint(-4, 6)
    number = (near if random.random() < 0.95 else random.randrange(1 << 16)) & 0xFFFF
    buffer.push(Numbered(number, random.randrange(1 << 32), b""))
    assert len(buffer._held) < MAX_WAIT_PACKETS


@cache
def _intake() -> tuple[AudioIntake, RingBuffer, PlayoutClock]:
    ring, playout = RingBuffer(96_000), PlayoutClock(0.0, 7680)
    return AudioIntake(ring, playout, Tally()), ring, playout


def times(random: random.Random) -> None:
    """Timestamps that go on, or are anything, at moments of any distance."""
    intake, ring, playout = _intake()
    now_s = intake._heard_s if np.isfinite(intake._heard_s) else 0.0
    now_s += random.choice((0.0, 0.02, 0.02, 0.02, 0.5, 30.0))
    pts = ring.end if random.random() < 0.8 else random.randrange(-(1 << 33), 1 << 33)
    before = ring.end
    intake.advance(now_s)  # as the voice that leaves meanwhile asks for
    intake.push(pts, np.zeros(random.choice((0, 1, 960, 5760)), np.float32), now_s)
    assert ring.end >= before, "time went back"
    assert abs(ring.end - playout.position(now_s)) < 10 * 48_000, "time ran away"


TARGETS: dict[str, Input] = dict(
    zip(
        SHARES,
        (door_json, binary, answers, queries, sdp, candidates, rtp, rtcp, order, times),
        strict=True,
    )
)


@dataclass
class Found:
    """What became of the inputs of a target."""

    taken: int = 0
    refused: int = 0
    seconds: float = 0.0
    crashes: collections.Counter[str] = field(default_factory=collections.Counter)


def hammer(target: Input, inputs: int, seed: int) -> Found:
    """Give a target so many inputs."""
    source, found, began = random.Random(seed), Found(), time.perf_counter()
    for _ in range(inputs):
        try:
            target(source)
            found.taken += 1
        except StreamEngineError:
            found.refused += 1
        except Exception as error:  # noqa: BLE001 - that is what is looked for
            found.crashes[f"{type(error).__name__}: {error}"[:120]] += 1
    found.seconds = time.perf_counter() - began
    return found


def parsers(inputs: int, seed: int) -> Iterator[tuple[str, Found]]:
    """All targets in turn."""
    for number, (name, share) in enumerate(SHARES.items()):
        yield name, hammer(TARGETS[name], round(inputs * share), seed + number)


def main() -> None:
    """Do it and print a table."""
    from tests.fuzz_live import running

    parser = argparse.ArgumentParser(description="Nonsense into everything strangers can reach.")
    parser.add_argument("--inputs", type=int, default=100_000, help="in all")
    parser.add_argument("--seed", type=int, default=1, help="of what is made up")
    given = parser.parse_args()
    show = print
    show("| where | inputs | taken | refused | crashes | s |\n|---|---|---|---|---|---|")
    total = collections.Counter[str]()
    for source in (parsers, running):
        for name, it in source(given.inputs, given.seed):
            count, crashed = it.taken + it.refused, sum(it.crashes.values())
            total.update(inputs=count + crashed, crashes=crashed)
            show(f"| {name} | {count + crashed:,} | {it.taken:,} | {it.refused:,} | {crashed} "
                 f"| {it.seconds:.1f} |", flush=True)  # fmt: skip
            for what, count in it.crashes.most_common(5):
                show(f"  {count} times {what}")
    show(f"| all | {total['inputs']:,} | | | {total['crashes']} | |")


if __name__ == "__main__":
    main()
