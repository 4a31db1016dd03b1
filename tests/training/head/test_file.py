"""Writing the file."""

import numpy as np
import pytest
from safetensors.numpy import load_file

from training.head.file import write_tensors

TENSORS = {
    "b": np.arange(5, dtype=np.uint8),
    "a": np.arange(6, dtype=np.float32).reshape(2, 3),
    "c": np.arange(4, dtype=np.int16),
}


def test_the_vendor_reads_what_we_write(tmp_path):
    """All tensors come back."""
    write_tensors(tmp_path / "x" / "t.safetensors", TENSORS, {"k": "v"})
    back = load_file(tmp_path / "x" / "t.safetensors")
    assert set(back) == set(TENSORS)
    for name, tensor in TENSORS.items():
        np.testing.assert_array_equal(back[name], tensor)


def test_the_order_of_arguments_does_not_show(tmp_path):
    """The same content gives the same bytes."""
    write_tensors(tmp_path / "1", TENSORS, {"x": "1", "y": "2"})
    write_tensors(tmp_path / "2", dict(reversed(TENSORS.items())), {"y": "2", "x": "1"})
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()


def test_other_types_are_refused(tmp_path):
    """float64 has no place in the file."""
    with pytest.raises(KeyError):
        write_tensors(tmp_path / "t", {"a": np.zeros(2)}, {})
