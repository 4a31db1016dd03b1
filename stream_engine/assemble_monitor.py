"""The lip-sync monitor of real parts; names them as `assemble` names all others."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from stream_engine.config import INT8
from stream_engine.errors import AssetError
from stream_engine.monitor.streaming_ears import Hearing, StreamingEars
from stream_engine.monitor.sync_score import Calibration
from stream_engine.monitor.sync_scorer import SyncScorer
from stream_engine.runtime.onnx_runner import OnnxRunner, graph_path

MONITOR_FOLDER = Path(__file__).parent / "assets" / "monitor"
DESCRIPTION = "monitor.json"
FACE_EAR, SPEECH_EAR = "face_ear", "speech_ear"


def read_monitor(folder: Path | None = None) -> dict[str, Any]:
    """Read what stands beside the monitor's graphs.

    Args:
        folder: Where `trt_build.export_monitor` wrote it; the shipped one by default.

    Returns:
        Sizes, prior, voice and calibration.

    Raises:
        AssetError: If it is missing or broken.
    """
    folder = folder or MONITOR_FOLDER
    wanted = (DESCRIPTION, f"{FACE_EAR}.onnx", f"{SPEECH_EAR}.onnx")
    missing = [name for name in wanted if not (folder / name).exists()]
    if missing:
        raise AssetError(
            "no ears to watch a face with",
            got=f"no {', '.join(missing)} in {folder}",
            fix="reinstall elocute, or train them (python -m training.streaming_ear) and write "
            "them there with python -m trt_build.export_monitor",
        )
    try:
        described: dict[str, Any] = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise AssetError(
            f"{DESCRIPTION} cannot be read", got=f"{folder}: {error}", fix="reinstall elocute"
        ) from error
    return described


def open_streaming_ears(folder: Path | None = None, precision: str = INT8) -> StreamingEars:
    """Open the monitor's ears on ONNX Runtime.

    Args:
        folder: Where `trt_build.export_monitor` wrote them; the shipped ones by default.
        precision: ``int8`` for graphs that multiply bytes, or ``fp32``.

    Returns:
        The ears.

    Raises:
        AssetError: If a file is missing or broken.
    """
    folder, described = folder or MONITOR_FOLDER, read_monitor(folder)
    try:
        config = described["config"]
        hearing = Hearing(
            delay=int(config["delay"]),
            past_frames=2 * sum(config["dilations"]),
            width=int(config["width"]),
            prior=np.array(described["prior"], np.float32),
            voice=np.array(described["voice"], np.float32),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise AssetError(
            f"{DESCRIPTION} does not describe ears", got=repr(error), fix="reinstall elocute"
        ) from error
    face, speech = (graph_path(folder, name, precision) for name in (FACE_EAR, SPEECH_EAR))
    return StreamingEars(OnnxRunner(face), OnnxRunner(speech), hearing)


def open_scorer(
    capacity: int, folder: Path | None = None, ears: StreamingEars | None = None
) -> SyncScorer:
    """Open the monitor for live faces.

    Args:
        capacity: Most faces at once.
        folder: Of the monitor; the shipped one by default.
        ears: Where they are open already.

    Returns:
        The scorer.

    Raises:
        AssetError: If a file is missing or broken.
    """
    return SyncScorer(ears or open_streaming_ears(folder), read_calibration(folder), capacity)


def read_calibration(folder: Path | None = None, ears: str = "shipped") -> Calibration:
    """Read the shipped calibration of a kind of ears.

    Args:
        folder: Of the monitor; the shipped one by default.
        ears: Which: ``shipped``, or what `training.sync.calibrate` was told.

    Returns:
        The calibration.

    Raises:
        AssetError: If there is none.
    """
    try:
        found: dict[str, Any] = read_monitor(folder)["calibration"][ears]
        for name in ("in_sync", "located"):
            found[name] = tuple(found[name])
        return Calibration(**found)
    except (KeyError, TypeError) as error:
        raise AssetError(
            "the monitor is not calibrated",
            got=f"nothing for ears {ears!r} ({error!r})",
            fix="python -m training.sync.calibrate",
        ) from error
