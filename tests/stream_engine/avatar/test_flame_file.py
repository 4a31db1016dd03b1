"""Arrays out of a FLAME model, and nothing else."""

import io
import os
import pickle

import numpy as np
import pytest

from stream_engine.avatar.flame_file import read_flame_file
from stream_engine.errors import AssetError


def small(vertices=7):
    rng = np.random.default_rng(0)
    return {
        "v_template": rng.normal(size=(vertices, 3)),
        "f": np.array([[0, 1, 2]], np.uint32),
        "shapedirs": rng.normal(size=(vertices, 3, 302)),
        "posedirs": np.zeros((vertices, 3, 36)),
        "J_regressor": rng.uniform(size=(5, vertices)),
        "weights": rng.uniform(size=(vertices, 5)),
    }


class Ran:
    """Runs a command when it is unpickled."""

    def __reduce__(self):
        return os.mkdir, (str(self.where),)


def test_an_npz_and_a_pickle_are_the_same(tmp_path):
    """By the names that FLAME has; other entries are not looked at."""
    arrays = small()
    np.savez(tmp_path / "a.npz", **arrays, other=np.zeros(3))
    (tmp_path / "a.pkl").write_bytes(pickle.dumps({**arrays, "bs_style": "lbs"}, protocol=2))
    one, other = (read_flame_file(tmp_path / name) for name in ("a.npz", "a.pkl"))
    assert np.array_equal(one.template, other.template)
    assert np.array_equal(one.shape_directions, other.shape_directions)
    assert one.triangles.tolist() == [[0, 1, 2]]


def test_sparse_matrices_and_chumpys_arrays_are_held_as_they_are_stored(tmp_path):
    """As the published file has them, without either library."""
    scipy_sparse = pytest.importorskip("scipy.sparse")
    arrays = small()
    regressor = np.where(arrays["J_regressor"] > 0.5, arrays["J_regressor"], 0.0)
    arrays["J_regressor"] = scipy_sparse.csc_matrix(regressor)
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(arrays, protocol=2))
    assert np.allclose(read_flame_file(tmp_path / "a.pkl").joint_regressor, regressor)


def test_code_in_a_pickle_is_not_run(tmp_path):
    """A pickle that would make a folder is refused, and there is no folder."""
    Ran.where = tmp_path / "made"
    (tmp_path / "a.pkl").write_bytes(pickle.dumps({**small(), "x": Ran()}))
    with pytest.raises(AssetError, match="not run"):
        read_flame_file(tmp_path / "a.pkl")
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"weights": np.zeros((7, 4))}, "weights of shape"),
        ({"v_template": np.full((7, 3), np.nan)}, "not finite"),
        ({"f": np.array([[0, 1, 7]])}, "corner 7"),
        ({"f": "faces"}, "f that is a str"),
    ],
)
def test_arrays_that_do_not_fit_are_named(tmp_path, change, said):
    """Which one, and what it is."""
    (tmp_path / "a.pkl").write_bytes(pickle.dumps({**small(), **change}))
    with pytest.raises(AssetError, match=said):
        read_flame_file(tmp_path / "a.pkl")


def test_other_files_are_told(tmp_path):
    """Arrays by other names, an object array, and bytes that are nothing."""
    np.savez(tmp_path / "a.npz", a=np.zeros(3))
    with pytest.raises(AssetError, match="no v_template"):
        read_flame_file(tmp_path / "a.npz")
    np.savez(tmp_path / "b.npz", **{**small(), "f": np.array([{}], object)})
    with pytest.raises(AssetError, match="no FLAME model"):
        read_flame_file(tmp_path / "b.npz")
    for data in (b"", b"nothing", pickle.dumps([1]), pickle.dumps(io.BytesIO())[:9]):
        (tmp_path / "c.pkl").write_bytes(data)
        with pytest.raises(AssetError, match="no FLAME model"):
            read_flame_file(tmp_path / "c.pkl")
