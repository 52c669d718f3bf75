"""An ONNX file as it lies there: read field by field, without running anything, before anybody may load it.

Only what can be a danger is read: which operators, whose, other files, and how large tensors say they are. The field numbers are
those of onnx.proto3 (ONNX 1.x, Apache-2.0).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

LARGEST = 32 << 20  # bytes
MOST_NODES = 100_000
LARGEST_TENSOR = 64 << 20  # numbers
DEEPEST = 24
OPSETS = {"": (7, 24), "ai.onnx": (7, 24), "ai.onnx.ml": (1, 5)}
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
Field = tuple[int, int, int | memoryview]  # number, wire type, value


class OnnxError(ValueError):
    """Why a file is no ONNX model that is run here; one sentence without a full stop."""


def judge(content: bytes) -> None:
    """Raises OnnxError where it is none, or one that is not run here."""
    if len(content) > LARGEST:
        raise OnnxError(f"it has {len(content) / 1e6:,.0f} MB; at most {LARGEST >> 20} MB are read")
    model = list(_fields(memoryview(content)))
    graphs = [value for number, kind, value in model if number == 7 and kind == _BYTES]
    if len(graphs) != 1 or not any(number == 8 for number, _, _ in model):
        raise OnnxError("it is no ONNX model, or is cut short")
    if any(number == 25 for number, _, _ in model):
        raise OnnxError("it brings functions of its own; export it with standard operators only")
    for number, kind, value in model:
        if number == 8 and kind == _BYTES:
            _opset(value)  # type: ignore[arg-type]
    _Walk().graph(graphs[0], 0)  # type: ignore[arg-type]


def _opset(message: memoryview) -> None:
    domain, version = "", 0
    for number, _, value in _fields(message):
        if number == 1:
            domain = _text(value)
        elif number == 2 and isinstance(value, int):
            version = value
    if domain not in OPSETS:
        raise OnnxError(f"it needs operators of “{domain[:40]}”; export it with those of ONNX itself")
    low, high = OPSETS[domain]
    if not low <= version <= high:
        raise OnnxError(f"it is of opset {version}; export it as opset {low} to {high}")


class _Walk:
    def __init__(self) -> None:
        self._nodes = 0

    def graph(self, message: memoryview, depth: int) -> None:
        if depth > DEEPEST:
            raise OnnxError(f"it is nested more than {DEEPEST} deep")
        for number, kind, value in _fields(message):
            if kind == _BYTES and number == 1:
                self._node(value, depth)  # type: ignore[arg-type]
            elif kind == _BYTES and number in (5, 15):
                _tensor(value, sparse=number == 15)  # type: ignore[arg-type]

    def _node(self, message: memoryview, depth: int) -> None:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            raise OnnxError(f"it has more than {MOST_NODES:,} nodes")
        for number, kind, value in _fields(message):
            if number == 7 and _text(value) not in OPSETS:
                raise OnnxError(f"it needs an operator of “{_text(value)[:40]}”; export it with those of ONNX itself")
            if number == 5 and kind == _BYTES:
                self._attribute(value, depth)  # type: ignore[arg-type]

    def _attribute(self, message: memoryview, depth: int) -> None:
        for number, kind, value in _fields(message):
            if kind == _BYTES and number in (6, 11):
                self.graph(value, depth + 1)  # type: ignore[arg-type]
            elif kind == _BYTES and number in (5, 10, 22, 23):
                _tensor(value, sparse=number in (22, 23))  # type: ignore[arg-type]


def _tensor(message: memoryview, *, sparse: bool) -> None:
    if sparse:
        raise OnnxError("it has sparse tensors; export it with dense ones")
    dims: list[int] = []
    for number, kind, value in _fields(message):
        if number == 1:
            dims += [value] if isinstance(value, int) else list(_varints(value))
        if number == 13 or (number == 14 and value != 0):
            raise OnnxError("it keeps tensors in other files; save it as one file")
        if number == 2 and kind == _VARINT and value == 8:
            continue  # texts: labels of classes
    if any(d < 0 or d > LARGEST_TENSOR for d in dims) or math.prod(dims) > LARGEST_TENSOR:
        raise OnnxError("it says that a tensor has more numbers than are read here")


def _fields(message: memoryview) -> Iterator[Field]:
    """Of one protobuf message (its wire format)."""
    at, end = 0, len(message)
    while at < end:
        key, at = _varint(message, at)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            value, at = _varint(message, at)
            yield number, kind, value
        elif kind == _BYTES:
            size, at = _varint(message, at)
            if size > end - at:
                raise OnnxError("it is no ONNX model, or is cut short")
            yield number, kind, message[at : at + size]
            at += size
        elif kind in (_FIXED32, _FIXED64):
            at += 4 if kind == _FIXED32 else 8
            yield number, kind, 0
        else:
            raise OnnxError("it is no ONNX model, or is cut short")


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(message):
            break
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return (value if value < 1 << 63 else value - (1 << 64)), at
    raise OnnxError("it is no ONNX model, or is cut short")


def _varints(message: memoryview) -> Iterator[int]:
    at = 0
    while at < len(message):
        value, at = _varint(message, at)
        yield value


def _text(value: int | memoryview) -> str:
    return bytes(value[:200]).decode("utf-8", "replace") if isinstance(value, memoryview) else ""
