"""Devices and processes."""

import pytest
import torch
from torch import nn

from stream_engine.errors import BackendUnavailable, ConfigError
from training.place import HERE, Place, choose_device, take_place


def test_one_process_asks_nobody() -> None:
    """Alone, a network, a decision and a state are what they are."""
    network, state = nn.Linear(2, 2), torch.arange(3)
    assert HERE.leads
    assert HERE.spread(network) is network
    assert HERE.agreed(True) is True
    assert HERE.agreed(False) is False
    assert torch.equal(HERE.gathered(state), state[None])


def test_processes_draw_differently_and_repeatably() -> None:
    """Same seed and rank, same draws; another rank, others; the leader's are those of the seed."""
    drawn = [torch.rand(4, generator=Place(rank=r, ranks=2).generator(5)) for r in (0, 1, 1)]
    assert torch.equal(drawn[0], torch.rand(4, generator=torch.Generator().manual_seed(5)))
    assert not torch.equal(drawn[0], drawn[1])
    assert torch.equal(drawn[1], drawn[2])


def test_devices_are_chosen_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """``auto`` takes the process's own GPU if there is one; a missing one is an error."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert choose_device("auto", 1) == torch.device("cuda", 1)
    assert choose_device("cpu", 1) == torch.device("cpu")
    with pytest.raises(BackendUnavailable, match="process 2"):
        choose_device("auto", 2)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device("auto") == torch.device("cpu")
    with pytest.raises(BackendUnavailable, match="0 GPUs"):
        choose_device("cuda")
    with pytest.raises(ConfigError, match="tpu"):
        choose_device("tpu")


def test_without_torchrun_a_run_is_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No group is formed."""
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with take_place("cpu", torch.get_num_threads()) as place:
        assert place == HERE
        assert not torch.distributed.is_initialized()
