"""CUDA: said plainly where there is none; on a card, memory, stream and graph."""

import numpy as np
import pytest

from stream_engine.errors import BackendUnavailable
from stream_engine.runtime.cuda import Cuda, find_cuda


def has_card() -> bool:
    """Whether CUDA can be used here."""
    try:
        find_cuda()
    except BackendUnavailable:
        return False
    return True


def test_without_bindings_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not an ImportError from deep inside."""

    def missing(name: str) -> None:
        raise ImportError(f"No module named {name!r}")

    monkeypatch.setattr("importlib.import_module", missing)
    with pytest.raises(BackendUnavailable, match="bindings are not installed.*pip install"):
        find_cuda()


@pytest.mark.skipif(has_card(), reason="there is a card")
def test_without_a_card_it_says_so() -> None:
    """CUDA's own words, and what does without."""
    pytest.importorskip("cuda.bindings.runtime", exc_type=ImportError)
    with pytest.raises(BackendUnavailable, match="no NVIDIA card.*onnxruntime"):
        Cuda()


@pytest.mark.gpu
@pytest.mark.skipif(not has_card(), reason="needs an NVIDIA card")
def test_a_captured_copy_can_be_launched_again() -> None:
    """Host to card to host, recorded once, with what the host holds at each launch."""
    cuda = Cuda()
    given, taken = (cuda.pinned_array((5,), np.float32) for _ in range(2))
    address = cuda.device_memory(given.nbytes)

    def work() -> None:
        cuda.upload(given, address)
        cuda.download(address, taken)

    graph = cuda.capture(work)
    for value in (1.0, 2.0):
        given[:] = value
        assert cuda.run(graph, timed=True) > 0.0
        assert (taken == value).all()
    assert cuda.card.capability[0].isdigit()
    cuda.close()
