"""A text file of rows, however it was written: unpacked, decoded and cut into records whose line numbers are known."""

from __future__ import annotations

import csv
import re
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twins.historian.guessing import GUESSED, encoding_of
from twins.historian.recording import RecordingError
from twins.historian.tally import Tally

REPLACED = "�"  # stands where a byte could not be decoded
_CHUNK = 1 << 20
_CRUMB = 64  # how finely a broken gzip is read up to its damage
_LONGEST_RECORD = 50  # lines that one quoted cell may run over
_SNIFFED_LINES = 50
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?(?i:nan)")
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe\0\0", "utf-32-le"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


@dataclass(frozen=True, slots=True)
class Text:
    """UTF-8 bytes with `\\n` line ends, and where each line starts; `encoding` is what it was decoded from."""

    body: bytes
    encoding: str
    damaged: bool = False  # the packed file ended or broke early

    def line_starts(self) -> NDArray[np.int64]:
        """The place of each line's first byte, and the end of the text as one more."""
        ends = np.flatnonzero(np.frombuffer(self.body, np.uint8) == ord("\n")).astype(np.int64) + 1
        size = len(self.body)
        tail = [] if size == 0 or (len(ends) and ends[-1] == size) else [size]
        return np.concatenate([np.zeros(1, np.int64), ends, np.array(tail, np.int64)])

    def line(self, starts: NDArray[np.int64], i: int) -> str:
        """One line without its end."""
        return self.body[starts[i] : starts[i + 1]].decode().rstrip("\n")


def read_text(path: Path, encoding: str | None, watch: Callable[[float], None]) -> Text:
    """The file unpacked (by its content, not its name) and decoded; without `encoding` by its byte order mark, else
    UTF-8; `GUESSED` looks into it.

    `watch` is told the part read so far, 0…1, and may raise to stop. What can't be decoded becomes `REPLACED`.
    """
    raw, damaged = _unpacked(path, watch)
    for mark, told in _BOMS:
        if raw.startswith(mark):
            raw, encoding = raw[len(mark) :], told
            break
    if encoding == GUESSED:
        encoding = encoding_of(raw, path)
    if encoding is None and b"\0" in raw[: raw.find(b"\n") + 1 or _CHUNK]:
        raise RecordingError(
            f"{path} is no text in UTF-8; set encoding: in the mapping, to utf-16-le for one, or export it as CSV"
        )
    encoding = encoding or "utf-8"
    if encoding.lower().replace("_", "-") not in {"utf-8", "utf8"} or not _is_utf8(raw):
        raw = raw.decode(encoding, errors="replace").encode("utf-8", errors="replace")
    body = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in raw else raw
    if damaged:  # the last line is torn
        body = body[: body.rfind(b"\n") + 1]
    return Text(body, encoding, damaged)


@dataclass(frozen=True, slots=True)
class Records:
    """Which lines begin a record; `rewritten` holds, plainly quoted, those that were not, or that run over several lines."""

    begins: NDArray[np.bool_]
    rewritten: Mapping[int, bytes]

    def body(self, text: Text, starts: NDArray[np.int64]) -> bytes:
        """The records alone, all plainly quoted."""
        pieces, lines, done = [], np.frombuffer(text.body, np.uint8), 0
        for line, record in (*self.rewritten.items(), (len(starts) - 1, b"")):
            kept = np.repeat(self.begins[done:line], np.diff(starts[done : line + 1]))
            stretch = lines[starts[done] : starts[line]]
            pieces += [stretch[kept].tobytes() if not kept.all() else stretch.tobytes(), record]
            done = line + 1
        return b"".join(pieces)


def records(
    text: Text, starts: NDArray[np.int64], wanted: NDArray[np.bool_], width: int, delimiter: str, tally: Tally
) -> Records:
    """`wanted` is a mask over lines of what may be a record. A line with a quote that is never closed is tallied and left out."""
    begins, rewritten = wanted.copy(), dict[int, bytes]()
    quotes = np.frombuffer(text.body, np.uint8) == ord('"')
    if not quotes.any():
        return Records(begins, rewritten)
    plain = _plainly_quoted(delimiter)
    last = -1
    for i in np.flatnonzero(np.logical_or.reduceat(quotes, starts[:-1]) & wanted).tolist():
        line = text.body[starts[i] : starts[i + 1]].rstrip(b"\n")
        if i <= last or plain.fullmatch(line):
            continue
        last, cells = _record_from(text, starts, i, width, delimiter)
        if cells is None:
            tally.count("malformed_row", i + 1)
            begins[i] = False
        else:
            begins[i + 1 : last + 1] = False
            rewritten[i] = _quoted(cells, delimiter)
    return Records(begins, rewritten)


def _plainly_quoted(delimiter: str) -> re.Pattern[bytes]:
    """A line whose cells are quoted as a whole or hold no quote."""
    sign = re.escape(delimiter.encode())
    cell = rb'(?:"(?:[^"]|"")*"|[^"' + sign + rb"]*)"
    return re.compile(cell + rb"(?:" + sign + cell + rb")*")


def _quoted(cells: list[str], delimiter: str) -> bytes:
    """A record with all its cells quoted."""
    return (delimiter.join('"' + cell.replace('"', '""') + '"' for cell in cells) + "\n").encode()


def sniffed_delimiter(lines: list[str]) -> str:
    """The sign among `; tab , |` that cuts the first line, and most others into as many cells; else blanks between numbers, or a
    comma."""

    def merit(delimiter: str) -> tuple[float, int]:
        widths = [len(cells_of(line, delimiter)) for line in lines]
        alike = sum(width in (widths[0], widths[0] + 1) for width in widths)  # rows may begin with a name of their own
        return (alike / len(widths), widths[0]) if widths[0] > 1 else (0.0, 0)

    best = max(";\t,|", key=merit) if lines else ","
    if lines and merit(best)[1]:
        return best
    return " " if _numbers_between_blanks(lines) else ","


def blanks_squeezed(text: Text) -> Text:
    """The same cells with one blank between them, none around them."""
    return replace(text, body=re.sub(rb"^ +| +$", b"", re.sub(rb"[ \t]+", b" ", text.body), flags=re.MULTILINE))


def _numbers_between_blanks(lines: list[str]) -> bool:
    """As many in each line, the first of which may hold names."""
    rows = [line.split() for line in lines if line.strip()]
    alike = bool(rows) and len(rows[0]) > 1 and all(len(row) == len(rows[0]) for row in rows)
    return alike and all(_NUMBER.fullmatch(cell) for row in rows[1:] or rows for cell in row)


def sniffed_lines(text: Text, starts: NDArray[np.int64], wanted: NDArray[np.bool_]) -> list[str]:
    """The first lines that matter."""
    return [text.line(starts, int(i)) for i in np.flatnonzero(wanted)[:_SNIFFED_LINES]]


def cells_of(line: str, delimiter: str) -> list[str]:
    """One line's cells, stripped; a line too long for a reader is one cell."""
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:
        return [line]


def _unpacked(path: Path, watch: Callable[[float], None]) -> tuple[bytes, bool]:
    """The file's bytes, gunzipped where they are gzip, member after member; and whether the packing was broken."""
    try:
        size = max(path.stat().st_size, 1)
        with path.open("rb") as file:
            packed = []
            while chunk := file.read(_CHUNK):
                packed.append(chunk)
                watch(min(file.tell() / size, 1.0) / 2)
    except OSError as error:
        raise RecordingError(
            f"{path} can't be read: {(error.strerror or str(error)).lower()}; check the path and its rights"
        ) from None
    raw = b"".join(packed)
    return _gunzipped(raw, watch) if raw.startswith(b"\x1f\x8b") else (raw, False)


def _gunzipped(raw: bytes, watch: Callable[[float], None]) -> tuple[bytes, bool]:
    out: list[bytes] = []
    rest, view = 0, memoryview(raw)
    while raw[rest : rest + 2] == b"\x1f\x8b":
        member = zlib.decompressobj(wbits=31)
        while not member.eof:
            if rest >= len(raw):
                return b"".join(out), True
            chunk = view[rest : rest + _CHUNK]
            sound = member.copy()
            try:
                out.append(member.decompress(chunk))
            except zlib.error:
                return b"".join((*out, _up_to_the_damage(sound, chunk))), True
            rest += len(chunk) - len(member.unused_data)
            watch(0.5 + rest / len(raw) / 2)
    return b"".join(out), bool(raw[rest:].strip(b"\0"))


def _up_to_the_damage(member: zlib._Decompress, chunk: memoryview) -> bytes:
    out: list[bytes] = []
    with suppress(zlib.error):
        for place in range(0, len(chunk), _CRUMB):
            out.append(member.decompress(chunk[place : place + _CRUMB]))
    return b"".join(out)


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _cells(lines: list[str], delimiter: str) -> list[str] | None:
    """The cells of one record, None while its quotes are not closed."""
    try:
        rows = list(csv.reader([line + "\n" for line in lines], delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None


def _record_from(text: Text, starts: NDArray[np.int64], first: int, width: int, delimiter: str) -> tuple[int, list[str] | None]:
    """The cells of the record that begins in a line, and its last line; none where its quotes are never closed."""
    lines: list[str] = []
    for i in range(first, min(first + _LONGEST_RECORD, len(starts) - 1)):
        lines.append(text.line(starts, i))
        cells = _cells(lines, delimiter)
        if cells is not None and (i == first or len(cells) == width):
            return i, cells
        if cells is not None:
            break
    return first, None
