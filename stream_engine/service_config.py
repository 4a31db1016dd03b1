"""Settings of a server that strangers reach: who comes in, how much of it, what is told."""

import re
from dataclasses import dataclass

from stream_engine.errors import ConfigError
from stream_engine.setting_checks import check_choice, check_ice, check_range, networks

LOG_FORMATS = ("text", "json")

_ORIGIN = re.compile(r"https?://[a-z0-9._\-\[\]:]+")
_HOST = re.compile(r"[a-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class AccessConfig:
    """Who may come in, and from where.

    Attributes:
        keys: File of keys, one a line; the environment variable ``ELOCUTE_KEYS`` adds to them.
            With any, whoever opens a session shows one, or a token that was signed with one.
        insecure: Whether a server without keys may listen where other machines reach it.
        origins: Pages elsewhere that may open sessions, such as ``https://app.example``; the
            server's own may always.
        hosts: Names clients call the server by. Without any, a server on localhost answers to
            local names and addresses only, and another to every name.
        proxies: Addresses and networks whose ``X-Forwarded-For`` is believed.
        scrapers: Addresses and networks that may read ``/metrics`` without a key.
    """

    keys: str = ""
    insecure: bool = False
    origins: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()
    scrapers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        networks("access.proxies", self.proxies)
        networks("access.scrapers", self.scrapers)
        for origin in self.origins:
            if not _ORIGIN.fullmatch(origin):
                raise ConfigError(
                    "setting access.origins holds what is no origin",
                    got=origin,
                    expected="scheme, name and port as browsers send them: https://app.example",
                )
        for host in self.hosts:
            if not _HOST.fullmatch(host):
                raise ConfigError(
                    "setting access.hosts holds what is no name",
                    got=host,
                    expected="a name in small letters without a port",
                )


@dataclass(frozen=True, slots=True)
class LimitsConfig:
    """How much of it; 0 is no limit. Who shows a key is not counted by address.

    Attributes:
        requests_per_s: Of one address (of IPv6: one /64), WebSockets that open among them.
        request_burst: So many at once after a pause.
        sessions_per_address: Open at once.
        viewers_per_session: Who watch a session that another opened; each costs an encoder.
        longest_session_s: A session ends after so long.
        messages_per_s: Of one WebSocket, which is read more slowly if it sends more, or of one
            data channel, which is not listened to meanwhile.
        audio_speed: Seconds of speech a second of one WebSocket; the same.
    """

    requests_per_s: float = 50.0
    request_burst: int = 500
    sessions_per_address: int = 0
    viewers_per_session: int = 8
    longest_session_s: float = 0.0
    messages_per_s: float = 1000.0
    audio_speed: float = 50.0

    def __post_init__(self) -> None:
        check_range("limits.requests_per_s", self.requests_per_s, 0.0, 1e6)
        check_range("limits.request_burst", self.request_burst, 1, 1_000_000)
        check_range("limits.sessions_per_address", self.sessions_per_address, 0, 10_000)
        check_range("limits.viewers_per_session", self.viewers_per_session, 0, 1000)
        check_range("limits.longest_session_s", self.longest_session_s, 0.0, 31 * 86_400.0)
        check_range("limits.messages_per_s", self.messages_per_s, 0.0, 1e6)
        check_range("limits.audio_speed", self.audio_speed, 0.0, 1e4)
        if 0.0 < self.audio_speed < 1.0:
            raise ConfigError(
                "setting limits.audio_speed is slower than speech",
                got=str(self.audio_speed),
                expected="0 for no limit, or at least 1",
            )


@dataclass(frozen=True, slots=True)
class IceConfig:
    """How clients, and the server behind NAT, find a way to each other; see `transport.ice`.

    Attributes:
        servers: STUN and TURN URLs that clients are told, such as
            ``turn:turn.example:3478?transport=tcp``.
        username: Of the TURN servers; empty where they make up credentials from a shared secret
            (coturn's ``use-auth-secret``).
        secret: File of the user's password, or of the shared secret; the environment variable
            ``ELOCUTE_TURN_SECRET`` stands before it.
        lifetime_s: How long credentials hold that are made from a shared secret: as long as a call
            may last.
    """

    servers: tuple[str, ...] = ()
    username: str = ""
    secret: str = ""
    lifetime_s: float = 86_400.0

    def __post_init__(self) -> None:
        check_ice("ice.servers", self.servers)
        check_range("ice.lifetime_s", self.lifetime_s, 60.0, 31 * 86_400.0)
        if self.username and not self.secret:
            raise ConfigError(
                "a TURN user needs a password",
                got=f"ice.username = {self.username!r}",
                expected="ice.secret, a file, beside it",
            )


@dataclass(frozen=True, slots=True)
class MonitorConfig:
    """How faces are watched while they speak.

    Attributes:
        enabled: They are; about a twentieth of what motion costs.
        acts: Something is done about what is found, not only told.
        budget: Most of one core that watching may take; what does not fit is left out.
    """

    enabled: bool = True
    acts: bool = True
    budget: float = 0.25

    def __post_init__(self) -> None:
        check_range("monitor.budget", self.budget, 0.01, 1.0)


@dataclass(frozen=True, slots=True)
class TelemetryConfig:
    """What the server tells of itself.

    Attributes:
        log_format: ``text``, or ``json`` for one object a line.
        traces: Where OpenTelemetry spans go: the URL of an OTLP/HTTP collector, or ``console``;
            nowhere if empty. Needs the extra ``otel``.
    """

    log_format: str = "text"
    traces: str = ""

    def __post_init__(self) -> None:
        check_choice("telemetry.log_format", self.log_format, LOG_FORMATS)
        if self.traces and not re.fullmatch(r"console|https?://\S+", self.traces):
            raise ConfigError(
                "setting telemetry.traces is no place for spans",
                got=self.traces,
                expected="console, or a URL such as http://localhost:4318/v1/traces",
            )


@dataclass(frozen=True, slots=True)
class RecordingConfig:
    """Which sessions are written down, voices and all; none unless a folder is set.

    Attributes:
        folder: Where recordings lie; empty, and nothing is ever recorded.
        everyone: Whether all sessions are, or only those that ask (``record``).
        longest_s: Speech of one session.
        most_mb: Size of one file, MiB.
        keep_free_mb: Recordings end when less is free on the disk, MiB.
        motion: Whether the motion is written, too; without it a replay elsewhere can tell that
            motion differs, and not by how much.
    """

    folder: str = ""
    everyone: bool = False
    longest_s: float = 3600.0
    most_mb: int = 512
    keep_free_mb: int = 1024
    motion: bool = False

    def __post_init__(self) -> None:
        check_range("recording.longest_s", self.longest_s, 1.0, 31 * 86_400.0)
        check_range("recording.most_mb", self.most_mb, 1, 1_000_000)
        check_range("recording.keep_free_mb", self.keep_free_mb, 0, 100_000_000)
        if self.everyone and not self.folder:
            raise ConfigError(
                "everyone is to be recorded, and nowhere",
                got="recording.everyone",
                expected="recording.folder beside it",
            )


@dataclass(frozen=True, slots=True)
class VoiceConfig:
    """Which local program speaks text, for clients that send text instead of speech.

    Attributes:
        command: The program and its arguments: it reads UTF-8 text on standard input and writes a
            WAV file to standard output. ``["auto"]`` is what is known and installed (`voice`), if
            anything; empty, and no text is spoken.
        patience_s: How long it may keep one waiting for the sound of one sentence.
    """

    command: tuple[str, ...] = ("auto",)
    patience_s: float = 20.0

    def __post_init__(self) -> None:
        check_range("voice.patience_s", self.patience_s, 0.1, 600.0)
        for part in self.command:
            if not isinstance(part, str) or not part or "\0" in part:
                raise ConfigError(
                    "setting voice.command is no command",
                    got=repr(part)[:80],
                    expected='a program and its arguments: ["espeak-ng", "--stdout"]',
                )
