"""A small Ray with two replicas: ``python -m tests.e2e.ray_cluster PORT``; obeys standard input.

Prints ``READY url``. ``kill NAME`` ends a replica's process, ``scale N`` asks for so many; each is
answered with ``DONE``. Media goes over loopback only.
"""

import logging
import os
import signal
import sys
import tempfile
from typing import Any

import aioice.ice
import ray
from ray import serve
from ray.serve.config import HTTPOptions
from ray.serve.context import _get_global_client
from ray.serve.schema import ServeDeploySchema
from ray.util import list_named_actors

from stream_engine.config import EngineConfig, MotionConfig, ServerConfig
from stream_engine.protocols import Stages
from stream_engine.replica.ray_app import Scale, compose
from tests.fakes.stages import FakeStages

LIMIT = 2
DRAIN_S = 4.0


def make_stages(config: EngineConfig) -> Stages:
    """Stages without a model, in the replica's process."""
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]
    return FakeStages()


def app(arguments: Scale) -> Any:
    """Build the application as `ray_app.app` does, but without a model."""
    server = ServerConfig(max_sessions=LIMIT, drain_s=DRAIN_S)
    config = EngineConfig(motion=MotionConfig(profile="ultra"), server=server)
    return compose(make_stages, config, arguments)


def scale(replicas: int) -> None:
    """Run the application with so many replicas, as ``serve deploy`` does with a file."""
    one = {
        "name": "elocute",
        "import_path": "tests.e2e.ray_cluster:app",
        "args": {"cpus": 0.1},
        "deployments": [{"name": "Replica", "num_replicas": replicas}],
    }
    config = ServeDeploySchema.model_validate({"applications": [one]})
    _get_global_client().deploy_apps(config, _blocking=True)


def kill(replica: str) -> None:
    """End a replica's process as a crash would."""
    found = [one for one in list_named_actors(all_namespaces=True) if replica in one["name"]]
    actor = ray.get_actor(found[0]["name"], namespace=found[0]["namespace"])
    pid = ray.get(actor.__ray_call__.remote(lambda replica: os.getpid()))
    os.kill(pid, signal.SIGKILL)


def main() -> None:
    """Run until standard input ends."""
    port = int(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="ray", dir="/tmp") as folder:
        ray.init(
            num_cpus=2,
            include_dashboard=False,
            object_store_memory=80 << 20,
            log_to_driver=False,
            logging_level=logging.ERROR,
            _temp_dir=folder,  # a socket's path must be short
        )
        serve.start(http_options=HTTPOptions(host="127.0.0.1", port=port))
        scale(2)
        print(f"READY http://127.0.0.1:{port}/", flush=True)  # noqa: T201 - read by the test
        for line in sys.stdin:
            order, value = line.split()
            if order == "kill":
                kill(value)
            else:
                scale(int(value))
            print("DONE", flush=True)  # noqa: T201 - read by the test
        ray.shutdown()


if __name__ == "__main__":
    main()
