from importlib.metadata import version

from stream_engine.capacity.admission import Setting
from stream_engine.recording.versions import apart, versions_here


def test_all_that_bits_may_depend_on_is_named() -> None:
    """Model, backend, packages, processor; the same process twice is no difference."""
    here = versions_here(Setting("onnxruntime-cpu", 1, 2, "abc"))
    assert (here["model"], here["backend"]) == ("abc", "onnxruntime-cpu")
    assert here["onnxruntime"] == version("onnxruntime")
    assert {"elocute", "numpy", "python", "processor", "instructions"} <= set(here)
    assert apart(here, versions_here(Setting("onnxruntime-cpu", 1, 8, "abc"))) == {}


def test_what_differs_is_told_with_both_sides() -> None:
    """What only one of them names counts as well."""
    assert apart({"a": "1", "b": "2"}, {"a": "1", "b": "3", "c": "4"}) == {
        "b": ("2", "3"), "c": ("", "4"),
    }  # fmt: skip
