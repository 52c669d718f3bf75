"""What the screen would show, told as plain JSON values in declared units."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from twins.clock import SECOND, format_time
from twins.historian.file import RecordingFile
from twins.historian.recording import Trend, Verdict
from twins.historian.schema import FORMAT
from twins.historian.tally import quoted
from twins.record import Event, EventKind, Reading, Snapshot, Waveform

if TYPE_CHECKING:
    from twins.historian.importing import Report

Json = dict[str, object]


def state(snapshot: Snapshot) -> Json:
    """`{time, hindsight, tags: {path: {value, unit, quality, reason, assumed, age_s, stale, …}}, alarms: […]}`."""
    readings = (snapshot.reading(channel.path) for channel in snapshot.channels)
    return {
        "time": format_time(snapshot.time),
        "hindsight": snapshot.hindsight,
        "tags": {reading.path: _reading(reading) for reading in readings},
        "alarms": [_alarm(event) for event in snapshot.standing.of(EventKind.ALARM)],
    }


def trend(found: Trend) -> Json:
    """`{t, min, max, mean, n}`, columns of equal length."""
    return {
        "t": [format_time(int(t)) for t in found.t],
        "min": found.min.tolist(),
        "max": found.max.tolist(),
        "mean": found.mean.tolist(),
        "n": found.n.tolist(),
    }


def report(found: Report) -> Json:
    """`{samples, rejected: {cause: n}, tags, first, last, …}`; `rows` lists the first rows of each cause, `quotes` some words."""
    return {
        "samples": found.samples,
        "rejected": dict(found.rejected),
        "tags": list(found.tags),
        "first": _time(found.first),
        "last": _time(found.last),
        "computed": found.computed,
        "not_computed": list(found.not_computed),
        "alarms": found.alarms,
        "bad_outside": found.bad_outside,
        "rows": {cause: list(rows) for cause, rows in found.rows.items()},
        "quotes": quoted(found.quotes),
        "read_as": dict(found.read_as),
        "sha256": found.sha256,
    }


def verdict(found: Verdict) -> Json:
    """`{ok, blocks, damaged, samples, first, last, damage}`; `damaged` counts what `damage` names."""
    return {
        "ok": found.ok,
        "blocks": found.blocks,
        "damaged": len(found.damaged),
        "samples": found.samples,
        "first": _time(found.first),
        "last": _time(found.last),
        "damage": list(found.damaged),
    }


def events(found: Iterable[Event]) -> list[Json]:
    """Events as they were recorded."""
    return [
        {
            "time": format_time(event.time),
            "kind": event.kind.value,
            "subject": event.subject,
            "key": event.key,
            "stands": event.stands,
            "data": dict(event.data),
        }
        for event in found
    ]


def info(recording: RecordingFile) -> Json:
    """What a recording is and what it holds."""
    span, meta = recording.span(), recording.meta
    return {
        "file": str(recording.path),
        "format": FORMAT,
        "twin": meta.get("twin", ""),
        "model_version": _model_version(recording, span),
        "simulated": recording.simulated,
        "sealed": "sealed" in meta,
        **_branch(meta),
        "bytes": recording.size(),
        **recording.counts(),
        "first": _time(span and span[0]),
        "last": _time(span and span[1]),
        "tags": list(dict.fromkeys(channel.path for channel in recording.channels)),
        "damage": list(recording.damage),
    }


def _model_version(recording: RecordingFile, span: tuple[int, int] | None) -> str:
    """Which calibration its models had at its end: number and hash; 0 is the package's own parameters."""
    from twins.package.archive import files_in
    from twins.package.calibration import version_in
    from twins.package.fault import PackageError

    try:
        return str(version_in(files_in(recording.package_at(span[1] if span else 2**62) or b"")))
    except PackageError:
        return ""


def _branch(meta: Mapping[str, str]) -> Json:
    """Of a what-if or a forecast: where it left, and what made it."""
    if "lane" not in meta:
        return {}
    return {
        "lane": meta["lane"],
        "forked_from": meta.get("forked_from", ""),
        "forked_at": _time(int(meta["forked_at"])),
        "record": meta.get("record", ""),
        "run": json.loads(meta.get("run", "{}")),
    }


def _reading(reading: Reading) -> Json:
    return {
        "value": _value(reading.value),
        "unit": reading.unit,
        "quality": reading.quality.name.lower(),
        "reason": reading.reason.name.lower(),
        "assumed": reading.assumed,
        "age_s": None if reading.value is None else reading.age_ns / SECOND,
        "stale": reading.stale,
        "time": None if reading.value is None else format_time(reading.source),
        "aggregate": reading.channel.aggregate,
    }


def _alarm(event: Event) -> Json:
    return {"alarm": event.key, "since": format_time(event.time), "subject": event.subject, **event.data}


def _value(value: float | int | bool | str | Waveform | None) -> object:
    if isinstance(value, Waveform):
        return {"start": format_time(value.start), "step_ns": value.step, "unit": value.unit, "values": value.values.tolist()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _time(t: int | None) -> str | None:
    return None if t is None else format_time(t)
