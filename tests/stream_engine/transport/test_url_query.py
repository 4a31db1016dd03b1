import pytest

from stream_engine.errors import SignalingError
from stream_engine.transport.url_query import output_names, read_choice, read_flag, read_rate


def test_outputs_are_names_between_commas() -> None:
    """Nothing said is not the same as none wanted."""
    assert output_names({}) is None
    assert output_names({"outputs": ""}) == []
    assert output_names({"outputs": "unreal,,vtuber"}) == ["unreal", "vtuber"]


def test_a_rate_is_a_number_in_range() -> None:
    """Nothing that merely looks like one."""
    assert read_rate("22050") == 22_050
    for text in ("7999", "48001", "1e4", "-16000", "", "٣٠٠٠٠"):
        with pytest.raises(SignalingError, match="sample rate"):
            read_rate(text)


def test_a_choice_is_one_of_its_words_and_the_first_if_nothing_is_said() -> None:
    """Another word is told which there are."""
    assert read_choice({}, "encoding", ("json", "binary")) == "json"
    assert read_choice({"encoding": "binary"}, "encoding", ("json", "binary")) == "binary"
    with pytest.raises(SignalingError, match="json or binary"):
        read_choice({"encoding": "xml"}, "encoding", ("json", "binary"))


def test_a_flag_is_true_or_false() -> None:
    """Not 1 and not yes: who is to be recorded must have been plain."""
    assert read_flag({"record": "true"}, "record")
    assert not read_flag({"record": "false"}, "record")
    assert not read_flag({}, "record")
    with pytest.raises(SignalingError, match="record"):
        read_flag({"record": "1"}, "record")
