"""What an engine file was built from and for: written beside it, checked before it is opened."""

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from stream_engine.errors import AssetError, EngineMismatch

ENGINE_SUFFIX, MANIFEST_SUFFIX = ".engine", ".json"
_DIGITS = 12


@dataclass(frozen=True, slots=True)
class EngineManifest:
    """An engine runs for exactly this.

    Attributes:
        model: Name of the graph, such as ``motion_sampler_1``.
        graph: First digits of the SHA-256 of graph and weights.
        shapes: Name of what the free sizes were fixed to: a latency profile, or ``any``.
        batch: Largest batch.
        precision: ``fp32``, ``fp16`` or ``bf16``.
        package: TensorRT by name and version.
        capability: Compute capability, such as ``8.9``.
    """

    model: str
    graph: str
    shapes: str
    batch: int
    precision: str
    package: str
    capability: str

    @property
    def key(self) -> str:
        """File name without its ending; two engines that differ in anything differ in it."""
        return (
            f"{self.model}-{self.shapes}-b{self.batch}-{self.precision}"
            f"-sm{self.capability.replace('.', '')}-{self.package}-{self.graph}"
        )


def graph_hash(path: Path) -> str:
    """First digits of the SHA-256 over a graph and the weights beside it."""
    digest = hashlib.sha256()
    for file in (path, path.with_name("weights.safetensors")):
        if file.exists():
            digest.update(file.read_bytes())
    return digest.hexdigest()[:_DIGITS]


def write_engine(folder: Path, manifest: EngineManifest, engine: bytes, seconds: float) -> Path:
    """Write an engine and its manifest.

    Args:
        folder: Where; made if missing.
        manifest: Of it.
        engine: As built.
        seconds: What the build took, for the record.

    Returns:
        The engine's path.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / (manifest.key + ENGINE_SUFFIX)
    described = dataclasses.asdict(manifest) | {
        "sha256": hashlib.sha256(engine).hexdigest(),
        "bytes": len(engine),
        "build_seconds": round(seconds, 2),
    }
    path.write_bytes(engine)
    text = json.dumps(described, indent=2) + "\n"
    path.with_suffix(MANIFEST_SUFFIX).write_text(text, encoding="utf-8")
    return path


def read_engine(folder: Path, wanted: EngineManifest) -> bytes:
    """Read an engine that is exactly what is wanted.

    Args:
        folder: Where engines are.
        wanted: What it must have been built from and for.

    Returns:
        The engine.

    Raises:
        EngineMismatch: If there is none, or one for something else: it says what differs.
        AssetError: If engine and manifest do not belong together.
    """
    path = folder / (wanted.key + ENGINE_SUFFIX)
    fix = "elocute build --out " + str(folder)
    if not path.exists():
        raise EngineMismatch(
            f"no engine of {wanted.model} for this machine and setting",
            got=_nearest(folder, wanted),
            expected=path.name,
            fix=fix,
        )
    engine = path.read_bytes()
    try:
        described = json.loads(path.with_suffix(MANIFEST_SUFFIX).read_text(encoding="utf-8"))
        sha256 = described.pop("sha256")
        names = [item.name for item in dataclasses.fields(EngineManifest)]
        found = EngineManifest(**{name: described[name] for name in names})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise AssetError("engine without a readable manifest", got=repr(error), fix=fix) from error
    if found != wanted:
        raise EngineMismatch(
            f"engine of {wanted.model} is named like another", got=_apart(found, wanted), fix=fix
        )
    if hashlib.sha256(engine).hexdigest() != sha256:
        raise AssetError("engine file is not the one that was built", got=path.name, fix=fix)
    return engine


def largest_engine(folder: Path, wanted: EngineManifest) -> tuple[bytes, EngineManifest]:
    """Read the engine with the largest batch among those that are what is wanted otherwise.

    Args:
        folder: Where engines are.
        wanted: What it must have been built from and for; its batch does not matter.

    Returns:
        The engine, and what it is.

    Raises:
        EngineMismatch: If there is none: it says what there is.
        AssetError: If engine and manifest do not belong together.
    """
    alike = [
        found
        for found in _manifests(folder, wanted.model)
        if dataclasses.replace(found, batch=wanted.batch) == wanted
    ]
    best = max(alike, key=lambda found: found.batch, default=wanted)
    return read_engine(folder, best), best


def _manifests(folder: Path, model: str) -> list[EngineManifest]:
    """All of a model that can be read."""
    names = [item.name for item in dataclasses.fields(EngineManifest)]
    found = []
    for path in sorted(folder.glob(f"{model}-*{MANIFEST_SUFFIX}")):
        try:
            described = json.loads(path.read_text(encoding="utf-8"))
            found.append(EngineManifest(**{name: described[name] for name in names}))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return found


def _nearest(folder: Path, wanted: EngineManifest) -> str:
    """What of the model there is, and in what it differs."""
    found = [_apart(other, wanted) for other in _manifests(folder, wanted.model)]
    return "; ".join(found[:3]) or f"no engine of it in {folder}"


def _apart(found: EngineManifest, wanted: EngineManifest) -> str:
    pairs = zip(dataclasses.asdict(found).items(), dataclasses.astuple(wanted), strict=True)
    return "one for " + ", ".join(f"{name} {a}" for (name, a), b in pairs if a != b)
