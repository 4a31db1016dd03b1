"""OpenTelemetry spans of requests and sessions; what a hop costs is `spans` and `elocute profile`.

A span a hop would be 25 a second and session, for what the histograms say already.
"""

import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from stream_engine.errors import BackendUnavailable

SERVICE = "elocute"

Attributes = Mapping[str, str | int | float | bool]
End = Callable[[Attributes], None]
"""Ends a span, with what is known of it by then."""


class Tracer(Protocol):
    """Takes spans; *Thread*: any."""

    def begin(self, name: str, attributes: Attributes) -> End:
        """Begin a span."""
        ...

    def close(self) -> None:
        """Send what waits to be sent."""
        ...


class NoTraces:
    """Implements `Tracer` for a server that is not traced."""

    def begin(self, name: str, attributes: Attributes) -> End:
        """Nothing."""
        return _nothing

    def close(self) -> None:
        """Nothing."""


class OpenTelemetry:
    """Implements `Tracer` by OpenTelemetry's SDK.

    *State*: at most 2,048 spans that wait for the collector; when full the newest is dropped.

    Args:
        exporter: Of the SDK.
    """

    def __init__(self, exporter: Any) -> None:
        sdk = _sdk("opentelemetry.sdk.trace")
        resource = _sdk("opentelemetry.sdk.resources").Resource({"service.name": SERVICE})
        batches = _sdk("opentelemetry.sdk.trace.export").BatchSpanProcessor
        self._provider = sdk.TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(batches(exporter))
        self._tracer = self._provider.get_tracer("stream_engine")

    def begin(self, name: str, attributes: Attributes) -> End:
        """Begin a span."""
        span = self._tracer.start_span(name, attributes=dict(attributes))

        def end(more: Attributes) -> None:
            span.set_attributes(dict(more))
            span.end()

        return end

    def close(self) -> None:
        """Send what waits to be sent."""
        self._provider.shutdown()


def open_traces(place: str) -> Tracer:
    """Open what takes spans.

    Args:
        place: URL of an OTLP/HTTP collector, or ``console``; nothing is traced if empty.

    Returns:
        The tracer.

    Raises:
        BackendUnavailable: If OpenTelemetry is not installed.
    """
    if not place:
        return NoTraces()
    if place == "console":
        return OpenTelemetry(
            _sdk("opentelemetry.sdk.trace.export").ConsoleSpanExporter(out=sys.stdout)
        )
    http = _sdk("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    return OpenTelemetry(http.OTLPSpanExporter(endpoint=place))


def _sdk(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise BackendUnavailable(
            "traces need OpenTelemetry",
            got=str(error),
            fix="pip install 'elocute[otel]', or leave telemetry.traces empty",
        ) from error


def _nothing(attributes: Attributes) -> None:
    del attributes
