import os

import pytest

from tests.e2e.browser import CHROMIUM


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, or in CI fail, what needs a browser where there is none."""
    if item.get_closest_marker("browser") is None or CHROMIUM.exists():
        return
    reason = f"needs Debian's chromium at {CHROMIUM}: apt-get install chromium"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
