"""What compiled models need of CUDA: memory, a stream, captured graphs; by NVIDIA's bindings."""

import ctypes
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from stream_engine.errors import BackendUnavailable, InferenceError


def find_cuda() -> Any:
    """Import the bindings and look for a card.

    Returns:
        The module ``cuda.bindings.runtime``.

    Raises:
        BackendUnavailable: If the bindings, the driver or a card are missing.
    """
    try:
        runtime = importlib.import_module("cuda.bindings.runtime")
    except ImportError as error:
        raise BackendUnavailable(
            "CUDA's Python bindings are not installed",
            got=str(error),
            fix="pip install 'elocute[tensorrt]' or 'elocute[tensorrt-rtx]'",
        ) from error
    code, cards = runtime.cudaGetDeviceCount()
    if code != runtime.cudaError_t.cudaSuccess or not cards:
        raise BackendUnavailable(
            "no NVIDIA card can be used",
            got=_words(runtime, code) if cards is None else f"{cards} cards",
            expected="a card and a driver that knows this version of CUDA",
            fix="nvidia-smi shows card and driver; motion.backend = 'onnxruntime' needs neither",
        )
    return runtime


@dataclass(frozen=True, slots=True)
class Card:
    """A GPU.

    Attributes:
        name: What it is sold as.
        capability: Compute capability, such as ``8.9``.
        driver: Newest version of CUDA its driver knows, such as ``13.0``.
    """

    name: str
    capability: str
    driver: str


class Cuda:
    """One stream of the first card, and the memory that is used on it.

    *Thread*: one at a time. *State*: what was allocated, until ``close``.

    Raises:
        BackendUnavailable: See `find_cuda`.
    """

    def __init__(self) -> None:
        self._cuda = find_cuda()
        self.stream = self.call(self._cuda.cudaStreamCreateWithFlags, 1)  # waits for no other
        self._device: list[int] = []
        self._pinned: list[int] = []

    @property
    def card(self) -> Card:
        """The card in use."""
        found = self.call(self._cuda.cudaGetDeviceProperties, 0)
        driver = self.call(self._cuda.cudaDriverGetVersion)
        name = found.name.decode() if isinstance(found.name, bytes) else str(found.name)
        version = f"{driver // 1000}.{driver % 1000 // 10}"
        return Card(name, f"{found.major}.{found.minor}", version)

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call CUDA.

        Args:
            function: Of the bindings.
            *arguments: Its own.

        Returns:
            What it gives besides its status, None if nothing.

        Raises:
            InferenceError: If it fails.
        """
        code, *given = function(*arguments)
        if code != self._cuda.cudaError_t.cudaSuccess:
            raise InferenceError(f"{function.__name__} failed", got=_words(self._cuda, code))
        return given[0] if given else None

    def device_memory(self, size: int) -> int:
        """Allocate bytes on the card; gives their address."""
        self._device.append(self.call(self._cuda.cudaMalloc, max(1, size)))
        return self._device[-1]

    def pinned_array(self, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """Allocate an array that the card can read and write by itself; zeros."""
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        address = self.call(self._cuda.cudaMallocHost, max(1, size))
        self._pinned.append(address)
        block = (ctypes.c_uint8 * max(1, size)).from_address(address)
        array: NDArray[Any] = np.ctypeslib.as_array(block)[:size].view(dtype).reshape(shape)
        array[...] = 0
        return array

    def upload(self, array: NDArray[Any], address: int) -> None:
        """Queue a copy of a pinned array to the card."""
        self._copy(address, array.ctypes.data, array.nbytes, "cudaMemcpyHostToDevice")

    def download(self, address: int, array: NDArray[Any]) -> None:
        """Queue a copy from the card into a pinned array."""
        self._copy(array.ctypes.data, address, array.nbytes, "cudaMemcpyDeviceToHost")

    def capture(self, work: Callable[[], None]) -> Any:
        """Record what is queued as a graph, to be launched as one.

        Args:
            work: Queues it; has been run before, so that nothing is allocated or compiled now.

        Returns:
            For `run`.
        """
        mode = self._cuda.cudaStreamCaptureMode.cudaStreamCaptureModeThreadLocal
        self.call(self._cuda.cudaStreamBeginCapture, self.stream, mode)
        try:
            work()
        finally:
            graph = self.call(self._cuda.cudaStreamEndCapture, self.stream)
        return self.call(self._cuda.cudaGraphInstantiate, graph, 0)

    def run(self, graph: Any, timed: bool = False) -> float:
        """Launch a graph and wait for it.

        Args:
            graph: Of `capture`.
            timed: Ask the card how long it took.

        Returns:
            Milliseconds, 0 if not timed.
        """
        events = [self.call(self._cuda.cudaEventCreate) for _ in range(2 if timed else 0)]
        for event in events[:1]:
            self.call(self._cuda.cudaEventRecord, event, self.stream)
        self.call(self._cuda.cudaGraphLaunch, graph, self.stream)
        for event in events[1:]:
            self.call(self._cuda.cudaEventRecord, event, self.stream)
        self.wait()
        spent: float = self.call(self._cuda.cudaEventElapsedTime, *events) if timed else 0.0
        for event in events:
            self.call(self._cuda.cudaEventDestroy, event)
        return spent

    def wait(self) -> None:
        """Wait until all that was queued is done."""
        self.call(self._cuda.cudaStreamSynchronize, self.stream)

    def close(self) -> None:
        """Free stream and memory; arrays given out may not be touched afterwards."""
        self.wait()
        for address in self._device:
            self.call(self._cuda.cudaFree, address)
        for address in self._pinned:
            self.call(self._cuda.cudaFreeHost, address)
        self._device, self._pinned = [], []
        self.call(self._cuda.cudaStreamDestroy, self.stream)

    def _copy(self, to: int, source: int, size: int, kind: str) -> None:
        direction = getattr(self._cuda.cudaMemcpyKind, kind)
        self.call(self._cuda.cudaMemcpyAsync, to, source, size, direction, self.stream)


def _words(runtime: Any, code: Any) -> str:
    _, text = runtime.cudaGetErrorString(code)
    return text.decode() if isinstance(text, bytes) else str(text)
