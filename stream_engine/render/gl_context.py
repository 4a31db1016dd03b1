"""Opens OpenGL without a window."""

from __future__ import annotations

import threading

import moderngl

from stream_engine.errors import RenderError

_PACKAGES = "libegl1 libegl-mesa0 libgl1 libgl1-mesa-dri libgles2 libgbm1"
_NEEDED_VERSION = 330


class GlContext:
    """A headless OpenGL context.

    Latency: none. State: the context. Thread: only the one that made it, checked. Buffers: none.
    """

    def __init__(self) -> None:
        """Open the context.

        Raises:
            RenderError: If there is no OpenGL 3.3.
        """
        self._thread = threading.get_ident()
        try:
            self.gl = moderngl.create_context(
                standalone=True, backend="egl", require=_NEEDED_VERSION
            )
        except Exception as error:  # noqa: BLE001  moderngl raises bare Exception for any failure
            raise RenderError(
                "OpenGL could not be opened",
                got=str(error),
                expected="EGL with OpenGL 3.3, from a GPU driver or Mesa",
                fix=f"on Debian or Ubuntu run `apt install {_PACKAGES}`",
            ) from error
        self._open = True

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

    def close(self) -> None:
        """Free the context and all that was made in it; may be called again."""
        if self._open:
            self.check()
            self._open = False
            self.gl.release()
