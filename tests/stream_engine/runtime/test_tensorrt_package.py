"""TensorRT or TensorRT-RTX, whichever is there."""

import sys
from types import ModuleType

import pytest

from stream_engine.errors import BackendUnavailable
from stream_engine.runtime.tensorrt_package import PACKAGES, capability_of, find_tensorrt


def fake(name: str, whole: bool = True) -> ModuleType:
    """A package with or without its libraries."""
    module = ModuleType(name)
    module.__version__ = "9.9"  # type: ignore[attr-defined]
    if whole:
        module.Builder = object  # type: ignore[attr-defined]
    return module


def test_the_first_package_that_is_whole_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stub without libraries is passed over; the name says which it is."""
    for name in PACKAGES:
        monkeypatch.setitem(sys.modules, name, fake(name))
    assert find_tensorrt()[1] == "tensorrt-9.9"
    monkeypatch.setitem(sys.modules, "tensorrt", fake("tensorrt", whole=False))
    assert find_tensorrt()[1] == "tensorrt_rtx-9.9"


def test_without_either_it_says_what_was_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both names, each with its reason, and what to install."""
    monkeypatch.setitem(sys.modules, "tensorrt", None)
    monkeypatch.setitem(sys.modules, "tensorrt_rtx", fake("tensorrt_rtx", whole=False))
    with pytest.raises(BackendUnavailable, match=r"tensorrt: .*tensorrt_rtx: a package without"):
        find_tensorrt()


def test_a_card_that_cannot_be_built_for_is_refused_with_those_that_can() -> None:
    """By number; a package without the choice can only build for its own machine."""
    trt = fake("trt")
    with pytest.raises(BackendUnavailable, match="the card of this machine"):
        capability_of(trt, "8.9")
    trt.ComputeCapability = type("Known", (), {"SM86": 1, "SM89": 2, "SM120": 3})  # type: ignore[attr-defined]
    assert capability_of(trt, "12.0") == 3
    with pytest.raises(BackendUnavailable, match=r"got 7\.0; expected 12\.0, 8\.6, 8\.9"):
        capability_of(trt, "7.0")


@pytest.mark.trt
def test_the_real_package_knows_the_cards_of_the_day() -> None:
    """Ada, Ampere and Blackwell."""
    trt, name = find_tensorrt()
    assert name.startswith(PACKAGES)
    assert len({int(capability_of(trt, text)) for text in ("8.6", "8.9", "12.0")}) == 3
