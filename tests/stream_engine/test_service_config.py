"""Settings of a server that strangers reach."""

from typing import Any

import pytest

from stream_engine.errors import ConfigError
from stream_engine.service_config import AccessConfig, LimitsConfig, TelemetryConfig, VoiceConfig


@pytest.mark.parametrize(
    ("kind", "values", "message"),
    [
        (AccessConfig, {"origins": ("app.example",)}, "origins.*app.example.*https://"),
        (AccessConfig, {"origins": ("https://app.example/",)}, "no origin"),
        (AccessConfig, {"origins": ("*",)}, "no origin"),
        (AccessConfig, {"hosts": ("Face.Example",)}, "hosts.*small letters"),
        (AccessConfig, {"hosts": ("face.example:80",)}, "without a port"),
        (AccessConfig, {"proxies": ("nginx",)}, "access.proxies is no address"),
        (AccessConfig, {"scrapers": ("10.0.0.0/40",)}, "access.scrapers is no address"),
        (LimitsConfig, {"requests_per_s": -1.0}, "limits.requests_per_s"),
        (LimitsConfig, {"request_burst": 0}, "limits.request_burst"),
        (LimitsConfig, {"audio_speed": 0.5}, "slower than speech"),
        (LimitsConfig, {"longest_session_s": -1.0}, "limits.longest_session_s"),
        (TelemetryConfig, {"log_format": "xml"}, "text, json"),
        (TelemetryConfig, {"traces": "localhost:4318"}, "no place for spans"),
        (VoiceConfig, {"command": ("espeak-ng", 3)}, "voice.command is no command; got 3"),
        (VoiceConfig, {"command": ("",)}, "voice.command"),
        (VoiceConfig, {"patience_s": 0.0}, "voice.patience_s is out of range"),
    ],
)
def test_wrong_settings_are_named(kind: Any, values: dict[str, Any], message: str) -> None:
    """Key, value and what is allowed."""
    with pytest.raises(ConfigError, match=message):
        kind(**values)


def test_right_settings_are_taken() -> None:
    """Origins with ports, addresses with and without a mask, both places for traces."""
    AccessConfig(
        origins=("https://app.example", "http://localhost:3000", "http://[::1]:80"),
        hosts=("face.example",),
        proxies=("127.0.0.1", "10.0.0.0/8"),
    )
    LimitsConfig(requests_per_s=0.0, audio_speed=0.0, messages_per_s=0.0)
    for place in ("", "console", "https://collector:4318/v1/traces"):
        TelemetryConfig(traces=place)
