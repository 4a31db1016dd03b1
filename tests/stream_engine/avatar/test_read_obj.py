"""Sets of OBJ files."""

from pathlib import Path

import numpy as np
import pytest

from stream_engine.avatar.importing import import_head, reader_for
from stream_engine.avatar.read_obj import parse_obj, read_mtl, read_obj_set
from stream_engine.errors import AssetError
from stream_engine.mesh.materials import Material

SQUARE = "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nvt 0 0\nvt 1 0\nvt 1 1\nvt 0 1\n"


def written(head, folder: Path, names: dict[str, str]) -> Path:
    """The shipped head as an OBJ set in centimetres, a file for each named shape."""
    basis = head.basis.reshape(52, -1, 3)
    parts = {"Skin": np.isin(head.material, (0, 1, 8, 9)), "Teeth": head.material == Material.TEETH}
    faces = ""
    for name, mask in parts.items():
        corners = head.triangles[mask[head.triangles].all(axis=1)] + 1
        faces += f"usemtl {name}\n" + "".join(f"f {a}//1 {b}//1 {c}//1\n" for a, b, c in corners)
    for index, name in {-1: "neutral", **{int(k): v for k, v in names.items()}}.items():
        points = 100 * (head.positions + (basis[index] if index >= 0 else 0))
        lines = "".join(f"v {x:.5f} {y:.5f} {z:.5f}\n" for x, y, z in points)
        (folder / f"{name}.obj").write_text(lines + faces)
    return folder


def test_polygons_seams_and_numbers_from_the_end(tmp_path):
    """A square of four corners is two triangles; -1 is the last vertex."""
    (tmp_path / "a.obj").write_text(SQUARE + "usemtl m n\nf -4/1 -3/2 -2/3 -1/4\n")
    mesh = parse_obj(tmp_path / "a.obj")
    assert mesh.corners[..., 0].tolist() == [[0, 1, 2], [0, 2, 3]]
    assert mesh.corners[..., 1].tolist() == [[0, 1, 2], [0, 2, 3]]
    assert mesh.materials == ("m n",)


def test_materials_have_colours_and_pictures(tmp_path):
    """A picture that is there wins over a colour."""
    (tmp_path / "p.png").write_bytes(b"picture")
    (tmp_path / "m.mtl").write_text("newmtl a\nKd 1 0.5 0\nmap_Kd p.png\nnewmtl b\nKd 1 0 0\n")
    found = read_mtl(tmp_path / "m.mtl")
    assert found["a"].picture == b"picture"
    assert found["b"].color == (1.0, 0.0, 0.0, 1.0)
    assert read_mtl(tmp_path / "none.mtl") == {}


def test_a_folder_becomes_an_avatar(reference, tmp_path):
    """A few shapes by the names of their files; the rest is made, and the mouth has its teeth."""
    names = {"17": "jawOpen", "0": "eyeBlink_L", "19": "mouthFunnel", "23": "mouthSmile_L",
             "43": "browInnerUp"}  # fmt: skip
    folder = written(reference, tmp_path, names)
    imported = import_head(reader_for(folder)(folder), reference)
    assert imported.placement.unit == "centimetres"
    how = imported.made.how
    assert (how["eyeBlinkRight"], how["mouthPucker"]) == ("mirrored", "lent by the shipped head")
    assert imported.whole.is_kind(Material.TEETH).any()


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"jawOpen.obj": SQUARE}, "no head at rest"),
        ({"neutral.obj": SQUARE + "f 1 2 3\n"}, "one file for each shape"),
        ({"neutral.obj": SQUARE + "f 1 2 3\n", "jawOpen.obj": "v 0 0 0\n"}, "'jawOpen' does not"),
        ({"neutral.obj": SQUARE + "f 1 2 9\n", "a.obj": SQUARE}, r"neutral\.obj .*corner 9"),
        ({"neutral.obj": "v 0 a 0\n", "a.obj": SQUARE}, r"neutral\.obj is broken"),
        ({"neutral.obj": SQUARE + "f x y z\n", "a.obj": SQUARE}, r"neutral\.obj is broken"),
    ],
)
def test_broken_sets_name_the_file(tmp_path, files, said):
    """What is wrong, in which file."""
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(AssetError, match=said):
        read_obj_set(tmp_path)
