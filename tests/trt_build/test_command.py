"""``elocute build``."""

from pathlib import Path

import pytest
import torch

from stream_engine.__main__ import main


def test_options_out_of_range_are_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """What, got, expected; nothing is built."""
    for arguments, said in (
        (["--precision", "int4"], "'int4'; expected one of fp32, fp16, bf16"),
        (["--steps", "3"], "got 3; expected one of 1, 2, 4"),
        (["--sessions", "0"], "got 0; expected 1..4096"),
        (["--profile", "hasty"], "'hasty'"),
    ):
        assert main(["build", "--out", str(tmp_path), *arguments]) != 0
        assert said in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a card")
def test_without_a_card_it_asks_for_which(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """It does not build for a card nobody has named."""
    assert main(["build", "--out", str(tmp_path)]) != 0
    assert "--compute-capability" in capsys.readouterr().err


@pytest.mark.trt
@pytest.mark.slow
def test_engines_are_built_once_and_listed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Encoder, sampler and ear of one profile; the second time they are there."""
    arguments = ["build", "--out", str(tmp_path), "--compute-capability", "8.9"]
    arguments += ["--profile", "ultra", "--steps", "1", "--sessions", "8"]
    assert main(arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("-")[0] for line in lines] == ["speech_encoder", "motion_sampler_1", "ear"]
    assert not any("was there" in line for line in lines)
    assert main(arguments) == 0
    assert all("was there" in line for line in capsys.readouterr().out.splitlines())
    assert len(list(tmp_path.glob("*.engine"))) == 3
