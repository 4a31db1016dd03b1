"""What stands in deploy/ agrees with the code."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from starlette.routing import Route

from stream_engine.__main__ import _parser, _settings
from stream_engine.clock import MonotonicClock
from stream_engine.config import EngineConfig, load_config
from stream_engine.drain import GOODBYE_S
from stream_engine.errors import ConfigError
from stream_engine.front import Front, routes
from stream_engine.gate.keys import VARIABLE, check_exposure
from stream_engine.household import Household
from stream_engine.server import SHUTDOWN_S
from tests.fakes.live_server import live_server
from tests.fakes.stages import FakeStages
from tests.paths import ROOT

FOLDER = ROOT / "deploy" / "kubernetes"
BASE = FOLDER / "base"


def documents(path: Path) -> list[dict[str, Any]]:
    """Everything in a file."""
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))


def the(kind: str, name: str = "elocute") -> dict[str, Any]:
    """One object of the base."""
    listed = documents(BASE / "kustomization.yaml")[0]["resources"]
    found = [one for file in listed for one in documents(BASE / file)]
    (wanted,) = [one for one in found if (one["kind"], one["metadata"]["name"]) == (kind, name)]
    return wanted


def pod() -> dict[str, Any]:
    """The pod of the StatefulSet."""
    spec: dict[str, Any] = the("StatefulSet")["spec"]["template"]["spec"]
    return spec


def container() -> dict[str, Any]:
    """Its only container."""
    (found,) = pod()["containers"]
    return dict(found)


def settings() -> EngineConfig:
    """What the container's command line and file give."""
    arguments = [
        word.replace("/etc/elocute", str(BASE)).replace("$(POD_NAME)", "elocute-1")
        for word in container()["args"]
    ]
    options = _parser().parse_args(arguments)
    return _settings(options)


def test_the_command_line_and_the_file_are_understood() -> None:
    """Name, address, port; the port is the container's."""
    server = settings().server
    assert (server.replica, server.host) == ("elocute-1", "0.0.0.0")
    (port,) = container()["ports"]
    assert port["containerPort"] == port["hostPort"] == server.port
    assert load_config(BASE / "elocute.toml").server.drain_s > 0


def test_keys_come_from_a_secret_and_metrics_are_for_the_cluster(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With it the server starts where strangers reach it, without it it would not."""
    (keys,) = [one["valueFrom"] for one in container()["env"] if one["name"] == VARIABLE]
    assert keys["secretKeyRef"] == {"name": "elocute", "key": "keys"}
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(ConfigError):
        check_exposure(settings(), settings().server.host)
    monkeypatch.setenv(VARIABLE, "0123456789abcdef")
    check_exposure(settings(), settings().server.host)
    assert settings().access.scrapers


@pytest.mark.parametrize("probe", ["startupProbe", "readinessProbe", "livenessProbe"])
def test_probes_ask_for_paths_that_exist(probe: str) -> None:
    """At the port by its name."""
    house = Household(FakeStages(), EngineConfig(), MonotonicClock())
    paths = {one.path for one in routes(Front(house), ROOT) if isinstance(one, Route)}
    asked = container()[probe]["httpGet"]
    assert asked["path"] in paths
    assert asked["port"] == container()["ports"][0]["name"]
    assert (asked["path"] == "/readyz") == (probe == "readinessProbe")


def test_a_pod_is_given_the_time_it_takes_to_drain() -> None:
    """Before it is killed: the pause, the sessions, the goodbyes, the last requests."""
    pause = container()["lifecycle"]["preStop"]["sleep"]["seconds"]
    needed = pause + settings().server.drain_s + GOODBYE_S + SHUTDOWN_S
    assert pod()["terminationGracePeriodSeconds"] >= needed


def test_pods_find_each_other_by_the_names_sessions_carry() -> None:
    """The headless service, its port, and pods that are not ready."""
    service = the("Service", the("StatefulSet")["spec"]["serviceName"])
    port = service["spec"]["ports"][0]["port"]
    assert settings().server.sisters == f"{{replica}}.{service['metadata']['name']}:{port}"
    assert service["spec"]["clusterIP"] == "None"
    assert service["spec"]["publishNotReadyAddresses"]


def test_selectors_find_the_pods() -> None:
    """StatefulSet, services and budget mean the same."""
    spec = the("StatefulSet")["spec"]
    labels = spec["template"]["metadata"]["labels"].items()
    selectors = [spec["selector"]["matchLabels"]]
    selectors += [
        the("Service", name)["spec"]["selector"] for name in ("elocute", spec["serviceName"])
    ]
    selectors.append(the("PodDisruptionBudget")["spec"]["selector"]["matchLabels"])
    assert all(selector.items() <= labels for selector in selectors)


@pytest.mark.net
def test_pods_are_counted_by_a_metric_that_exists() -> None:
    """And more are started before those there are full."""
    spec = the("HorizontalPodAutoscaler")["spec"]
    assert spec["scaleTargetRef"]["name"] == the("StatefulSet")["metadata"]["name"]
    (metric,) = [one["pods"] for one in spec["metrics"]]
    with live_server() as server:
        assert f"{metric['metric']['name']} 0" in server.ask("metrics").body.splitlines()
    assert int(metric["target"]["averageValue"]) < settings().server.max_sessions


def test_memory_is_enough_for_all_sessions() -> None:
    """By the measured figures: 272 MB, and 27 MB a session."""
    asked = container()["resources"]["requests"]["memory"]
    assert int(re.fullmatch(r"(\d+)Mi", asked)[1]) > 272 + 27 * settings().server.max_sessions


def test_the_card_is_laid_over_the_container() -> None:
    """Same names; every file named exists."""
    overlay = documents(FOLDER / "gpu" / "kustomization.yaml")[0]
    assert (FOLDER / "gpu" / overlay["resources"][0]).resolve() == BASE
    (patch,) = overlay["patches"]
    card = documents(FOLDER / "gpu" / patch["path"])[0]
    assert (
        card["metadata"]["name"]
        == patch["target"]["name"]
        == the("StatefulSet")["metadata"]["name"]
    )
    (laid,) = card["spec"]["template"]["spec"]["containers"]
    assert laid["name"] == container()["name"]
    assert laid["resources"]["limits"] == {"nvidia.com/gpu": 1}


def test_the_image_is_named_in_one_place() -> None:
    """Whoever deploys names it in the kustomization."""
    (image,) = documents(BASE / "kustomization.yaml")[0]["images"]
    assert container()["image"] == image["name"]


def test_rays_file_names_what_the_application_has() -> None:
    """Module, builder, arguments and deployments, read off the source: Ray need not be there."""
    (one,) = documents(ROOT / "deploy" / "ray" / "elocute.yaml")[0]["applications"]
    module, _, name = one["import_path"].partition(":")
    source = (ROOT / (module.replace(".", "/") + ".py")).read_text(encoding="utf-8")
    assert f"\ndef {name}(" in source
    assert all(f"\n    {key}: " in source for key in one["args"])
    assert all(f"\nclass {row['name']}:" in source for row in one["deployments"])
