"""Waveforms in: a WFDB record (PhysioNet: header, signals in format 212 or 16, annotated beats) becomes samples of a recording.

Formats as the WFDB manual publishes them: header(5), signal(5), annot(5).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twins.asset import TagKind, Twin
from twins.clock import MINUTE, SECOND, parse_time
from twins.expression import conversion
from twins.historian.drafting import drafted, refuse_bad_place
from twins.historian.file import RecordingFile
from twins.historian.recording import RecordingError
from twins.record import Channel, Event, EventKind, Samples, Waveform

_LARGEST = 1 << 30  # bytes of a signal file
_BEATS = {*range(1, 14), 25, 30, 31, 34, 35, 38, 41}  # annotation codes that are a beat (ecgcodes)
KEYS = ("start", "signals", "annotations", "beat_rate")  # of a mapping
_SKIP, _AUX, _NOTES = 59, 63, (60, 61, 62)
Progress = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class Signal:
    """One column of a record: physical = (value − zero) / gain, in `unit`."""

    name: str
    file: str
    format: int
    gain: float
    zero: float
    unit: str


@dataclass(frozen=True, slots=True)
class Header:
    """What a .hea says: the record's name, its signals, samples a second and a signal."""

    record: str
    signals: tuple[Signal, ...]
    rate: float
    samples: int


def import_wfdb(
    twin: Twin,
    package: bytes,
    source: Path,
    mapping: Path,
    target: Path,
    progress: Progress = lambda part, doing: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> dict[str, object]:
    """Makes `target` of a record: a block a second of each signal that the mapping names, and a number a beat.

    The mapping: `start: 2026-01-01T00:00:00Z`, `signals: { MLII: H.ecg }`, `annotations: atr`, `beat_rate: H.heart_rate`.
    Raises RecordingError with a sentence; then there is no target.
    """
    refuse_bad_place(target)
    if target.exists():
        raise RecordingError(f"{target} is there already; waveforms go into a recording of their own")
    header, asked = read_header(source), _read_mapping(mapping)
    start = _start(asked, mapping)
    batches = [_signal(twin, header, source, name, path, start, mapping) for name, path in _pairs(asked, "signals", mapping)]
    beats = _beats(twin, header, source, asked, start, mapping)
    batches += [beats] if beats is not None else []
    if not batches:
        raise RecordingError(f"{mapping} names no signal; write signals: {{ {header.signals[0].name}: PATH.OF.A.WAVEFORM }}")
    told = {"record": header.record, "samples": sum(map(len, batches)), "seconds": round(header.samples / header.rate, 3)}
    with drafted(target, over=False) as draft:
        file = RecordingFile.create(draft, package, twin.id, start)
        try:
            for k, batch in enumerate(batches):
                if cancelled():
                    raise RecordingError(f"the import of {source.name} was cancelled; nothing was written")
                progress(k / len(batches), f"Recording {batch.channels[0].path}")
                file.append(batch)
            end = start + round(header.samples / header.rate * SECOND)
            file.append(Samples.empty(), [Event(end, EventKind.IMPORT, "", source.name, data=dict(told))])
        finally:
            file.close()
    progress(1.0, "Done")
    return told | {"tags": [batch.channels[0].path for batch in batches]}


def read_header(path: Path) -> Header:
    """Raises RecordingError."""
    try:
        lines = [line.split() for line in path.read_text("latin-1").splitlines() if line.strip() and not line.startswith("#")]
        record, count, rate, samples = lines[0][0], int(lines[0][1]), float(lines[0][2].split("/")[0]), int(lines[0][3])
        signals = tuple(_described(words) for words in lines[1 : count + 1])
    except OSError as error:
        raise RecordingError(f"{path} can't be read: {(error.strerror or str(error)).lower()}; check the path") from None
    except (ValueError, IndexError):
        raise RecordingError(f"{path} is no WFDB header; give the .hea of a record") from None
    if not (count == len(signals) > 0 and 0 < rate <= 1e6 and samples > 0 and math.isfinite(rate)):
        raise RecordingError(f"{path} describes no signal; give the .hea of a record that holds some")
    return Header(record, signals, rate, samples)


def _described(words: list[str]) -> Signal:
    """`100.dat 212 200(1024)/mV 11 1024 995 -22131 0 MLII`"""
    gain, _, unit = words[2].partition("/")
    gain, _, base = gain.partition("(")
    number = float(gain) or 200.0
    zero = float(base.rstrip(")")) if base else float(words[4])
    return Signal(
        " ".join(words[8:]) or words[0],
        words[0],
        int(words[1].split("x")[0].split(":")[0].split("+")[0]),
        number,
        zero,
        unit or "mV",
    )


def signal_values(header: Header, place: int, folder: Path) -> NDArray[np.float64]:
    """One signal in its physical unit, NaN where it was invalid. Raises RecordingError."""
    signal = header.signals[place]
    together = [k for k, each in enumerate(header.signals) if each.file == signal.file]
    path = folder / signal.file
    if Path(signal.file).name != signal.file:
        raise RecordingError(f"the header names {signal.file}, which is outside its folder; put the signals beside the header")
    try:
        if path.stat().st_size > _LARGEST:
            raise RecordingError(f"{path} is larger than {_LARGEST >> 30} GB; cut it")
        content = np.fromfile(path, np.uint8)
    except OSError as error:
        raise RecordingError(
            f"{path} can't be read: {(error.strerror or str(error)).lower()}; put it beside the header"
        ) from None
    wanted = header.samples * len(together)
    if signal.format == 212:
        values, invalid = _of_212(content, wanted), -2048
    elif signal.format == 16:
        values, invalid = content[: wanted * 2 & ~1].view("<i2").astype(np.int32), -32768
    else:
        raise RecordingError(f"{path} is in WFDB format {signal.format}; formats 212 and 16 are read")
    if len(values) < wanted:
        raise RecordingError(f"{path} ends after {len(values) // len(together):,} of {header.samples:,} samples; get it again")
    own = values[:wanted][together.index(place) :: len(together)]
    return np.where(own == invalid, np.nan, (own - signal.zero) / signal.gain)


def _of_212(content: NDArray[np.uint8], wanted: int) -> NDArray[np.int32]:
    """Two 12-bit numbers in three bytes."""
    triples = content[: len(content) // 3 * 3].reshape(-1, 3).astype(np.int32)
    first = triples[:, 0] | (triples[:, 1] & 0x0F) << 8
    second = triples[:, 2] | (triples[:, 1] & 0xF0) << 4
    values = np.column_stack([first, second]).ravel()[:wanted]
    return np.where(values > 2047, values - 4096, values)


def annotated(path: Path) -> NDArray[np.int64]:
    """The samples at which a beat was annotated. Raises RecordingError."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RecordingError(f"{path} can't be read: {(error.strerror or str(error)).lower()}; leave out annotations:") from None
    words = np.frombuffer(content[: len(content) & ~1], "<u2")
    return np.fromiter(_beat_samples(words), np.int64)


def _beat_samples(words: NDArray[np.uint16]) -> Iterator[int]:
    at, k = 0, 0
    while k < len(words) and words[k]:
        code, value = int(words[k]) >> 10, int(words[k]) & 1023
        k += 1
        if code == _SKIP:
            if k + 1 < len(words):
                long = int(words[k]) << 16 | int(words[k + 1])
                at += long - (1 << 32 if long >> 31 else 0)
            k += 2
        elif code == _AUX:
            k += (value + 1) // 2
        elif code not in _NOTES:
            at += value
            if code in _BEATS:
                yield at


def _signal(twin: Twin, header: Header, source: Path, name: str, path: str, start: int, mapping: Path) -> Samples:
    names = [signal.name for signal in header.signals]
    if name not in names:
        raise RecordingError(f"{mapping}: there is no signal “{name}” in {source.name}; it has {', '.join(names)}")
    tag = twin.tags.get(path)
    if tag is None or tag.kind is not TagKind.WAVEFORM:
        raise RecordingError(f"{mapping}: {path} is no waveform of {twin.name}; name a tag of kind: waveform")
    place = names.index(name)
    try:
        factor, offset = conversion(header.signals[place].unit, tag.unit)
    except ValueError:
        raise RecordingError(
            f"{mapping}: {name} is in {header.signals[place].unit}, {path} in {tag.unit or 'no unit'}; name another tag"
        ) from None
    values = (signal_values(header, place, source.parent) * factor + offset).astype(np.float32)
    block, step = max(1, round(header.rate)), SECOND / header.rate
    firsts = range(0, len(values), block)
    waves = [Waveform(start + round(k * step), round(step), tag.unit, values[k : k + block]) for k in firsts]
    ends = [start + round(min(k + block, len(values)) * step) for k in firsts]
    return Samples.of_waveforms(Channel.of(tag), ends, waves)


def _beats(twin: Twin, header: Header, source: Path, asked: Mapping[str, Any], start: int, mapping: Path) -> Samples | None:
    """The rate at each beat, from the one before."""
    if "beat_rate" not in asked:
        return None
    path = str(asked["beat_rate"])
    tag = twin.tags.get(path)
    if tag is None or tag.kind is not TagKind.NUMBER:
        raise RecordingError(f"{mapping}: beat_rate: {path} is no number of {twin.name}; name one")
    suffix = str(asked.get("annotations", "atr"))
    if not suffix.isalnum():
        raise RecordingError(f"{mapping}: annotations: {suffix} is no ending; write atr")
    at = annotated(source.with_suffix(f".{suffix}")) / header.rate
    between = np.diff(at)
    keep = between > 0
    try:
        factor, _ = conversion("1/min", tag.unit)
    except ValueError:
        raise RecordingError(f"{mapping}: {path} is in {tag.unit or 'no unit'}, which is no rate; name a tag in 1/min") from None
    times = start + np.round(at[1:][keep] * SECOND).astype(np.int64)
    return Samples.numbers(Channel.of(tag), times, MINUTE / SECOND / between[keep] * factor)


def _read_mapping(path: Path) -> Mapping[str, Any]:
    from twins.package.document import read_document

    try:
        document = read_document(str(path), path.read_bytes())
    except OSError as error:
        raise RecordingError(f"{path} can't be read: {(error.strerror or str(error)).lower()}; check the path") from None
    if document.faults:
        raise RecordingError(str(document.faults[0]))
    if not isinstance(document.data, dict) or not {*document.data} <= {*KEYS}:
        raise RecordingError(f"{path} is no mapping of a WFDB record; write {', '.join(f'{key}:' for key in KEYS)}")
    return document.data


def _pairs(asked: Mapping[str, Any], key: str, mapping: Path) -> list[tuple[str, str]]:
    found = asked.get(key) or {}
    if not isinstance(found, dict):
        raise RecordingError(f"{mapping}: {key} is no table; write {key}: {{ MLII: H.ecg }}")
    return [(str(name), str(path)) for name, path in found.items()]


def _start(asked: Mapping[str, Any], mapping: Path) -> int:
    try:
        return parse_time(str(asked.get("start", "2000-01-01T00:00:00Z")))
    except ValueError:
        raise RecordingError(f"{mapping}: start: {asked['start']} is no time; write it like 2026-01-01T00:00:00Z") from None
