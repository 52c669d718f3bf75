"""A table: the wanted columns of a CSV or Parquet file, each row with its number in the file."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from twins.historian.columns import Column
from twins.historian.csvtext import Text, blanks_squeezed, cells_of, read_text, records, sniffed_delimiter, sniffed_lines
from twins.historian.headings import told_apart
from twins.historian.recording import RecordingError
from twins.historian.tally import Tally

Watch = Callable[[float], None]
_TEXT_ENDINGS = {".csv", ".tsv", ".txt", ".dat"}
_LOOKED_AT, _PREAMBLE = 100_000, 60  # bytes and lines in which the line of the columns' names is looked for
_PARQUET_ENDINGS = {".parquet", ".pq"}


@dataclass(frozen=True, slots=True)
class Layout:
    """How a text file is laid out; None where it is found out by looking."""

    delimiter: str | None = None
    encoding: str | None = None
    skip_rows: int = 0  # lines before the header
    comment: str = ""  # lines that begin so are no rows
    header: tuple[str, ...] = ()  # the names of a file that has none
    distinct: bool = False  # whether the names are told apart (see `headings`), so that every column can be asked for


@dataclass(frozen=True, slots=True)
class Table:
    """n rows. `columns` are Arrow arrays of n, all strings from a text file; `rows` are their 1-based numbers in the file."""

    columns: Mapping[str, Column]
    rows: NDArray[np.int64]


class Source(Protocol):
    """An opened file: its column names are known, its cells not yet read."""

    names: tuple[str, ...]
    told: Mapping[str, str]  # what was found out about the layout

    @property
    def nested(self) -> Mapping[str, str]:
        """The columns that hold more than one value a row, or bytes, and what kind they are."""

    def preamble(self, names: Sequence[str]) -> str:
        """What to write in the mapping where lines stand before that of the columns' names; "" where none do."""

    def read(self, names: Sequence[str], tally: Tally, watch: Watch) -> Table:
        """These columns of all rows that have as many cells as the header; the others are tallied."""


def open_source(path: Path, layout: Layout, watch: Watch) -> Source:
    """A .csv, .tsv, .txt or .dat file (also gzipped), or Parquet. Raises RecordingError with a sentence for the user."""
    if not path.is_file():
        raise RecordingError(f"{path} is not a file; give the path of a .csv, .csv.gz or .parquet file")
    endings = [ending.lower() for ending in path.suffixes if ending.lower() != ".gz"]
    ending = endings[-1] if endings else ""
    if ending in _PARQUET_ENDINGS:
        return ParquetSource(path, layout.distinct)
    if ending in _TEXT_ENDINGS:
        return TextSource(path, layout, watch)
    raise RecordingError(
        f"{path} is neither a .csv, .tsv, .txt, .dat (or one of them with .gz) nor a .parquet file; export it as CSV first"
    )


@dataclass
class TextSource:
    """Rows of text with a header line."""

    path: Path
    layout: Layout
    watch: Watch
    names: tuple[str, ...] = field(init=False)
    told: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self._text = read_text(self.path, self.layout.encoding, self.watch)
        self._starts = self._text.line_starts()
        self._wanted = _lines_that_matter(self._text, self._starts, self.layout)
        lines = sniffed_lines(self._text, self._starts, self._wanted)
        self._delimiter = self.layout.delimiter or sniffed_delimiter(lines)
        if self._delimiter == " ":
            self._text = blanks_squeezed(self._text)
            self._starts = self._text.line_starts()
            lines = sniffed_lines(self._text, self._starts, self._wanted)
        self.told = {"encoding": self._text.encoding, "delimiter": self._delimiter}
        self.names = told_apart(self._names(lines)) if self.layout.distinct else self._names(lines)

    @property
    def nested(self) -> Mapping[str, str]:
        """See `Source.nested`: text has none."""
        return {}

    def preamble(self, names: Sequence[str]) -> str:
        """See `Source.preamble`."""
        if self.layout.header or not names or {*names} & {*self.names}:
            return ""
        lines = [line.decode("utf-8", "replace") for line in self._text.body[:_LOOKED_AT].splitlines()[:_PREAMBLE]]
        delimiters = [self.layout.delimiter] if self.layout.delimiter else [";", ",", "\t", "|"]
        for k, line in enumerate(lines):
            if any({*names} <= {*cells_of(line, sign)} for sign in delimiters):
                before = [each for each in lines[self.layout.skip_rows : k] if each.strip()]
                return 'write comment: "#"' if all(each.startswith("#") for each in before) else f"write skip_rows: {k}"
        return 'write comment: "#"' if lines and lines[0].startswith("#") and not self.layout.comment else ""

    def read(self, names: Sequence[str], tally: Tally, watch: Watch) -> Table:
        """See `Source.read`."""
        if self._text.damaged:
            tally.count("truncated_file", max(len(self._starts) - 1, 1))
        found = records(self._text, self._starts, self._wanted, len(self.names), self._delimiter, tally)
        lines = np.flatnonzero(found.begins) + 1
        malformed: list[int] = []
        blank: list[int] = []
        body = found.body(self._text, self._starts)
        columns = self._parsed(body, names, malformed, blank) if len(lines) else dict.fromkeys(names, _no_strings())
        tally.count("malformed_row", lines[np.array(malformed, np.int64) - 2])
        watch(1.0)
        return Table(columns, np.delete(lines, np.array(malformed + blank, np.int64) - 2))

    def _names(self, lines: list[str]) -> tuple[str, ...]:
        if self.layout.header:
            return self.layout.header
        if not lines:
            raise RecordingError(f"{self.path} holds no rows; give a file with a header and at least one row")
        self._wanted[int(np.flatnonzero(self._wanted)[0])] = False
        names = cells_of(lines[0], self._delimiter)
        body = [row for row in (cells_of(line, self._delimiter) for line in lines[1:]) if row]
        if body and all(len(row) == len(names) + 1 for row in body):  # a delimiter at the end of each row, or row names before it
            names = [*names, ""] if all(not row[-1] for row in body) else ["", *names]
        return tuple(names)

    def _parsed(self, body: bytes, names: Sequence[str], malformed: list[int], blank: list[int]) -> dict[str, Column]:
        import pyarrow as pa
        from pyarrow import csv

        def note(row: Any) -> Literal["skip"]:
            (malformed if row.text.strip() else blank).append(row.number)
            return "skip"

        header = self._delimiter.join(f"c{i}" for i in range(len(self.names))) + "\n"  # names may be empty or stand twice
        body = header.encode() + body
        keys = {name: f"c{self.names.index(name)}" for name in names}
        table = csv.read_csv(
            io.BytesIO(body),
            read_options=csv.ReadOptions(
                use_threads=False,
                block_size=min(len(body) + 1, 2**31 - 1),
            ),
            parse_options=csv.ParseOptions(
                delimiter=self._delimiter, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=note
            ),
            convert_options=csv.ConvertOptions(
                include_columns=list(keys.values()),
                column_types=dict.fromkeys(keys.values(), pa.string()),
                strings_can_be_null=False,
            ),
        )
        return {name: table[key].combine_chunks() for name, key in keys.items()}


class ParquetSource:
    """A Parquet file; a row group that is damaged is left out and its rows tallied."""

    def __init__(self, path: Path, distinct: bool = False) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        self._path = path
        try:
            self._file = parquet.ParquetFile(path, page_checksum_verification=True)
        except (pa.ArrowException, OSError) as error:
            raise RecordingError(
                f"{path} can't be read as Parquet ({_first_line(error)}); write it anew or export it as CSV"
            ) from None
        written = self._file.schema_arrow.names
        self.names = told_apart(written) if distinct else tuple(written)
        self.told: Mapping[str, str] = {}

    def preamble(self, names: Sequence[str]) -> str:
        """See `Source.preamble`."""
        return ""

    def read(self, names: Sequence[str], tally: Tally, watch: Watch) -> Table:
        """See `Source.read`."""
        import pyarrow as pa

        self._refuse_nested(names)
        groups, rows, first = [], [np.zeros(0, np.int64)], 1
        for i in range(self._file.num_row_groups):
            size = self._file.metadata.row_group(i).num_rows
            numbers = np.arange(first, first + size, dtype=np.int64)
            first += size
            try:
                groups.append(self._group(i, names))
                rows.append(numbers)
            except (pa.ArrowException, OSError):
                tally.count("damaged_block", numbers)
            watch((i + 1) / self._file.num_row_groups)
        table = pa.concat_tables(groups) if groups else self._picked(self._file.schema_arrow.empty_table(), names)
        return Table({name: _plain(table[name]) for name in names}, np.concatenate(rows))

    def _group(self, i: int, names: Sequence[str]) -> Any:
        """These columns of a row group; of all where names stand twice, since Parquet is asked by name."""
        written = self._file.schema_arrow.names
        if len(set(written)) < len(written):
            return self._picked(self._file.read_row_group(i), names)
        asked = [written[self.names.index(name)] for name in names]
        return self._file.read_row_group(i, columns=asked).select(asked).rename_columns(list(names))

    def _picked(self, table: Any, names: Sequence[str]) -> Any:
        return table.select([self.names.index(name) for name in names]).rename_columns(list(names))

    @property
    def nested(self) -> Mapping[str, str]:
        """See `Source`."""
        import pyarrow as pa

        kinds = {name: self._file.schema_arrow.field(i).type for i, name in enumerate(self.names)}
        plain = {name: kind.value_type if pa.types.is_dictionary(kind) else kind for name, kind in kinds.items()}
        return {name: str(kind) for name, kind in plain.items() if pa.types.is_nested(kind) or "binary" in str(kind)}

    def _refuse_nested(self, names: Sequence[str]) -> None:
        nested = self.nested
        for name in names:
            if kind := nested.get(name):
                raise RecordingError(f"the column “{name}” of {self._path} holds {kind}, not one value a row; leave it out")


def _lines_that_matter(text: Text, starts: NDArray[np.int64], layout: Layout) -> NDArray[np.bool_]:
    """A mask over lines: not skipped, not empty, not a comment."""
    lengths = np.diff(starts)
    wanted = lengths > 1
    if len(wanted) and lengths[-1] == 1:
        wanted[-1] = text.body[-1:] != b"\n"
    wanted[: layout.skip_rows] = False
    if mark := layout.comment.encode():
        head = np.frombuffer(text.body, np.uint8)[starts[:-1]] == mark[0] if len(wanted) else wanted
        for i in np.flatnonzero(head).tolist():
            wanted[i] &= not text.body.startswith(mark, int(starts[i]))
    return wanted


def _plain(column: Column) -> Column:
    """One array, dictionaries decoded, strings of one kind."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type):
        column = column.cast(pa.string())
    column = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    return _readable(column) if pa.types.is_string(column.type) else column


def _readable(strings: Column) -> Column:
    """The same strings; what is no UTF-8 in them becomes `REPLACED`."""
    import pyarrow as pa

    try:
        strings.validate(full=True)
    except pa.ArrowInvalid:
        raw = strings.cast(pa.binary()).to_pylist()
        return pa.array([None if cell is None else cell.decode("utf-8", "replace") for cell in raw], pa.string())
    return strings


def _no_strings() -> Column:
    import pyarrow as pa

    return pa.array([], pa.string())


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
