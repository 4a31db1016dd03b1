"""Descent and checkpoints."""

from pathlib import Path

import pytest
import torch
from torch import nn

from stream_engine.errors import AssetError
from training.optimisation import Optimisation, read_checkpoint, write_checkpoint
from training.place import HERE, Place


def descent(width: int = 3) -> Optimisation:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(width, 8), nn.Dropout(0.5), nn.Linear(8, 1))
    return Optimisation(network, torch.optim.AdamW(network.parameters()), HERE, seed=4)


def step(descent: Optimisation) -> float:
    x = torch.rand(16, 3, generator=descent.generator)
    wanted = x.sum(1, keepdim=True)
    return float(descent.descend({"error": (descent.network(x) - wanted).square().mean()})["total"])


def test_going_on_is_going_on(tmp_path: Path) -> None:
    """Weights, moments, draws and dropout come back: three more steps are the same three."""
    first = descent()
    for _ in range(3):
        step(first)
    write_checkpoint(tmp_path / "c.pt", first.state())
    wanted = [step(first) for _ in range(3)]
    second = descent()
    torch.manual_seed(99)
    second.restore(read_checkpoint(tmp_path / "c.pt"))
    assert second.step == 3
    assert [step(second) for _ in range(3)] == wanted


def test_a_checkpoint_is_on_the_cpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every tensor of it, however deep, is moved there before it is written."""
    moved: list[int] = []

    def noted(tensor: torch.Tensor) -> torch.Tensor:
        moved.append(int(tensor))
        return tensor

    monkeypatch.setattr(torch.Tensor, "cpu", noted)
    state = {"a": torch.tensor(1), "b": {"c": [torch.tensor(2), {"d": torch.tensor(3)}]}, "e": 4}
    write_checkpoint(tmp_path / "c.pt", state)
    assert moved == [1, 2, 3]
    assert read_checkpoint(tmp_path / "c.pt") == state


def test_terms_add_up_and_carry_no_graph() -> None:
    """The total is their sum; keeping them keeps no memory of the pass."""
    run = descent()
    out = run.network(torch.rand(4, 3)).mean()
    terms = run.descend({"a": out, "b": 2 * out})
    assert terms["total"] == pytest.approx(float(terms["a"] + terms["b"]))
    assert not any(term.requires_grad for term in terms.values())


def test_another_number_of_processes_goes_on_with_fresh_draws() -> None:
    """Repeating the draws of the beginning would train twice on the same clips."""
    run = descent()
    step(run)
    state = run.state()
    state["generator"] = state["generator"].repeat(2, 1)
    begun = torch.Generator().manual_seed(4)
    run.restore(state)
    assert not torch.equal(torch.rand(8, generator=run.generator), torch.rand(8, generator=begun))
    assert Place(rank=1, ranks=2).generator(4).initial_seed() != run.generator.initial_seed()


def test_what_does_not_fit_says_so(tmp_path: Path) -> None:
    """Another size, an older version, a file that is no checkpoint."""
    with pytest.raises(AssetError, match="does not fit"):
        descent(5).restore(descent(3).state())
    older = {name: part for name, part in descent().state().items() if name != "dropout"}
    with pytest.raises(AssetError, match="dropout"):
        descent().restore(older)
    (tmp_path / "c.pt").write_bytes(b"nothing")
    with pytest.raises(AssetError, match=r"c\.pt"):
        read_checkpoint(tmp_path / "c.pt")


def test_the_rate_goes_up_straight_and_down_in_half_a_wave() -> None:
    """Ten steps to its height, a fiftieth of it in the end and ever after."""
    run = descent()
    rates = []
    for run.step in (0, 4, 9, 55, 100, 300):
        run.set_rate(1.0, steps=100, warming=10)
        rates.append(run.rate)
    assert rates[0] == pytest.approx(0.1)
    assert rates[1] == pytest.approx(0.5, abs=0.01)
    assert rates[2] == max(rates) > 0.97
    assert rates[3] == pytest.approx(0.43, abs=0.02)
    assert rates[4] == rates[5] == pytest.approx(0.02)
