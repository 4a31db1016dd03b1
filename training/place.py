"""Where a run computes: its device, and its number among the processes `torchrun` started."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
import torch.distributed as group
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from stream_engine.errors import BackendUnavailable, ConfigError

DEVICES = ("auto", "cpu", "cuda")
_SEED_STEP = 1_000_003  # keeps the seeds of processes apart from the seeds people choose


@dataclass(frozen=True, slots=True)
class Place:
    """One process of a run.

    Attributes:
        device: Where its network is.
        rank: Its number; 0 leads: it alone judges, draws curves and saves.
        ranks: How many processes share the run.
    """

    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    rank: int = 0
    ranks: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process speaks for all."""
        return self.rank == 0

    def generator(self, seed: int) -> torch.Generator:
        """Randomness of this process, on the CPU: the same draws on every device."""
        return torch.Generator().manual_seed(seed + _SEED_STEP * self.rank)

    def spread(self, network: nn.Module) -> nn.Module:
        """The network with gradients averaged over all processes; itself if there is one."""
        if self.ranks == 1:
            return network
        return DistributedDataParallel(network)

    def agreed(self, yes: bool) -> bool:
        """What the leader says; every process has to ask."""
        if self.ranks == 1:
            return yes
        said = torch.tensor(int(yes), device=self.device)
        group.broadcast(said, src=0)
        return bool(said)

    def gathered(self, state: Tensor) -> Tensor:
        """A state [N] of every process, [R, N], on the CPU; every process has to ask."""
        if self.ranks == 1:
            return state[None]
        states = [torch.empty_like(state, device=self.device) for _ in range(self.ranks)]
        group.all_gather(states, state.to(self.device))
        return torch.stack(states).cpu()


HERE = Place()
"""One process on the CPU."""


def choose_device(name: str, local_rank: int = 0) -> torch.device:
    """The device of a name.

    Args:
        name: One of `DEVICES`; ``auto`` takes a GPU where there is one.
        local_rank: Number of the process on this machine, and of its GPU.

    Returns:
        The device.

    Raises:
        ConfigError: If the name is unknown.
        BackendUnavailable: If a GPU is wanted and there is none for this process.
    """
    if name not in DEVICES:
        raise ConfigError("unknown device", got=name, expected=", ".join(DEVICES))
    there = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if name == "cpu" or (name == "auto" and not there):
        return torch.device("cpu")
    if local_rank >= there:
        raise BackendUnavailable(
            "no GPU for this process",
            got=f"{there} GPUs, process {local_rank}",
            expected="a CUDA build of torch and one GPU per process",
            fix="pass --device cpu, or start fewer processes",
        )
    return torch.device("cuda", local_rank)


@contextmanager
def take_place(device: str, threads: int) -> Iterator[Place]:
    """Join the processes `torchrun` started, or be alone without it.

    Args:
        device: One of `DEVICES`.
        threads: CPU threads of each process.

    Yields:
        This process's place; the group is left at the end.
    """
    torch.set_num_threads(threads)
    ranks = int(os.environ.get("WORLD_SIZE", "1"))
    chosen = choose_device(device, int(os.environ.get("LOCAL_RANK", "0")))
    if chosen.type == "cuda":
        torch.cuda.set_device(chosen)
    if ranks == 1:
        yield Place(chosen)
        return
    group.init_process_group("nccl" if chosen.type == "cuda" else "gloo")
    try:
        yield Place(chosen, group.get_rank(), ranks)
        group.barrier()  # the leader may still be writing
    finally:
        group.destroy_process_group()
