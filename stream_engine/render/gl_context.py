"""Opens OpenGL without a window; the only module that imports the OpenGL library."""

from __future__ import annotations

import ctypes
import ctypes.util
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import moderngl

from stream_engine.errors import RenderError
from stream_engine.render.shader_source import load_shader

_PACKAGES = "libegl1 libegl-mesa0 libgl1 libgl1-mesa-dri libgles2 libgbm1"
_NEEDED_VERSION = 330
_STAGES = ("vert", "frag")

Fence = Callable[[], object]
"""Waits for what was asked of OpenGL before it was made."""

_COMMANDS_DONE, _FLUSH = 0x9117, 1
_LONGEST_NS = 5_000_000_000

_SOFTWARE = ("llvmpipe", "softpipe", "swiftshader", "swrast")
"""Devices that are a processor, as OpenGL names them."""


class GlContext:
    """A headless OpenGL context.

    Latency: none. State: the context and all that was made in it. Thread: only the one that made
    it, checked by `check`. Buffers: none.

    Raises:
        RenderError: If there is no OpenGL 3.3.
    """

    def __init__(self) -> None:
        self._thread = threading.get_ident()
        self._open = False
        try:
            self.gl = moderngl.create_context(  # the vendor's annotation of `backend` is wrong
                standalone=True,
                require=_NEEDED_VERSION,
                backend="egl",  # type: ignore[arg-type,unused-ignore]
            )
        except Exception as error:
            raise RenderError(
                "OpenGL could not be opened",
                got=str(error) or type(error).__name__,
                expected="EGL with OpenGL 3.3, from a GPU driver or Mesa",
                fix=f"on Debian or Ubuntu run `apt install {_PACKAGES}`",
            ) from error
        self._open = True
        self._unlocked = _unlocked()

    def finish(self) -> None:
        """Wait until all drawing is done, without holding up Python's other threads."""
        if self._unlocked is None:
            self.gl.finish()
        else:
            self._unlocked.glFinish()

    def fence(self) -> Fence:
        """Mark what has been asked of OpenGL so far.

        Returns:
            Waits until all of that is done, once, without holding up Python's other threads.
        """
        gl = self._unlocked
        if gl is None:
            return self.gl.finish
        mark = gl.glFenceSync(_COMMANDS_DONE, 0)

        def wait() -> None:
            gl.glClientWaitSync(mark, _FLUSH, _LONGEST_NS)
            gl.glDeleteSync(mark)

        return wait

    @property
    def device(self) -> str:
        """Name of what draws, for logs."""
        return str(self.gl.info["GL_RENDERER"])

    def check(self) -> None:
        """Refuse a call from another thread or after `close`.

        Raises:
            RenderError: If the context may not be used here and now.
        """
        if not self._open:
            raise RenderError("the renderer is closed", fix="make a new one")
        if threading.get_ident() != self._thread:
            raise RenderError(
                "OpenGL used from another thread",
                got=threading.current_thread().name,
                expected="the thread that made the renderer",
                fix="make, use and close a renderer in one thread",
            )
        # Several contexts may share a thread: make this one current.
        self.gl.__enter__()  # type: ignore[no-untyped-call]

    @contextmanager
    def set_up(self) -> Iterator[None]:
        """Close the context and raise RenderError if making shaders or buffers fails."""
        try:
            yield
        except moderngl.Error as error:
            self.close()
            raise RenderError(
                "the drawing set-up failed",
                got=str(error),
                expected="OpenGL 3.3 with 4x multisampling",
                fix="update the GPU driver or Mesa",
            ) from error

    @property
    def software(self) -> bool:
        """Whether a processor draws."""
        return any(name in self.device.lower() for name in _SOFTWARE)

    def program(
        self, name: str, values: dict[str, object], plain: bool = False
    ) -> moderngl.Program:
        """Compile `name.vert` with `name.frag` and set those uniforms it has.

        Args:
            name: Stem of the two shader files.
            values: Numbers, tuples or float32 arrays by uniform; unknown names are skipped.
            plain: As a processor draws in time.

        Returns:
            The program, with its uniforms set.
        """
        defines = ("PLAIN",) * plain + ("CARD",) * (not self.software)
        vertex, fragment = (load_shader(f"{name}.{end}", defines=defines) for end in _STAGES)
        program = self.gl.program(vertex, fragment)
        for uniform, value in values.items():
            if uniform in program:
                set_uniform(program, uniform, value)
        return program

    def close(self) -> None:
        """Free the context and all that was made in it; may be called again."""
        if self._open:
            self.check()
            self._open = False
            self.gl.release()


def _unlocked() -> ctypes.CDLL | None:
    """Find OpenGL's waiting itself: moderngl keeps Python's lock meanwhile, ctypes does not.

    On a CPU a picture takes 10 ms and more; held for so long, the lock makes every packet of every
    session late.
    """
    for name in ("GL", "OpenGL", "GLESv2"):
        found = ctypes.util.find_library(name)
        if found is not None:
            try:
                library = ctypes.CDLL(found)
                library.glFenceSync.restype = ctypes.c_void_p
                library.glFenceSync.argtypes = ctypes.c_uint, ctypes.c_uint
                library.glClientWaitSync.argtypes = ctypes.c_void_p, ctypes.c_uint, ctypes.c_uint64
                library.glDeleteSync.argtypes = (ctypes.c_void_p,)
                library.glFinish.argtypes = ()
            except (OSError, AttributeError):
                continue
            return library
    return None


def set_uniform(program: moderngl.Program, name: str, value: object) -> None:
    """Set one uniform to a number, a tuple or the bytes of a matrix in column order."""
    uniform = program[name]
    assert isinstance(uniform, moderngl.Uniform)
    if isinstance(value, bytes):
        uniform.write(value)
    else:
        uniform.value = value
