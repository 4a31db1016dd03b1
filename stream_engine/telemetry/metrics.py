"""Counts and durations: of one session, of the server, and as Prometheus text."""

import threading
from bisect import bisect_left
from collections import deque
from collections.abc import Mapping

COUNTERS: dict[str, str] = {
    "sessions_opened_total": "Sessions admitted.",
    "sessions_closed_total": "Sessions ended, for whatever reason.",
    "sessions_refused_total": "Sessions turned away because the server was full.",
    "sessions_failed_total": "Sessions ended by an error.",
    "sessions_timed_out_total": "Sessions ended because they had lasted as long as they may.",
    'requests_refused_total{cause="unauthorized"}': "Requests and handshakes turned away.",
    'requests_refused_total{cause="forbidden"}': "",
    'requests_refused_total{cause="too_many"}': "",
    "addresses_forgotten_total": "Addresses whose count of requests began anew for want of memory.",
    "messages_held_total": "Messages of WebSockets read later because they came too fast.",
    "peers_vanished_total": "Sessions ended because the peer fell silent.",
    "packets_lost_total": "Audio packets given up.",
    "packets_late_total": "Audio packets that came after they were given up, or twice.",
    "packets_malformed_total": "Datagrams that could not be read.",
    "packets_reordered_total": "Audio packets that had to wait for an older one.",
    "audio_samples_total": "Samples received.",
    "audio_gap_samples_total": "Samples of silence put in for lost packets.",
    "audio_stall_samples_total": "Samples of silence put in while nothing arrived.",
    "audio_dropped_samples_total": "Samples that came for a time already past.",
    "audio_rebased_total": "Times the sender's clock had to be tied to the session's anew.",
    "audio_overwritten_samples_total": "Samples skipped because the engine could not keep up.",
    "audio_underrun_samples_total": "Samples sent as silence because they had not arrived.",
    "engine_batches_total": "Calls of the model.",
    "engine_windows_total": "Windows of sessions in them.",
    "engine_windows_late_total": "Of these, made later than a hop after their last sample.",
    "engine_windows_shed_total": "Of these, made more cheaply than wanted.",
    "motion_frames_total": "Motion frames that became final.",
    "motion_dropped_total": "Motion frames gone before their door took them.",
    "frames_rendered_total": "Pictures drawn.",
    "frames_skipped_total": "Motion frames too old to be drawn.",
    "frames_overwritten_total": "Pictures replaced before they were sent.",
    "video_frames_total": "Pictures sent.",
    "video_repeated_total": "Pictures sent again because the next was late.",
    "video_skipped_total": "Frame times passed over because sending fell behind.",
    "output_frames_total": "Motion frames sent to other programs.",
    "output_dropped_total": "Motion frames not sent there: too late, or not taken by the socket.",
    "events_refused_total": "Messages of data channels not looked at because they came too fast.",
    "interrupts_total": "Times that speech and face were cut.",
    "speech_starved_total": "Times that pushed speech ran dry in the middle of an utterance.",
    "sync_hops_total": "Hops of faces that were watched, 400 ms each.",
    "sync_judged_total": "Of these, hops with something to judge.",
    "sync_low_total": "Of those, hops whose score was not good.",
    "sync_skipped_frames_total": "Frames that left unwatched because there was no time.",
    "sync_failures_total": "Times that watching failed.",
    'sync_actions_total{kind="realign"}': "What was done about faces that did not go with voices.",
    'sync_actions_total{kind="steps"}': "",
    'sync_actions_total{kind="viseme"}': "",
    'sync_actions_total{kind="alert"}': "",
    "events_dropped_total": "Events not sent because the peer did not take them.",
    "recordings_total": "Recordings begun.",
    'recordings_cut_total{cause="queue"}': "Recordings over before their session.",
    'recordings_cut_total{cause="disk"}': "",
    'recordings_cut_total{cause="limit"}': "",
    'recordings_cut_total{cause="error"}': "",
}
"""Every counter and what it counts; one with a label and no text goes with the one before it."""

GAUGES: dict[str, str] = {
    "sessions": "Sessions open now.",
    "room": "Sessions that would be admitted now.",
    "engine_level": "How cheaply the engine works; 0 is as wanted.",
    "failing": "1 while models or painter fail for everybody, and nobody is admitted.",
    "engine_info": "What runs the models.",
    "engine_waiting_frames": "Audio that waits for the engine, frames of 40 ms, of all sessions.",
    "engine_waiting_most_frames": "Of the session that waits most.",
    "sync_score": "Median of the newest score of each session that has one, 0..1.",
    "sync_lag_ms": "Median of the newest lag of the mouth.",
    "sync_lowest_score": "The worst session's newest score.",
    "addresses": "Addresses with sessions.",
}
"""Every value of the moment and what it says."""

HISTOGRAMS: dict[str, str] = {
    "sync_watch_seconds": "Time of the watcher for all that was due.",
    "engine_step_seconds": "Time of the engine for one batch of windows.",
    "render_seconds": "Time to pose and draw one picture.",
    "capture_to_motion_seconds": "From the arrival of a frame's first sample to its motion.",
    "motion_to_picture_seconds": "From final motion to a drawn picture.",
    "picture_to_sent_seconds": "From a drawn picture to its release.",
    "release_late_seconds": "How much later than planned a voice packet was released.",
    "arrival_to_sent_seconds": "From the arrival of a frame's first sample to its release.",
}
"""Every duration and what it measures."""

BOUNDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2, 0.3, 0.5, 1.0, 2.0)
"""Upper ends of the buckets, seconds."""

WINDOW = 256
"""Newest values a percentile is taken of."""


class Histogram:
    """Buckets for ever, and the newest values for percentiles.

    *State*: ``len(BOUNDS) + 1`` counts and ``WINDOW`` values.
    """

    def __init__(self) -> None:
        self.buckets = [0] * (len(BOUNDS) + 1)
        self.total = 0.0
        self._recent: deque[float] = deque(maxlen=WINDOW)

    def observe(self, seconds: float) -> None:
        """Take one value."""
        self.buckets[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds
        self._recent.append(seconds)

    def percentile(self, share: float) -> float | None:
        """Say the value below which ``share`` (0..1) of the newest values lie; None without any."""
        values = sorted(self._recent)
        if not values:
            return None
        return values[min(len(values) - 1, int(share * len(values)))]


class Tally:
    """The counts of one session, or of the whole server when it is the parent of others.

    *Thread*: any; a lock is held for one addition.

    Args:
        parent: Takes everything that this one takes.
    """

    def __init__(self, parent: "Tally | None" = None) -> None:
        self._parent = parent
        self._counts = dict.fromkeys(COUNTERS, 0)
        self._histograms = {name: Histogram() for name in HISTOGRAMS}
        self._lock = threading.Lock()

    def add(self, name: str, count: int = 1) -> None:
        """Count ``count`` more of ``name``."""
        with self._lock:
            self._counts[name] += count
        if self._parent is not None:
            self._parent.add(name, count)

    def observe(self, name: str, seconds: float) -> None:
        """Take one duration."""
        with self._lock:
            self._histograms[name].observe(seconds)
        if self._parent is not None:
            self._parent.observe(name, seconds)

    def count(self, name: str) -> int:
        """Say how many so far."""
        return self._counts[name]

    def counts(self) -> dict[str, int]:
        """Copy every counter."""
        with self._lock:
            return dict(self._counts)

    def percentile(self, name: str, share: float) -> float | None:
        """Say a percentile of the newest durations, seconds; None without any."""
        with self._lock:
            return self._histograms[name].percentile(share)

    def exposition(self, gauges: Mapping[str, float]) -> str:
        """Write everything in Prometheus' text format.

        Args:
            gauges: Values of the moment, by name and labels.

        Returns:
            The text, with the prefix ``elocute_`` on every name.
        """
        lines: list[str] = []
        for name, value in gauges.items():
            plain = name.partition("{")[0]
            lines += _head(plain, "gauge", GAUGES[plain])
            lines.append(f"elocute_{name} {value:.15g}")
        with self._lock:
            for name, text in COUNTERS.items():
                lines += _head(name.partition("{")[0], "counter", text) if text else []
                lines.append(f"elocute_{name} {self._counts[name]}")
            for name, text in HISTOGRAMS.items():
                lines += _head(name, "histogram", text)
                lines += _histogram_lines(name, self._histograms[name])
        return "\n".join(lines) + "\n"


def _head(name: str, kind: str, text: str) -> list[str]:
    return [f"# HELP elocute_{name} {text}", f"# TYPE elocute_{name} {kind}"]


def _histogram_lines(name: str, histogram: Histogram) -> list[str]:
    lines = []
    seen = 0
    for bound, count in zip((*BOUNDS, float("inf")), histogram.buckets, strict=True):
        seen += count
        label = "+Inf" if bound == float("inf") else f"{bound:g}"
        lines.append(f'elocute_{name}_bucket{{le="{label}"}} {seen}')
    return [*lines, f"elocute_{name}_sum {histogram.total:.15g}", f"elocute_{name}_count {seen}"]
