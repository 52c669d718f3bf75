"""A text file of rows, however it was written: unpacked, decoded and cut into records whose line numbers are known."""

from __future__ import annotations

import csv
import zlib
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twins.historian.recording import RecordingError
from twins.historian.tally import Tally

REPLACED = "�"  # stands where a byte could not be decoded
_CHUNK = 1 << 20
_CRUMB = 64  # how finely a broken gzip is read up to its damage
_LONGEST_RECORD = 50  # lines that one quoted cell may run over
_SNIFFED_LINES = 50
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


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
    """The file unpacked (by its content, not its name) and decoded; without `encoding` by its byte order mark, else UTF-8.

    `watch` is told the part read so far, 0…1, and may raise to stop. What can't be decoded becomes `REPLACED`.
    """
    raw, damaged = _unpacked(path, watch)
    for mark, told in _BOMS:
        if raw.startswith(mark):
            raw, encoding = raw[len(mark) :], told
            break
    encoding = encoding or "utf-8"
    if encoding.lower().replace("_", "-") not in {"utf-8", "utf8"} or not _is_utf8(raw):
        raw = raw.decode(encoding, errors="replace").encode("utf-8", errors="replace")
    body = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in raw else raw
    if damaged:  # the last line is torn
        body = body[: body.rfind(b"\n") + 1]
    return Text(body, encoding, damaged)


def records(
    text: Text, starts: NDArray[np.int64], wanted: NDArray[np.bool_], width: int, delimiter: str, tally: Tally
) -> NDArray[np.bool_]:
    """Which lines begin a record (a mask over lines); those that only go on in a quoted cell, or never end one, do not.

    `wanted` is a mask over lines of what may be a record at all, and loses lines with a quote that is never closed.
    """
    begins = wanted.copy()
    quotes = np.frombuffer(text.body, np.uint8) == ord('"')
    if not quotes.any():
        return begins
    odd = np.add.reduceat(quotes, starts[:-1], dtype=np.int64) % 2 == 1
    last = -1
    for i in np.flatnonzero(odd & wanted).tolist():
        if i <= last or _cells([text.line(starts, i)], delimiter) is not None:
            continue
        last = _end_of_record(text, starts, i, width, delimiter)
        if last < 0:
            tally.count("malformed_row", i + 1)
            wanted[i] = begins[i] = False
        else:
            begins[i + 1 : last + 1] = False
    return begins


def sniffed_delimiter(lines: list[str]) -> str:
    """The sign among `; , tab |` that cuts the first lines into the same number of cells, and into most; a comma if none does."""

    def merit(delimiter: str) -> tuple[float, int]:
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter)]
        width, times = Counter(widths).most_common(1)[0]
        return (0.0, 0) if width < 2 else (times / len(widths) * (width > 1), width)

    best = max(",;\t|", key=merit) if lines else ","
    return best if lines and merit(best)[1] else ","


def sniffed_lines(text: Text, starts: NDArray[np.int64], wanted: NDArray[np.bool_]) -> list[str]:
    """The first lines that matter."""
    return [text.line(starts, int(i)) for i in np.flatnonzero(wanted)[:_SNIFFED_LINES]]


def cells_of(line: str, delimiter: str) -> list[str]:
    """One line's cells, stripped."""
    return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]


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


def _end_of_record(text: Text, starts: NDArray[np.int64], first: int, width: int, delimiter: str) -> int:
    lines = [text.line(starts, first)]
    for i in range(first + 1, min(first + _LONGEST_RECORD, len(starts) - 1)):
        lines.append(text.line(starts, i))
        cells = _cells(lines, delimiter)
        if cells is not None:
            return i if len(cells) == width else -1
    return -1
