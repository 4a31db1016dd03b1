"""The error tree."""

import inspect

from stream_engine import errors


def test_every_error_stands_in_the_drawn_tree() -> None:
    """The picture at the top of the module names every class, and nothing else."""
    classes = {name for name, value in inspect.getmembers(errors, inspect.isclass)}
    drawn = {word for word in (errors.__doc__ or "").split() if word in classes}
    assert drawn == classes
    assert all(issubclass(getattr(errors, name), errors.StreamEngineError) for name in classes)


def test_a_file_that_cannot_be_written_is_named_once() -> None:
    """With what the system said of it, whatever kind of error tells."""
    error = errors.AssetError.unwritable("sound", "a.wav", PermissionError(13, "No", "a.wav"))
    assert type(error) is errors.AssetError
    assert str(error).startswith("sound cannot be written; got a.wav: No; expected a folder")


def test_a_message_says_what_got_expected_and_what_to_do() -> None:
    """All four parts, in that order; the parts stay readable as attributes."""
    error = errors.ConfigError("odd size", got="3", expected="even", fix="add one")
    assert str(error) == "odd size; got 3; expected even; to fix: add one"
    assert (error.what, error.got, error.expected, error.fix) == (
        "odd size", "3", "even", "add one",
    )  # fmt: skip
