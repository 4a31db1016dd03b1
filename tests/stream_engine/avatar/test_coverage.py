"""What an avatar can show."""

from stream_engine.avatar.coverage import coverage, coverage_text, shape_sources
from stream_engine.mesh.head_asset import DEFAULT_HEAD
from stream_engine.motion.arkit import ARKIT_NAMES


def test_shares_add_up_and_what_lacks_is_named():
    """Of a viseme's movement: in the file, made, and missing."""
    how = dict.fromkeys(ARKIT_NAMES, "in the file")
    how |= {"mouthClose": "lips", "mouthFunnel": "missing"}
    rows = {row.name: row for row in coverage(how)}
    assert rows["PP"].found + rows["PP"].made == 1.0
    assert rows["PP"].made > 0
    assert rows["O"].missing == ("mouthFunnel",)
    assert rows["O"].found < 0.5
    assert "mouthFunnel" in coverage_text(list(rows.values()))


def test_a_shipped_head_has_all_and_an_avatar_remembers(reference, avatar, avatar_file):
    """Sources come from the file; what does not move is missing whatever the file says."""
    assert set(shape_sources(DEFAULT_HEAD, reference).values()) == {"in the file"}
    assert set(shape_sources(avatar_file, avatar).values()) == {"in the file"}
