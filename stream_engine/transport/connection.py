"""One WebRTC connection of a session: who speaks there, who watches."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription

from stream_engine.config import EngineConfig
from stream_engine.errors import SignalingError
from stream_engine.session import Session
from stream_engine.telemetry.spans import recording
from stream_engine.transport import bad_packets, encoder, jitter_buffer
from stream_engine.transport.ice import own_servers
from stream_engine.transport.outgoing import Outgoing
from stream_engine.transport.role import Role
from stream_engine.transport.sent_time import (
    FACE_RTP_HZ,
    LIPS_EARLY_S,
    VOICE_RTP_HZ,
    SentTime,
)
from stream_engine.transport.signaling import BAD_OFFER, candidates_of, usable_sdp
from stream_engine.transport.tracks import FaceTrack, VoiceTrack
from stream_engine.transport.video_terms import VideoTerms, agree
from stream_engine.wire import Offer

CLOSE_S, LAST_S = 3.0, 1.0
"""Longest wait for a connection to end by itself, and then for each of its parts."""


class Connection:
    """Speech in, voice and face out, as far as the other end's role has them.

    *Thread*: the loop.

    Args:
        session: Whose.
        config: For ICE servers and bit rate.
        role: Of the other end.

    Attributes:
        sent: Of ``voice`` and ``face``: RTP timestamps as they leave; empty for who only speaks.
    """

    def __init__(self, session: Session, config: EngineConfig, role: Role) -> None:
        self._session = session
        self._config = config
        self._role = role
        self._pc = RTCPeerConnection(RTCConfiguration(iceServers=own_servers(config)))
        self.sent: dict[str, SentTime] = {}

    @property
    def state(self) -> str:
        """As WebRTC names it: ``new``, ``connecting``, ``connected``, ``failed``, ``closed``."""
        state: str = self._pc.connectionState
        return state

    def on(self, event: str, handler: Callable[..., None]) -> None:
        """Ask to be told of aiortc's ``track``, ``datachannel``, ``connectionstatechange``."""
        self._pc.on(event, handler)

    async def answer(self, offer: Offer) -> tuple[str, str]:
        """Take the offer and make the answer.

        Args:
            offer: With an audio section; video and data channel as the client wants.

        Returns:
            The answer's SDP and type; media flows as soon as the client has it.

        Raises:
            SignalingError: If the offer cannot be used.
        """
        sdp = usable_sdp(offer)
        speaks = self._role is Role.SPEAKS
        terms = agree(offer.video, sdp, self._config)
        outgoing = None if speaks else self._add_tracks(terms)
        if speaks:
            voice = self._pc.addTransceiver("audio", direction="recvonly")
            voice.setCodecPreferences(_opus())
        try:
            await self._pc.setRemoteDescription(RTCSessionDescription(sdp, offer.type))
            transport = self._pc.getTransceivers()[0].receiver.transport  # of the whole BUNDLE
            bad_packets.drop_malformed(transport, self._session.tally)
            if outgoing is None:
                self._only_listen()
            elif recording():
                outgoing.time_packets()
            await self._pc.setLocalDescription(await self._pc.createAnswer())
        except BAD_OFFER as error:
            raise SignalingError(
                "the SDP offer cannot be used",
                got=f"{type(error).__name__}: {error}"[:200],
                expected="an offer with Opus audio and VP8 or H.264 video",
            ) from error
        local = self._pc.localDescription
        return local.sdp, local.type

    async def trickle(self, fragment: str) -> None:
        """Take candidates that the other end found after its offer.

        Args:
            fragment: ``application/trickle-ice-sdpfrag`` (RFC 8840).

        Raises:
            SignalingError: If it cannot be read, or is of another ICE session.
        """
        candidates, complete = candidates_of(fragment, self._pc.remoteDescription.sdp)
        try:
            for candidate in candidates:
                await self._pc.addIceCandidate(candidate)
            if complete:
                await self._pc.addIceCandidate(None)
        except BAD_OFFER as error:
            raise SignalingError(
                "the candidates cannot be used", got=f"{type(error).__name__}: {error}"[:200]
            ) from error

    async def close(self) -> None:
        """Close; what was only half set up may raise one of `BAD_OFFER`.

        aiortc waits for its tasks to say that they have ended; one that failed on what the other
        end sent never says so. Then the rest is stopped without it.
        """
        try:
            await asyncio.wait_for(self._pc.close(), CLOSE_S)
        except TimeoutError:
            for transceiver in self._pc.getTransceivers():
                dtls = transceiver.receiver.transport
                for stop in (transceiver.sender.stop, dtls.stop, dtls.transport.stop):
                    with suppress(TimeoutError, ConnectionError):
                        await asyncio.wait_for(stop(), LAST_S)
                transceiver.receiver._handle_disconnect()  # or its decoder's thread stays

    def _add_tracks(self, terms: VideoTerms) -> Outgoing:
        session = self._session
        tracks = VoiceTrack(session), FaceTrack(session, step=terms.step)
        hears = self._role is Role.CALLS
        direction = "sendrecv" if hears else "sendonly"
        voice = self._pc.addTransceiver(tracks[0], direction=direction)
        voice.setCodecPreferences(_opus())  # what has 8,000 samples a second would be misheard
        face = self._pc.addTransceiver(tracks[1], direction="sendonly")
        self.sent = {
            "voice": SentTime(voice.sender, VOICE_RTP_HZ),
            "face": SentTime(face.sender, FACE_RTP_HZ),
        }
        for track, clock in zip(tracks, self.sent.values(), strict=True):
            track.on_sent = clock.sent
            clock.report_due(session, LIPS_EARLY_S if track is tracks[1] else 0.0)
        # One stream for both, so that the browser plays them in sync.
        face.sender._stream_id = voice.sender._stream_id
        if hears:
            jitter_buffer.install(voice.receiver, session.tally)
        face.setCodecPreferences(terms.capabilities)
        steady = encoder.install(face.sender, terms, session.clock)
        return Outgoing(face.sender, steady)

    def _only_listen(self) -> None:
        """Take the first sound and nothing else: a picture would be decoded for nobody."""
        heard = False
        for transceiver in self._pc.getTransceivers():
            if transceiver.kind == "audio" and not heard:
                heard = True
                jitter_buffer.install(transceiver.receiver, self._session.tally)
            else:
                transceiver.direction = "inactive"


def _opus() -> list[Any]:
    known = RTCRtpSender.getCapabilities("audio").codecs
    return [codec for codec in known if codec.mimeType == "audio/opus"]
