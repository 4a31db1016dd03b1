"""How the application is put together; what it does is in tests/e2e/test_ray.py."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.paths import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("ray") is None, reason="needs Ray: pip install 'elocute[ray]'"),
]

SCRIPT = """
import json, sys
from stream_engine.errors import ConfigError
from stream_engine.replica.ray_app import GRACE_S, Scale, app
from ray.serve._private.build_app import build_app
try:
    app(Scale(config="nowhere.toml"))
    raise SystemExit("wrong settings were taken")
except ConfigError:
    pass
try:
    app(Scale())
    raise SystemExit("a server without a key was taken")
except ConfigError:
    pass
built = build_app(app(Scale(config=sys.argv[1], replicas=3, gpus=0.5)), name="elocute")
found = {}
for one in built.deployments:
    config = one._deployment_config
    actor = one.ray_actor_options
    found[one.name] = [config.num_replicas, config.graceful_shutdown_timeout_s, actor]
print(json.dumps({"grace": GRACE_S, "ingress": built.ingress_deployment_name, **found}))
"""


def test_arguments_and_settings_reach_the_deployments(tmp_path: Path) -> None:
    """Numbers and resources; Ray waits longer than a replica drains."""
    settings = tmp_path / "elocute.toml"
    settings.write_text("[server]\ndrain_s = 120\n[access]\ninsecure = true\n")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(settings)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["ingress"] == "Doors"
    replicas, grace_s, resources = found["Replica"]
    assert replicas == 3
    assert grace_s == 120 + found["grace"]
    assert (resources["num_cpus"], resources["num_gpus"]) == (1.0, 0.5)
    assert found["Directory"][0] == 1
