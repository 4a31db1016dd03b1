"""Every setting, one frozen dataclass per stage; derived values are properties, never settings."""

import dataclasses
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from stream_engine.errors import ConfigError
from stream_engine.motion.emotion import Manner
from stream_engine.motion.window import LatencyProfile, profile_named
from stream_engine.output_config import OutputConfig
from stream_engine.render_config import RenderConfig
from stream_engine.service_config import (
    AccessConfig,
    IceConfig,
    LimitsConfig,
    MonitorConfig,
    RecordingConfig,
    TelemetryConfig,
    VoiceConfig,
)
from stream_engine.setting_checks import check_choice, check_range

Section = TypeVar("Section")


SHIPPED_STEPS = 1
"""Steps that the shipped student is meant for; more add a little life to the upper face."""


SHIPPED_STEP_COUNTS = (4, 2, 1)
"""Steps there is a graph for, the most first."""


PRECISIONS = ("fp32", "fp16", "bf16")
"""What engines compute in."""

INT8 = "int8"
"""8-bit products, of ONNX Runtime on a CPU."""

AUTO = "auto"
"""Of backend and precision: what suits this machine."""

BACKENDS = (AUTO, "onnxruntime", "tensorrt", "torch")


@dataclass(frozen=True, slots=True)
class MotionConfig:
    """How motion is generated.

    Attributes:
        profile: Latency profile: ``ultra``, ``balanced`` or ``quality``.
        steps: Diffusion steps per window: 1, 2 or 4.
        seed: Seed of the sampler's noise and of idle life; the same seed and audio give the same
            motion.
        backend: ``auto``, ``onnxruntime``, ``tensorrt`` or ``torch``; ``auto`` is TensorRT if there
            is a folder of engines, and ONNX Runtime otherwise.
        engines: Folder that ``elocute build`` wrote, for TensorRT.
        precision: What is computed in: ``fp16``, ``bf16`` or ``fp32`` by TensorRT, ``int8`` or
            ``fp32`` by ONNX Runtime, ``fp32`` by torch; ``auto`` is the first of each.
        emotion: What a session begins with: ``neutral``, ``happy``, ``sad``, ``angry``,
            ``surprised``, ``afraid`` or ``disgusted``.
        intensity: How much of the emotion, 0..1.
        style: Strength of articulation, 0..2; 1 is as generated.
        threads: Engine threads; 0 for as many as are of use.
        shed: Whether quality gives way when windows would be late: fewer steps, then half as many
            windows with less lookahead.
    """

    profile: str = "balanced"
    steps: int = SHIPPED_STEPS
    seed: int = 0
    backend: str = AUTO
    engines: str = ""
    precision: str = AUTO
    emotion: str = "neutral"
    intensity: float = 0.7
    style: float = 1.0
    threads: int = 0
    shed: bool = True

    def __post_init__(self) -> None:
        profile_named(self.profile)
        Manner(self.emotion, self.intensity, self.style)
        check_choice("motion.steps", self.steps, SHIPPED_STEP_COUNTS)
        check_choice("motion.backend", self.backend, BACKENDS)
        check_choice("motion.precision", self.precision, (AUTO, *PRECISIONS, INT8))
        check_range("motion.threads", self.threads, 0, 64)
        check_range("motion.seed", self.seed, 0, 2**63 - 1)

    @property
    def latency_profile(self) -> LatencyProfile:
        """The profile's numbers."""
        return profile_named(self.profile)

    @property
    def manner(self) -> Manner:
        """Emotion, intensity and style as one value."""
        return Manner(self.emotion, self.intensity, self.style)


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """Where the server listens and what it allows.

    Attributes:
        host: Address to bind.
        port: TCP port of page, signalling and WebSocket door; 0 takes a free one.
        ice_servers: STUN and TURN URLs that the server itself uses; none by default, so nothing
            outside is asked. Credentials are those of ``ice``.
        max_sessions: Sessions admitted at once.
        heartbeat_timeout_s: A peer silent for so long is gone.
        capacity: File that ``elocute bench --json`` wrote: no more sessions than fit by it.
        video_kbps: Bit rate of the video.
        replica: This server's name among others; part of the names of its sessions.
        sisters: Host and port of another replica, ``{replica}`` standing for its name; requests
            about a session it holds are passed on to it.
        drain_s: How long sessions may go on after the server was asked to stop (SIGTERM).
        outputs: Names of the outputs that a session has which asks for none.
        certificate: PEM file of the certificate and its chain, for HTTPS.
        private_key: PEM file of its key, not encrypted.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    ice_servers: tuple[str, ...] = ()
    max_sessions: int = 8
    heartbeat_timeout_s: float = 10.0
    capacity: str = ""
    video_kbps: int = 1500
    replica: str = ""
    sisters: str = ""
    drain_s: float = 0.0
    outputs: tuple[str, ...] = ()
    certificate: str = ""
    private_key: str = ""

    def __post_init__(self) -> None:
        check_range("server.port", self.port, 0, 65535)
        check_range("server.max_sessions", self.max_sessions, 1, 10_000)
        check_range("server.heartbeat_timeout_s", self.heartbeat_timeout_s, 1.0, 600.0)
        check_range("server.video_kbps", self.video_kbps, 100, 20_000)
        check_range("server.drain_s", self.drain_s, 0.0, 86_400.0)
        if not re.fullmatch("[A-Za-z0-9-]{0,63}", self.replica):
            raise ConfigError(
                "setting server.replica is no name", got=self.replica, expected="letters, digits, -"
            )
        if bool(self.certificate) != bool(self.private_key):
            raise ConfigError(
                "HTTPS needs both a certificate and its key",
                got="server.certificate" if self.certificate else "server.private_key",
                expected="server.certificate and server.private_key",
            )
        if self.certificate and self.sisters:
            raise ConfigError(
                "replicas pass requests on by plain HTTP",
                got="server.certificate and server.sisters",
                fix="let what stands before the replicas speak HTTPS",
            )


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """All settings of one engine."""

    motion: MotionConfig = field(default_factory=MotionConfig)
    render: RenderConfig = field(default_factory=RenderConfig)
    server: ServerConfig = field(default_factory=ServerConfig)
    outputs: Mapping[str, OutputConfig] = field(default_factory=dict)
    access: AccessConfig = field(default_factory=AccessConfig)
    limits: LimitsConfig = field(default_factory=LimitsConfig)
    ice: IceConfig = field(default_factory=IceConfig)
    telemetry: TelemetryConfig = field(default_factory=TelemetryConfig)
    monitor: MonitorConfig = field(default_factory=MonitorConfig)
    recording: RecordingConfig = field(default_factory=RecordingConfig)
    voice: VoiceConfig = field(default_factory=VoiceConfig)


def _read_section(kind: type[Section], name: str, values: dict[str, Any]) -> Section:
    known = {item.name: item for item in dataclasses.fields(kind)}  # type: ignore[arg-type]
    for key in values:
        if key not in known:
            raise ConfigError(
                f"unknown setting {name}.{key}",
                expected=", ".join(sorted(known)),
                fix=_meant(key, known),
            )
    arguments = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
    defaults = kind()
    for key, value in arguments.items():
        default = getattr(defaults, key)
        number = isinstance(default, float) and type(value) is int
        if type(value) is not type(default) and not number:
            raise ConfigError(
                f"setting {name}.{key} has the wrong type",
                got=f"{value!r} ({type(value).__name__})",
                expected=type(default).__name__,
            )
    return kind(**arguments)


def _meant(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, known, 1)
    return f"did you mean {near[0]}?" if near else ""


def _check_tables(tables: dict[str, Any], sections: dict[str, Any]) -> None:
    for name, values in tables.items():
        if isinstance(values, dict):
            if name not in sections:
                raise ConfigError(
                    f"unknown table {name}",
                    expected=", ".join(sections),
                    fix=_meant(name, sections),
                )
            continue
        places = [
            table for table, kind in sections.items() if kind is not dict and hasattr(kind(), name)
        ]
        raise ConfigError(
            "a setting stands outside every table",
            got=f"{name} = {values!r}"[:80],
            expected=", ".join(f"[{table}]" for table in sections),
            fix=f"put it below [{places[0]}]" if places else "",
        )


def _read_outputs(tables: dict[str, Any]) -> dict[str, OutputConfig]:
    for name, values in tables.items():
        if not re.fullmatch("[A-Za-z0-9_-]{1,40}", name) or not isinstance(values, dict):
            raise ConfigError(
                "an output is a table of its own",
                got=f"outputs.{name}"[:80],
                expected="[outputs.NAME], the name of letters, digits, - and _",
            )
    return {
        name: _read_section(OutputConfig, f"outputs.{name}", values)
        for name, values in tables.items()
    }


def load_config(path: Path) -> EngineConfig:
    """Read settings from a TOML file with a table for each part of `EngineConfig`.

    Args:
        path: The file.

    Returns:
        Defaults overlaid with the file.

    Raises:
        ConfigError: If the file cannot be read, or a table, key or value is wrong.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        said = getattr(error, "strerror", None) or error
        raise ConfigError(
            "settings cannot be read", got=f"{path}: {said}", expected="a TOML file"
        ) from error
    sections: dict[str, Any] = {
        item.name: item.default_factory for item in dataclasses.fields(EngineConfig)
    }
    _check_tables(tables, sections)
    outputs = _read_outputs(tables.pop("outputs", {}))
    read: dict[str, Any] = {
        name: _read_section(sections[name], name, tables[name]) for name in tables
    }
    return EngineConfig(**read, outputs=outputs)
