"""What commands that evaluate refuse."""

from pathlib import Path

import pytest

from stream_engine.errors import AssetError, BackendUnavailable, ConfigError
from training.evaluation.options import check_files, check_number, extra_packages


def test_a_missing_package_is_named_with_the_extra_that_has_it() -> None:
    """And what it was wanted for."""
    said = r"hearing needs packages.*no module no_such_package.*pip install 'elocute\[judge\]'"
    with pytest.raises(BackendUnavailable, match=said), extra_packages("judge", "hearing"):
        import no_such_package  # noqa: F401


def test_numbers_and_files_are_checked_before_any_work(tmp_path: Path) -> None:
    """What was not given is fine."""
    check_number("--clips", None, 2)
    check_number("--clips", 2, 2)
    with pytest.raises(ConfigError, match="--clips is out of range; got 1; expected >= 2"):
        check_number("--clips", 1, 2)
    check_files(tmp_path, tmp_path / "report.json")
    with pytest.raises(AssetError, match="no such folder of recordings"):
        check_files(tmp_path / "none", None)
    with pytest.raises(ConfigError, match="no folder to write to"):
        check_files(tmp_path, tmp_path / "none" / "report.json")
