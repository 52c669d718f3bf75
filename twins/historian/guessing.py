"""Guessing what a file of unknown origin is: text in UTF-8, in Windows-1252, or no text at all."""

from __future__ import annotations

from pathlib import Path

from twins.historian.recording import RecordingError

GUESSED = "guessed"  # as an encoding: to be found out here
_LOOKED_AT = 4096  # bytes in which text has hardly a control character
_FEW = {True: 0.2, False: 0.02}  # share of control characters up to which what is, or isn't, UTF-8 is text
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r"))


def encoding_of(raw: bytes, path: Path) -> str:
    """“utf-8” or “cp1252”, of a file without a byte order mark. Raises RecordingError where it is no text."""
    if raw.startswith(b"PAR1"):
        raise RecordingError(f"{path} is Parquet by its content; let its name end in .parquet")
    text = raw.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    head = raw[:_LOOKED_AT]
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if controls > _FEW[not broken] * len(head) or b"\0" in raw[: raw.find(b"\n") + 1 or _LOOKED_AT]:
        raise RecordingError(f"{path} is no table: it holds binary data; give CSV or Parquet")
    others = len(text) - len(text.encode("ascii", "ignore")) - broken if broken else 0
    return "cp1252" if broken > others else "utf-8"
