"""Elocute as a Ray Serve application: ``serve run stream_engine.replica.ray_app:app``.

::

    client ─► Serve's proxy ─► Doors ─► Replica  (a whole server on a port of its own)
       │                         └─ Directory ◄─ reports, once a second ─┘  ▲
       └──────────────────────── media, by UDP ─────────────────────────────┘

A session is no request of Ray's, so Ray's own count of requests is no measure of load: replicas
say how much room they have, and doors ask the `Directory`.
"""

import asyncio
import dataclasses
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field
from ray import serve
from ray.serve.handle import DeploymentHandle
from ray.util import get_node_ip_address
from starlette.applications import Starlette

from stream_engine.assemble import Assembly
from stream_engine.clock import MonotonicClock
from stream_engine.config import EngineConfig, load_config
from stream_engine.errors import ConfigError, TransportError
from stream_engine.gate.keys import check_exposure
from stream_engine.protocols import Stages
from stream_engine.replica.doors import doors_app
from stream_engine.replica.hosted import HostedServer
from stream_engine.replica.placement import REPORT_S, Register, Report

GRACE_S = 15.0
"""What Ray waits longer than ``server.drain_s`` before it kills a replica: time for goodbyes."""

DOOR_REQUESTS = 10_000
"""Requests and WebSockets at one of the doors at once; nothing there computes."""

DOOR_CPUS = 0.5
"""Processor cores Ray sets aside for one of the doors."""

MakeStages = Callable[[EngineConfig], Stages]


class Scale(BaseModel):  # type: ignore[misc]  # pydantic comes with Ray
    """Arguments of the application: ``serve run ...:app config=elocute.toml replicas=2``.

    When one of them changes Ray starts every replica anew. To scale what runs, change
    ``num_replicas`` of the deployment ``Replica`` in Ray's own file (docs/scale-out.md).
    """

    config: str = Field("", description="TOML file of settings; read once, where this is built")
    replicas: int = Field(1, ge=1, description="servers with an engine")
    cpus: float = Field(1.0, ge=0, description="processor cores of a replica")
    gpus: float = Field(0.0, ge=0, description="GPUs of a replica, or a part of one")


class Directory:
    """Keeps the `Register`; one for all. A new one is right again as soon as all have reported."""

    def __init__(self) -> None:
        self._register = Register(MonotonicClock())

    async def report(self, report: Report) -> None:
        """Take a replica's word."""
        self._register.report(report)

    async def living(self) -> Sequence[Report]:
        """List the replicas."""
        await asyncio.sleep(self._register.settling_s)
        return self._register.living()

    async def find(self, replica: str) -> Report | None:
        """Find a living replica by its name."""
        await asyncio.sleep(self._register.settling_s)
        return self._register.find(replica)

    async def place(self, tried: Collection[str]) -> Report | None:
        """Choose a replica for one more session, but none of those ``tried``."""
        await asyncio.sleep(self._register.settling_s)
        return self._register.place(tried)


class Replica:
    """A whole server in one of Ray's processes; named by Ray, found by its reports.

    When Ray takes it away it drains for ``server.drain_s``.

    Args:
        make_stages: Makes what a session is made of.
        config: Settings; name, address and port are Ray's to give.
        directory: Told once a second how full it is.
    """

    def __init__(
        self, make_stages: MakeStages, config: EngineConfig, directory: DeploymentHandle
    ) -> None:
        name = serve.get_replica_context().replica_id.unique_id
        placed = dataclasses.replace(
            config.server, host=get_node_ip_address(), port=0, replica=name
        )
        config = dataclasses.replace(config, server=placed)
        self._directory = directory
        self._server = HostedServer(make_stages(config), config)
        self._server.start()
        self._reporting = asyncio.create_task(self._keep_reporting())

    async def check_health(self) -> None:
        """Raise if the server has stopped: Ray then replaces the replica."""
        if not self._server.alive or self._reporting.done():
            raise TransportError("the replica's server has stopped")

    async def __del__(self) -> None:
        """Drain; called by Ray before it takes the process away."""
        self._server.leave()
        await asyncio.to_thread(self._server.join)
        self._reporting.cancel()

    async def _keep_reporting(self) -> None:
        while True:
            await self._directory.report.remote(self._server.report())
            await asyncio.sleep(REPORT_S)


class _RemoteDirectory:
    """Implements `doors.Directory` by asking Ray's."""

    def __init__(self, handle: DeploymentHandle) -> None:
        self._handle = handle

    async def living(self) -> Sequence[Report]:
        found: Sequence[Report] = await self._handle.living.remote()
        return found

    async def find(self, replica: str) -> Report | None:
        found: Report | None = await self._handle.find.remote(replica)
        return found

    async def place(self, tried: Collection[str]) -> Report | None:
        chosen: Report | None = await self._handle.place.remote(tuple(tried))
        return chosen


def _doors_of_this_app() -> Starlette:
    return doors_app(_RemoteDirectory(serve.get_deployment_handle("Directory")))


class Doors:
    """The doors, where Ray's proxies send everything.

    Args:
        directory: Started with it.
        replicas: Started with it; requests go to their own ports, not through the handle.
    """

    def __init__(self, directory: DeploymentHandle, replicas: DeploymentHandle) -> None:
        del directory, replicas


def compose(make_stages: MakeStages, config: EngineConfig, scale: Scale) -> Any:
    """Put the deployments together.

    Args:
        make_stages: Makes what a session is made of, in the replica's process.
        config: Settings of every replica.
        scale: How many of what.

    Returns:
        A Ray Serve application.
    """
    directory = serve.deployment(Directory).options(
        ray_actor_options={"num_cpus": 0},
        logging_config={"enable_access_log": False},  # a line a second from every replica
    )
    replica = serve.deployment(Replica).options(
        num_replicas=scale.replicas,
        ray_actor_options={"num_cpus": scale.cpus, "num_gpus": scale.gpus},
        graceful_shutdown_timeout_s=config.server.drain_s + GRACE_S,
    )
    doors = serve.deployment(serve.ingress(_doors_of_this_app)(Doors)).options(
        max_ongoing_requests=DOOR_REQUESTS,
        ray_actor_options={"num_cpus": DOOR_CPUS},
    )
    register = directory.bind()
    return doors.bind(register, replica.bind(make_stages, config, register))


def app(arguments: Scale) -> Any:
    """Build the application; Ray calls it with what stands in its command line or YAML file.

    Args:
        arguments: Settings file and numbers.

    Returns:
        A Ray Serve application.

    Raises:
        ConfigError: If the settings are wrong, or there is no key and `access.insecure` is not set.
    """
    config = load_config(Path(arguments.config)) if arguments.config else EngineConfig()
    check_exposure(config, "of any node")
    if config.server.certificate:
        raise ConfigError(
            "doors ask replicas by plain HTTP",
            got="server.certificate",
            fix="let what stands before Ray's proxies speak HTTPS",
        )
    return compose(Assembly, config, arguments)
