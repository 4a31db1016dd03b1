"""What stands in deploy/docker and deploy/systemd agrees with the code."""

import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import urllib.error
from configparser import RawConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from stream_engine.__main__ import _parser, _settings
from stream_engine.config import EngineConfig, load_config
from stream_engine.drain import GOODBYE_S
from stream_engine.server import SHUTDOWN_S
from tests.fakes.live_server import live_server
from tests.paths import ROOT

DOCKER = ROOT / "deploy" / "docker"
UNIT = ROOT / "deploy" / "systemd" / "elocute.service"
PIP = re.compile(r"\[([a-z,${}A-Z-]+)\]\"")


def steps() -> list[tuple[str, str]]:
    """Instructions of the Dockerfile and their arguments, lines joined, comments left out."""
    text = (DOCKER / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [
        (word, rest)
        for word, _, rest in (row.partition(" ") for row in joined.splitlines())
        if word
    ]


def target(name: str) -> list[tuple[str, str]]:
    """Instructions of one stage and of those it builds on."""
    found: list[tuple[str, str]] = []
    stages: dict[str, list[tuple[str, str]]] = {}
    for word, rest in steps():
        if word == "FROM":
            base, _, stage = rest.partition(" AS ")
            found = stages[stage] = list(stages.get(base, []))
        else:
            found.append((word, rest))
    return stages[name]


def compose() -> dict[str, Any]:
    """The compose file."""
    found: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text(encoding="utf-8"))
    return found


def settings(words: list[str]) -> EngineConfig:
    """What a command line gives, with the settings file of this folder."""
    here = [
        word.replace("/etc/elocute/elocute.toml", str(DOCKER / "elocute.toml")) for word in words
    ]
    return _settings(_parser().parse_args(here))


@pytest.mark.parametrize("name", ["cpu", "cuda"])
def test_an_image_runs_as_nobody_in_particular_and_minds_its_signal(name: str) -> None:
    """A numbered user at the end, SIGTERM, JSON, an address that is reached from outside."""
    rows = target(name)
    last = dict(rows)
    assert re.fullmatch(r"[1-9]\d{4}:[1-9]\d{4}", last["USER"])
    assert last["STOPSIGNAL"] == "SIGTERM"
    words = json.loads(last["ENTRYPOINT"]) + json.loads(last["CMD"])
    assert words[0] == "elocute"
    config = settings(words[1:])
    assert (config.server.host, config.telemetry.log_format) == ("0.0.0.0", "json")
    assert last["EXPOSE"] == str(config.server.port)
    assert not config.access.insecure


def test_what_the_dockerfile_copies_is_there_and_let_in() -> None:
    """By the ignore file beside it; the wheel has every package."""
    allowed = (DOCKER / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]
    copied = [rest.split()[:-1] for word, rest in steps() if word == "COPY"]
    sources = {source for row in copied for source in row}
    assert sources >= {"pyproject.toml", *packages["build"]["targets"]["wheel"]["packages"]}
    for source in sources:
        assert (ROOT / source).exists()
        assert f"!{source}" in allowed
    assert allowed[1] == "*"


def test_extras_exist_and_bases_have_versions() -> None:
    """Nothing is `latest`; package lists do not stay in the image."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    arguments = dict(rest.split("=", 1) for word, rest in steps() if word == "ARG")
    extras = [
        name for _, rest in steps() for found in PIP.findall(rest) for name in found.split(",")
    ]
    assert len(extras) >= 3
    for extra in extras:
        assert arguments.get(extra.strip("${}"), extra) in project["optional-dependencies"]
    assert re.fullmatch(r"3\.\d+-slim-[a-z]+", arguments["PYTHON"])
    images = [one["image"] for one in compose()["services"].values()]
    assert all(re.search(r":(v?\d|local$)", image) for image in images)
    for word, rest in steps():
        if word == "RUN" and "system_packages.sh" in rest:
            assert "rm -rf /var/lib/apt/lists" in rest


@pytest.mark.net
def test_the_health_check_tells_up_from_down() -> None:
    """As it stands, but for the port."""
    (check,) = [rest for word, rest in target("cpu") if word == "HEALTHCHECK"]
    code = json.loads(check.partition("CMD ")[2])[2]
    assert "127.0.0.1:8080" in code
    with live_server() as server:
        exec(code.replace("127.0.0.1:8080", server.address))
    with pytest.raises(urllib.error.URLError):
        exec(code.replace("127.0.0.1:8080", "127.0.0.1:9"))


def test_compose_gives_the_server_its_settings_keys_and_time() -> None:
    """Files that exist, the secret where the settings look, a grace period that is long enough."""
    service = compose()["services"]["elocute"]
    config = settings(service["command"])
    assert config.access.keys == f"/run/secrets/{service['secrets'][0]}"
    assert compose()["secrets"]["keys"]["file"] == "./keys"
    grace_s = int(service["stop_grace_period"].removesuffix("s"))
    assert grace_s >= config.server.drain_s + GOODBYE_S + SHUTDOWN_S
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    build = service["build"]
    assert (DOCKER / build["context"] / build["dockerfile"]).resolve() == DOCKER / "Dockerfile"
    for one in compose()["services"].values():
        for volume in one.get("volumes", []):
            source = volume.partition(":")[0]
            assert source in compose()["volumes"] or (DOCKER / source).is_file()
        assert set(one["networks"]) <= set(compose()["networks"])
        published = one.get("ports") and not any(
            not (compose()["networks"][name] or {}).get("internal") for name in one["networks"]
        )
        assert not published, "an inner network publishes nothing"
    # 272 MB, and 27 MB a session with video (docs/figures.md).
    assert service["mem_limit"] == "1g"
    assert 272 + 27 * config.server.max_sessions < 1024


def test_nothing_but_relayed_media_is_open_to_everyone() -> None:
    """Page and metrics on localhost; of coturn the ports it relays through, and no other."""
    services = compose()["services"]
    for name in ("elocute", "prometheus"):
        assert all(port.startswith("127.0.0.1:") for port in services[name]["ports"])
    flags = dict(flag.lstrip("-").partition("=")[::2] for flag in services["coturn"]["command"])
    relayed = f"{flags['min-port']}-{flags['max-port']}"
    assert services["coturn"]["ports"] == [f"{relayed}:{relayed}/udp"]
    config = load_config(DOCKER / "elocute.toml")
    (turn,) = config.server.ice_servers
    assert turn.startswith(f"turn:coturn:{flags['listening-port']}")
    count = int(flags["max-port"]) - int(flags["min-port"]) + 1
    assert count >= 2 * config.server.max_sessions
    assert {"inner", "outer"} == set(services["coturn"]["networks"])


def test_prometheus_asks_the_server_with_its_key() -> None:
    """Name, port, path and secret."""
    file = yaml.safe_load((DOCKER / "prometheus.yml").read_text(encoding="utf-8"))
    (job,) = file["scrape_configs"]
    config = load_config(DOCKER / "elocute.toml")
    assert job["static_configs"] == [{"targets": [f"elocute:{config.server.port}"]}]
    assert job["metrics_path"] == "/metrics"
    assert job["authorization"] == {"type": "Bearer", "credentials_file": config.access.keys}
    assert compose()["services"]["prometheus"]["secrets"] == ["keys"]


def unit() -> dict[str, str]:
    """The service's section."""
    parser = RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(UNIT.read_text(encoding="utf-8"))
    return dict(parser["Service"])


def test_the_unit_gives_time_to_drain_and_the_keys_to_nobody_else() -> None:
    """The command line is understood; the keys come as a credential of that name."""
    rows = unit()
    words = shlex.split(rows["ExecStart"])
    assert words[0].endswith("/elocute")
    config = settings(words[1:])
    assert config.telemetry.log_format == "json"
    assert int(rows["TimeoutStopSec"]) >= config.server.drain_s + GOODBYE_S + SHUTDOWN_S
    name = rows["LoadCredential"].partition(":")[0]
    assert f"/run/credentials/elocute.service/{name}" in UNIT.read_text(encoding="utf-8")
    assert (rows["DynamicUser"], rows["ProtectSystem"]) == ("yes", "strict")
    assert "MemoryDenyWriteExecute" not in rows


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd")
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    """Every line, with a program that exists in place of ours; sandboxed by its own judgement."""
    there = tmp_path / UNIT.name
    text = UNIT.read_text(encoding="utf-8").replace("/opt/elocute/bin/elocute", sys.executable)
    there.write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", str(there)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(there)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert judged.returncode == 0, judged.stdout[-200:]
