"""What every run advances, saves and goes on from: weights, optimiser, step, randomness."""

import math
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor, nn

from stream_engine.errors import AssetError
from training.place import Place


class Optimisation:
    """The descent of one network.

    Args:
        network: What learns, already on the place's device.
        optimiser: Of its parameters.
        place: Where.
        seed: Of everything random; each process draws its own.
    """

    def __init__(
        self, network: nn.Module, optimiser: torch.optim.Optimizer, place: Place, seed: int
    ) -> None:
        self.network = network
        self.optimiser = optimiser
        self.place = place
        self.generator = place.generator(seed)
        self.step = 0
        if place.ranks > 1:  # dropout, too, differs between processes
            torch.manual_seed(self.generator.initial_seed())

    @property
    def rate(self) -> float:
        """Learning rate of the last step."""
        rate: float = self.optimiser.param_groups[0]["lr"]
        return rate

    def set_rate(self, most: float, steps: int, warming: int) -> None:
        """Set the learning rate of the next step: up a straight line, then down half a wave.

        Args:
            most: Its height.
            steps: Of the run; it ends at a fiftieth.
            warming: Steps until it is high.
        """
        wave = 0.5 * (1.0 + math.cos(math.pi * min(self.step / steps, 1.0)))
        rate = most * (0.02 + 0.98 * wave) * min(1.0, (self.step + 1) / warming)
        for options in self.optimiser.param_groups:
            options["lr"] = rate

    def descend(self, terms: dict[str, Tensor]) -> dict[str, Tensor]:
        """Take one step down the sum of the terms.

        Args:
            terms: Weighted terms of the loss, scalars.

        Returns:
            Terms and their total. They stay on the device: reading one waits for it.
        """
        total = torch.stack(list(terms.values())).sum()
        self.optimiser.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        self.step += 1
        return {name: term.detach() for name, term in (terms | {"total": total}).items()}

    def state(self) -> dict[str, Any]:
        """Everything `restore` needs; every process has to ask."""
        gathered = self.place.gathered
        return {
            "model": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "generator": gathered(self.generator.get_state()),
            "dropout": gathered(_dropout_state(self.place.device)),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state; with another number of processes, with fresh draws.

        Args:
            state: What `state` gave, perhaps on another device.

        Raises:
            AssetError: If it is of another kind of run, network or version.
        """
        try:
            self.network.load_state_dict(state["model"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.step = state["step"]
            draws, dropout = state["generator"], state["dropout"]
        except (KeyError, RuntimeError, ValueError) as error:
            raise AssetError(
                "checkpoint does not fit this run",
                got=str(error),
                fix="use the recipe it was made with, or another run folder",
            ) from error
        rank = self.place.rank
        if len(draws) == self.place.ranks:
            # Copies: torch crashes on a state that is a view into another tensor.
            self.generator.set_state(draws[rank].clone())
            if dropout.shape[1] == len(_dropout_state(self.place.device)):
                _set_dropout_state(self.place.device, dropout[rank].clone())
        else:
            self.generator.manual_seed(self.generator.initial_seed() + self.step)


class Descending:
    """Base of everything that learns by one descent: where it stands, and how it goes on.

    Args:
        descent: What it advances.
    """

    def __init__(self, descent: Optimisation) -> None:
        self._descent = descent

    @property
    def step(self) -> int:
        """Steps done."""
        return self._descent.step

    @property
    def rate(self) -> float:
        """Learning rate of the last step."""
        return self._descent.rate

    def state(self) -> dict[str, Any]:
        """Everything needed to go on; asked on every process."""
        return self._descent.state()

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self._descent.restore(state)

    def save(self, path: Path) -> None:
        """Write a checkpoint atomically."""
        write_checkpoint(path, self.state())


def _dropout_state(device: torch.device) -> Tensor:
    return torch.cuda.get_rng_state(device) if device.type == "cuda" else torch.get_rng_state()


def _set_dropout_state(device: torch.device, state: Tensor) -> None:
    if device.type == "cuda":
        torch.cuda.set_rng_state(state, device)
    else:
        torch.set_rng_state(state)


def write_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write a checkpoint atomically, its tensors on the CPU: any machine can read it."""
    unfinished = path.with_suffix(".new")
    torch.save(_on_cpu(state), unfinished)
    unfinished.rename(path)


def _on_cpu(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.cpu()
    if isinstance(value, dict):
        return {key: _on_cpu(part) for key, part in value.items()}
    return [_on_cpu(part) for part in value] if isinstance(value, list) else value


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint, onto the CPU.

    Args:
        path: What `write_checkpoint` wrote.

    Returns:
        The state.

    Raises:
        AssetError: If it cannot be read.
    """
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, ValueError, UnpicklingError) as error:
        raise AssetError(
            "checkpoint cannot be read",
            got=f"{path}: {type(error).__name__}",
            expected="weights and plain values, as training writes them",
            fix="delete it to begin anew",
        ) from error
    return state
