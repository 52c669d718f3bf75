"""History out: a stretch of a recording as a tidy table, one row a sample, in Parquet or CSV."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twins.asset import TagKind
from twins.clock import DAY, MINUTE, SECOND
from twins.historian.columns import Column, arrow, compute
from twins.historian.drafting import drafted, refuse_bad_place
from twins.historian.recording import Recording, RecordingError
from twins.record import Samples
from twins.record.quality import ASSUMED, quality_of, reason_of

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS_AT_ONCE = 200_000
_LONGEST_STEP = 3660 * DAY
_WORDS = (TagKind.ENUMERATION, TagKind.TEXT, TagKind.BOOLEAN, TagKind.INTEGER, TagKind.WAVEFORM)


class ExportCancelled(RecordingError):  # noqa: N818 — it is not an error
    """The user stopped the export; nothing was written."""


def mark_of(recording: Recording) -> str:
    """What stands on everything that is taken out of a recording that is not of a real plant; "" where it is."""
    meta = getattr(recording, "meta", {})
    if "lane" in meta:
        return str(meta["lane"]).upper()
    return "SIMULATED PLANT" if getattr(recording, "simulated", False) else ""


def export_table(
    recording: Recording,
    start: int,
    end: int,
    tags: Sequence[str] | None,
    out: Path,
    progress: Callable[[float, str], None] = lambda part, doing: None,
    cancelled: Callable[[], bool] = lambda: False,
    notice: str = "",
) -> int:
    """Writes the samples with start ≤ time < end (ns UTC) of these tags (None: all) to a .parquet or .csv; returns how many.

    Columns: time, tag, value (double; of an enumeration its code, of a boolean 0 or 1), text (what is not a plain number, in
    words; integers in full), unit, quality, reason, assumed, arrival; `plant` of a simulated one or a branch; `notice` of a twin
    that has one.
    Raises RecordingError with a sentence for the user, and ExportCancelled; then `out` is as it was.
    """
    _refuse(recording, tags, out)
    said = {key: word for key, word in (("plant", mark_of(recording)), ("notice", notice)) if word}
    rows = 0
    with drafted(out, over=True) as draft, _writer(draft, said) as writer:
        for upto, samples in _stretches(recording, start, end, tags):
            if cancelled():
                raise ExportCancelled(f"the export to {out.name} was cancelled; nothing was written")
            rows += len(samples)
            if len(samples):
                writer.write_table(_table(samples, said, csv=out.suffix.lower() == ".csv"))
            progress((upto - start) / max(end - start, 1), f"Writing {out.name}")
    return rows


def _refuse(recording: Recording, tags: Sequence[str] | None, out: Path) -> None:
    if out.suffix.lower() not in {".parquet", ".csv"}:
        raise RecordingError(f"{out} is neither .parquet nor .csv (nor .png for a picture); give it one of these endings")
    refuse_bad_place(out)
    known = {channel.path for channel in recording.channels}
    if missing := [tag for tag in tags or () if tag not in known]:
        raise RecordingError(f"the recording has no samples of {', '.join(missing)}; leave them out or correct their names")


def _stretches(recording: Recording, start: int, end: int, tags: Sequence[str] | None) -> Iterator[tuple[int, Samples]]:
    """The samples piece by piece, in pieces of time that hold about `_ROWS_AT_ONCE`; and the end of each piece."""
    step = MINUTE
    while start < end:
        upto = min(start + step, end)
        samples = recording.between(start, upto, tags)
        yield upto, samples
        start = upto
        step = int(min(max(step * min(_ROWS_AT_ONCE / max(len(samples), 1), 8.0), SECOND // 1000), _LONGEST_STEP))


def _writer(path: Path, said: Mapping[str, str]) -> Any:
    import pyarrow as pa
    from pyarrow import csv, parquet

    if path.suffix.lower() == ".csv":
        return csv.CSVWriter(path, _schema(said, pa.string()), write_options=csv.WriteOptions(quoting_style="needed"))
    schema = _schema(said, pa.timestamp("ns", "UTC"))
    return parquet.ParquetWriter(path, schema.with_metadata({"made_by": "Twindeck", **said}), compression="zstd")


def _schema(said: Mapping[str, str], moment: pa.DataType) -> pa.Schema:
    import pyarrow as pa

    word = pa.string() if pa.types.is_string(moment) else pa.dictionary(pa.int32(), pa.string())
    fields = [
        ("time", moment),
        ("tag", word),
        ("value", pa.float64()),
        ("text", pa.string()),
        ("unit", word),
        ("quality", word),
        ("reason", word),
        ("assumed", pa.bool_()),
        ("arrival", moment),
    ]
    return pa.schema(fields + [(key, word) for key in said])


def _table(samples: Samples, said: Mapping[str, str], *, csv: bool) -> pa.Table:
    import pyarrow as pa

    schema = _schema(said, pa.string() if csv else pa.timestamp("ns", "UTC"))
    channel = samples.channel
    value, text = _values(samples)
    reasons = [reason_of(byte).name.lower() for byte in range(256)]
    columns = [
        _moments(samples.source, csv),
        _named([c.path for c in samples.channels], channel),
        value,
        text,
        _named([c.unit for c in samples.channels], channel),
        _named([quality_of(byte).name.lower() for byte in range(256)], samples.quality),
        _named(reasons, samples.quality),
        arrow(samples.quality & ASSUMED != 0),
        _moments(samples.arrival, csv),
    ]
    columns += [_named([word], np.zeros(len(samples), np.int32)) for word in said.values()]
    return pa.Table.from_arrays([column.cast(field.type) for column, field in zip(columns, schema, strict=True)], schema=schema)


def _named(names: Sequence[str], place: NDArray[np.integer[Any]]) -> Column:
    """Words by their place."""
    import pyarrow as pa

    return pa.DictionaryArray.from_arrays(arrow(place.astype(np.int32)), pa.array(names, pa.string()))


def _moments(times: NDArray[np.int64], csv: bool) -> Column:
    """Timestamps, or ISO 8601 in UTC with as many decimals as the finest needs."""
    import pyarrow as pa

    pc = compute()
    if not csv:
        return arrow(times).cast(pa.timestamp("ns", "UTC"))
    unit: Any = next((u for u, n in (("s", SECOND), ("ms", 10**6), ("us", 1000)) if not (times % n).any()), "ns")
    return pc.strftime(arrow(times).cast(pa.timestamp("ns")).cast(pa.timestamp(unit)), "%Y-%m-%dT%H:%M:%SZ")


def _values(samples: Samples) -> tuple[Column, Column]:
    """The columns `value` and `text`."""
    import pyarrow as pa

    kinds = np.array([c.kind for c in samples.channels], dtype=object)[samples.channel]
    numbers = np.where(kinds == TagKind.NUMBER, samples.bits.view(np.float64), samples.bits.astype(np.float64))
    text = np.full(len(samples), None, dtype=object)
    for row in np.flatnonzero(np.isin(kinds, _WORDS)).tolist():
        text[row] = _word(samples, row)
    unseen = (kinds == TagKind.TEXT) | (kinds == TagKind.WAVEFORM)
    return pa.array(numbers, mask=unseen), pa.array(text.tolist(), pa.string())


def _word(samples: Samples, row: int) -> str:
    value = samples.value(row)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, str)):
        return str(value)
    return json.dumps({"start": value.start, "step": value.step, "unit": value.unit, "values": value.values.tolist()})
