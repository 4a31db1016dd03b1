"""The only module that names concrete stages and backends: settings in, working parts out."""

import json
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from stream_engine.capacity.admission import Setting
from stream_engine.config import SHIPPED_STEP_COUNTS, EngineConfig
from stream_engine.errors import AssetError
from stream_engine.heads import head_asset, head_mesh
from stream_engine.mesh.blendshapes import HeadMesh
from stream_engine.motion.arkit import INDEX, MOUTH_NAMES
from stream_engine.motion.expression import Expression
from stream_engine.motion.generator import MotionGenerator
from stream_engine.motion.hop import MotionHop
from stream_engine.motion.performance import Performance
from stream_engine.motion.session_slots import SessionSlots
from stream_engine.motion.viseme_mouth import load_visemes
from stream_engine.motion.window import LatencyProfile, profile_named
from stream_engine.pipeline import SpeechToMotion
from stream_engine.protocols import Renderer
from stream_engine.runtime.backends import MotionModels, choose_backend
from stream_engine.runtime.engine_manifest import graph_hash

if TYPE_CHECKING:
    from stream_engine.monitor.ear import Ear
    from stream_engine.monitor.streaming_ears import StreamingEars
    from stream_engine.monitor.sync_scorer import SyncScorer
    from stream_engine.monitor.units import UnitNamer

MODEL_FOLDER = Path(__file__).parent / "assets" / "motion"
EAR_FOLDER = Path(__file__).parent / "assets" / "ear"
VISEMES = Path(__file__).parent / "assets" / "visemes.npz"
UNITS_FOLDER = Path(__file__).parent / "assets" / "units"


def open_hop(
    folder: Path, profile: str | LatencyProfile, steps: int, precision: str = "fp32"
) -> MotionHop:
    """Open an exported folder's models on ONNX Runtime, for tools that try models out.

    Args:
        folder: Where `trt_build.export` wrote them.
        profile: Latency profile, or the name of one.
        steps: Diffusion steps per window.
        precision: ``int8`` for graphs that multiply bytes.

    Returns:
        The hop of a batch of sessions.

    Raises:
        AssetError: If a graph is missing or broken.
    """
    from stream_engine.runtime.onnx_runner import OnnxRunner, graph_path

    encoder, sampler = (
        OnnxRunner(graph_path(folder, name, precision))
        for name in ("speech_encoder", f"motion_sampler_{steps}")
    )
    sizes = profile_named(profile) if isinstance(profile, str) else profile
    return MotionHop(encoder, sampler, sizes)


def open_ear(folder: Path | None = None) -> "Ear":
    """Open an exported mesh-to-speech model on ONNX Runtime.

    Args:
        folder: Where `trt_build.export_ear` wrote it; the shipped one by default.

    Returns:
        The ear, with the voice it was exported with.

    Raises:
        AssetError: If a file is missing or broken.
    """
    from stream_engine.monitor.ear import Ear
    from stream_engine.runtime.onnx_runner import OnnxRunner

    folder = folder or EAR_FOLDER
    missing = [name for name in ("ear.json", "ear.onnx") if not (folder / name).exists()]
    if missing:
        raise AssetError(
            "no ear to listen with",
            got=f"no {', '.join(missing)} in {folder}",
            fix="reinstall elocute, or train one (python -m training.mesh_to_speech) and write it "
            "there with python -m trt_build.export_ear",
        )
    try:
        described = json.loads((folder / "ear.json").read_text(encoding="utf-8"))
        voice = np.array(described["voice"]["values"], np.float32)
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise AssetError(
            "ear.json cannot be read", got=f"{folder}: {error!r}", fix="reinstall elocute"
        ) from error
    return Ear(OnnxRunner(folder / "ear.onnx"), voice)


def open_units(folder: Path | None = None) -> "UnitNamer":
    """Open an exported speech-units network on ONNX Runtime.

    Args:
        folder: Where `trt_build.export_units` wrote it; the shipped one by default.

    Returns:
        What names the units of speech.

    Raises:
        AssetError: If the graph is missing or broken.
    """
    from stream_engine.monitor.units import UnitNamer
    from stream_engine.runtime.onnx_runner import OnnxRunner

    path = (folder or UNITS_FOLDER) / "units.onnx"
    if not path.exists():
        raise AssetError(
            "nothing to name speech units with",
            got=f"no {path}",
            fix="reinstall elocute, or train units (python -m training.speech_units) and write "
            "them there with python -m trt_build.export_units",
        )
    return UnitNamer(OnnxRunner(path))


class Assembly:
    """Makes real stages for any number of sessions; models are loaded once and shared.

    Thread: what `motion_stream` and `motion_slots` return belongs to one engine thread, `renderer`
    to the thread that calls it.

    Args:
        config: All settings.

    Attributes:
        setting: What a measured capacity must have been measured with to hold.
    """

    def __init__(self, config: EngineConfig) -> None:
        self._config = config
        motion = config.motion
        self._backend = choose_backend(motion, MODEL_FOLDER)
        steps = [count for count in SHIPPED_STEP_COUNTS if count <= motion.steps]
        self._step_counts = steps if motion.shed else steps[:1]
        self._later = ThreadPoolExecutor(1, "models for later")
        self._ears: StreamingEars | None = None
        self._open(motion.latency_profile)  # what cannot be had is told now
        model = graph_hash(MODEL_FOLDER / f"motion_sampler_{motion.steps}.onnx")
        self.setting = Setting(self.backend, motion.steps, self.engine_threads, model)

    @property
    def backend(self) -> str:
        """The backend in use, for logs, metrics and ``doctor``."""
        return self._backend.name

    @property
    def engine_threads(self) -> int:
        """Engine threads: as many as the settings say, or as are of use to the backend."""
        return self._config.motion.threads or self._backend.engine_threads

    def prepare(self) -> None:
        """Open what a server asks for later, on a thread that would only wait.

        Raises:
            AssetError: If there is no such avatar, or a file of the monitor is missing.
        """
        self.head_poser(self._config.render.avatar)
        if self._config.monitor.enabled:
            from stream_engine.assemble_monitor import open_streaming_ears

            self._ears = open_streaming_ears()

    def motion_stream(self, profile: str) -> SpeechToMotion:
        """Make the speech-to-motion stream of one session.

        Args:
            profile: Latency profile.

        Returns:
            A stream that has not begun.

        Raises:
            ConfigError: If there is no such profile.
        """
        motion = self._config.motion
        performance = self._performances(profile_named(profile))[0]
        generator = MotionGenerator(performance, motion.seed, motion.manner)
        return SpeechToMotion(generator)

    def motion_slots(self, profile: str, capacity: int) -> SessionSlots:
        """Make the slots of all sessions of a profile.

        Args:
            profile: Latency profile.
            capacity: Slots.

        Returns:
            Slots in which no session has begun.

        Raises:
            ConfigError: If there is no such profile.
        """
        motion = self._config.motion
        performances = self._performances(profile_named(profile))
        cheaper = performances[1:] if motion.shed else None
        return SessionSlots(
            performances[0],
            capacity,
            motion.seed,
            cheaper,
            richer=self._richer(profile_named(profile)),
            visemes=load_visemes(VISEMES),
        )

    def sync_scorer(self, capacity: int) -> "SyncScorer | None":
        """Open the monitor's ears.

        Args:
            capacity: Most faces at once.

        Returns:
            A scorer; None if the settings want none.

        Raises:
            AssetError: If a file of it is missing.
        """
        if not self._config.monitor.enabled:
            return None
        from stream_engine.assemble_monitor import open_scorer

        return open_scorer(capacity, ears=self._ears)

    def head_poser(self, avatar: str) -> HeadMesh:
        """Give the shared poser of an avatar.

        Args:
            avatar: Its name.

        Returns:
            Coefficients to posed vertices.

        Raises:
            AssetError: If there is no such avatar.
        """
        return head_mesh(avatar, self._config.render.avatars_folder)

    def renderer(self, avatar: str) -> Renderer:
        """Open OpenGL and make a renderer; it belongs to the calling thread.

        Args:
            avatar: Name of the head to draw.

        Returns:
            The renderer.

        Raises:
            AssetError: If there is no such avatar.
            RenderError: If OpenGL cannot be had.
        """
        from stream_engine.render.choose_renderer import choose_renderer
        from stream_engine.transport.scenery import video_style

        config = self._config.render
        head = head_asset(avatar, config.avatars_folder)
        size, style = (config.width, config.height), video_style(config)
        return choose_renderer(head, size, style, config.batch)

    def close(self) -> None:
        """Free the models."""
        self._later.shutdown()
        self._backend.close()

    def _open(self, profile: LatencyProfile) -> MotionModels:
        return self._backend.open(profile, self._step_counts)

    def _richer(self, profile: LatencyProfile) -> Future[Performance] | None:
        """With more steps than wanted, for the monitor to ask for; None if there are none.

        Opened while the server starts: it takes as long as much else of that together.
        """
        more = [count for count in SHIPPED_STEP_COUNTS if count > self._config.motion.steps]
        if not more or not self._config.monitor.enabled or not self._config.monitor.acts:
            return None
        return self._later.submit(
            lambda: self._performing(self._backend.open(profile, more[-1:]), profile)[0]
        )

    def _performances(self, profile: LatencyProfile) -> list[Performance]:
        """With the steps wanted, then with ever fewer."""
        return self._performing(self._open(profile), profile)

    @staticmethod
    def _performing(models: MotionModels, profile: LatencyProfile) -> list[Performance]:
        mouth = [INDEX[name] for name in MOUTH_NAMES]
        hops = [MotionHop(models.encoder, sampler, profile) for sampler in models.samplers]
        return [Performance(hop, Expression(profile), shared=mouth) for hop in hops]
