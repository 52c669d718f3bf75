"""A model file: what was learnt, as JSON and arrays in one zip; nothing in it is code, and all of it is checked on reading."""

from __future__ import annotations

import io
import json
import math
import os
import tokenize
import zipfile
import zlib
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from twins import InputError
from twins.historian.drafting import drafted
from twins.historian.headings import told_apart
from twins.prognosis.anomaly.channels import HINGES, Channels
from twins.prognosis.anomaly.learning import Learnt
from twins.prognosis.packed import zipped

FORMAT = "twindeck-anomaly-1"
LARGEST = 256 << 20  # bytes, unpacked
MOST_COLUMNS = 4096
_NUMBERS = {"smoothing": (1, 10**6), "memory": (1, 10**9), "rows": (1, 10**12)}
_FRACTIONS = {"false_alarms": (1e-300, 0.5)}
_UNREADABLE = (OSError, EOFError, ValueError, TypeError, KeyError, RuntimeError, MemoryError, zipfile.BadZipFile, zlib.error)
_DAMAGE = (*_UNREADABLE, SyntaxError, tokenize.TokenError)  # the latter of an array's header


def packed(learnt: Learnt) -> bytes:
    """All of it; the same for the same."""
    told = {"format": FORMAT, "sensors": learnt.channels.sensors, "conditions": learnt.channels.conditions}
    told |= {name: getattr(learnt, name) for name in (*_NUMBERS, *_FRACTIONS)}
    return zipped(told, _arrays(learnt))


def save(learnt: Learnt, path: Path) -> None:
    """Writes all of it or nothing. Raises InputError."""
    with drafted(path, over=True) as draft:
        draft.write_bytes(packed(learnt))


def load(path: Path) -> Learnt:
    """What was learnt. Raises InputError where the file isn't a model, or is damaged."""
    try:
        content = path.read_bytes() if path.stat().st_size <= LARGEST else b""
    except FileNotFoundError:
        raise InputError(f"there is no model {path}; learn one with --train-rows N --to {path}") from None
    except OSError as error:
        raise InputError(f"{path} can't be read ({os.strerror(error.errno or 0)}); check the path") from None
    return unpacked(content, str(path))


def unpacked(content: bytes, name: str) -> Learnt:
    """The same from the file's content. Raises InputError."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            if sum(each.file_size for each in file.infolist()) > LARGEST:
                raise ValueError("it is too large")
            if any(each.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for each in file.infolist()):
                raise ValueError("it is packed in another way")
            return _read(file)
    except _DAMAGE as error:
        why = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise InputError(f"{name} is not a model of this command, or is damaged ({why}); learn it again") from None


def _arrays(learnt: Learnt) -> dict[str, Any]:
    parts = {each.name: getattr(learnt, each.name) for each in fields(Learnt)}
    parts |= {each.name: getattr(learnt.channels, each.name) for each in fields(Channels)}
    return {name: value for name, value in parts.items() if isinstance(value, np.ndarray)}


def _read(packed: zipfile.ZipFile) -> Learnt:
    told = json.loads(_content(packed, "model.json", 16 << 20))
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise ValueError(f"it doesn't say {FORMAT}")
    sensors, conditions = (_names(told[key]) for key in ("sensors", "conditions"))
    p, c = len(sensors), len(conditions)
    if not p or p + c > MOST_COLUMNS or len({*sensors, *conditions}) < p + c:
        raise ValueError("its names don't fit")
    k = _first_length(packed, "owner", 2 * p)
    q = p + c * (1 + len(HINGES))
    shapes = {"centre": (p + c,), "scale": (p + c,), "hinges": (c, len(HINGES)), "mixing": (k, q), "low": (c,), "high": (c,)}
    mine = {name: _array(packed, name, shape, "<f8") for name, shape in shapes.items()}
    each = {name: _array(packed, name, (k,), "<f8") for name in ("shift", "jump", "calm", "unrest", "start", "level")}
    owner = _array(packed, "owner", (k,), "<i8")
    own, wanders = (_array(packed, name, (k,), "|b1") for name in ("own", "wanders"))
    if not ((mine["scale"] > 0).all() and (each["shift"] > 0).all() and (each["jump"] > 0).all() and (each["unrest"] > 0).all()):
        raise ValueError("a spread is not positive")
    if not ((owner >= 0) & (owner < p)).all() or not (mine["low"] <= mine["high"]).all():
        raise ValueError("a channel or a range doesn't fit")
    if not mine["mixing"][np.arange(k), owner].all():
        raise ValueError("a channel leaves its own sensor out")
    numbers = {name: _whole(told[name], *bounds) for name, bounds in _NUMBERS.items()}
    numbers_too = {name: _number(told[name], *bounds) for name, bounds in _FRACTIONS.items()}
    if numbers["smoothing"] * k > 1 << 26:
        raise ValueError("it smooths over too many rows")
    low, high = mine.pop("low"), mine.pop("high")
    channels = Channels(sensors, conditions, owner=owner, own=own, **mine)
    return Learnt(channels, low, high, wanders=wanders, **each, **numbers, **numbers_too)  # type: ignore[arg-type]


def _content(packed: zipfile.ZipFile, name: str, most: int) -> bytes:
    with packed.open(name) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise ValueError(f"{name} is too large")
    return content


def _first_length(packed: zipfile.ZipFile, name: str, most: int) -> int:
    shape = _header(io.BytesIO(_content(packed, f"{name}.npy", 256 + 8 * most)))[0]
    if len(shape) != 1 or not 0 < shape[0] <= most:
        raise ValueError(f"{name} doesn't fit")
    return shape[0]


def _array(packed: zipfile.ZipFile, name: str, shape: tuple[int, ...], kind: str) -> Any:
    size = math.prod(shape) * np.dtype(kind).itemsize
    file = io.BytesIO(_content(packed, f"{name}.npy", size + 4096))
    if _header(file) != (shape, False, np.dtype(kind)):
        raise ValueError(f"{name} doesn't fit")
    values = np.frombuffer(file.read(), kind)
    if values.size != math.prod(shape) or not np.isfinite(values).all():
        raise ValueError(f"{name} is not whole")
    return values.reshape(shape).copy()


def _header(file: io.BytesIO) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError("an array is of another version")
    return np.lib.format.read_array_header_1_0(file)


def _names(told: object) -> tuple[str, ...]:
    if not isinstance(told, list) or not all(isinstance(name, str) and told_apart([name]) == (name,) for name in told):
        raise ValueError("its names don't fit")
    return tuple(told)


def _whole(told: object, least: float, most: float) -> int:
    number = _number(told, least, most)
    if number != int(number):
        raise ValueError("a number is not whole")
    return int(number)


def _number(told: object, least: float, most: float) -> float:
    if isinstance(told, bool) or not isinstance(told, int | float) or not least <= told <= most:
        raise ValueError("a number doesn't fit")
    return told
