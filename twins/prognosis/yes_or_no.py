"""Whether something is so, learnt from a table that says when it was: a logistic regression, kept as an ONNX predictor."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twins import InputError

Array = NDArray[np.float64]
_ROUNDS, _RIDGE = 60, 1e-3
_FEWEST = 20


@dataclass(frozen=True, slots=True)
class YesOrNo:
    """p = 1 / (1 + exp(−(x·weights + bias)))."""

    inputs: tuple[str, ...]
    weights: Array
    bias: float

    def probability(self, x: Array) -> Array:
        """(n,) of (n, inputs); NaN where an input is not known."""
        return 1 / (1 + np.exp(-np.clip(x @ self.weights + self.bias, -500, 500)))


@dataclass(frozen=True, slots=True)
class Verdicts:
    """How often it was right on rows that it had not seen."""

    rows: int
    accuracy: float
    sensitivity: float | None  # of those that are so; None where there were none
    specificity: float | None  # of those that are not
    usual: float  # the accuracy of always giving the commoner answer


def learnt(inputs: Sequence[str], x: Array, so: Array, label: str = "label") -> YesOrNo:
    """From rows (n, inputs) and 0 or 1 (n,) of a column `label`; rows with what is not known are passed over. Raises InputError.

    Newton's steps on the likelihood of standardised inputs with a faint ridge (Hastie, Tibshirani & Friedman, 4.4.1).
    """
    for name, column in zip(inputs, x.T, strict=True):
        if not np.isfinite(column).any():
            raise InputError(f"“{name}” holds no number in the rows to learn from; leave it out")
    known = np.isfinite(x).all(axis=1) & np.isfinite(so)
    x, so = x[known], so[known]
    if not np.isin(so, (0, 1)).all():
        raise InputError(f"“{label}” holds other numbers than 0 and 1; name a column that says yes or no")
    if min(so.sum(), (1 - so).sum()) < _FEWEST:
        counts = f"{so.sum():.0f} rows of 1 and {(1 - so).sum():.0f} of 0"
        raise InputError(f"the rows to learn from hold {counts} in “{label}”; {_FEWEST} of each are needed")
    middle, spread = x.mean(axis=0), x.std(axis=0)
    if not spread.all():
        raise InputError(f"“{inputs[int(np.argmin(spread))]}” is the same in all rows; leave it out")
    z = np.column_stack([(x - middle) / spread, np.ones(len(x))])
    w, ridge = np.zeros(z.shape[1]), _RIDGE * len(z) * np.diag([*np.ones(x.shape[1]), 0.0])
    for _ in range(_ROUNDS):
        p = 1 / (1 + np.exp(-np.clip(z @ w, -30, 30)))
        step = np.linalg.solve((z * (p * (1 - p) + 1e-9)[:, None]).T @ z + ridge, z.T @ (so - p) - ridge @ w)
        w = w + step
        if np.abs(step).max() < 1e-9:
            break
    return YesOrNo(tuple(inputs), w[:-1] / spread, float(w[-1] - (w[:-1] * middle / spread).sum()))


def judged(model: YesOrNo, x: Array, so: Array) -> Verdicts:
    """On rows (n, inputs) and what was so (n,)."""
    known = np.isfinite(x).all(axis=1) & np.isfinite(so)
    said, is_so = model.probability(x[known]) > 0.5, so[known] > 0.5
    share = float(is_so.mean())
    return Verdicts(
        len(is_so),
        float((said == is_so).mean()),
        float(said[is_so].mean()) if is_so.any() else None,
        float((~said[~is_so]).mean()) if not is_so.all() else None,
        max(share, 1 - share),
    )


def as_onnx(model: YesOrNo) -> bytes:
    """The model as an ONNX file (field numbers of onnx.proto3): p (1 × 1) of x (1 × inputs)."""
    n = len(model.inputs)
    nodes = [
        (["x", "weights"], "weighed", "MatMul"),
        (["weighed", "bias"], "logit", "Add"),
        (["logit"], "p", "Sigmoid"),
    ]
    graph = b"".join(_field(1, _node(*each)) for each in nodes) + _field(2, b"yes_or_no")
    graph += _field(5, _tensor("weights", (n, 1), model.weights)) + _field(5, _tensor("bias", (1,), np.array([model.bias])))
    graph += _field(11, _value("x", (1, n))) + _field(12, _value("p", (1, 1)))
    return _number(1, 8) + _field(7, graph) + _field(8, _field(1, b"") + _number(2, 17))


def _node(inputs: Sequence[str], output: str, operator: str) -> bytes:
    return b"".join(_field(1, each.encode()) for each in inputs) + _field(2, output.encode()) + _field(4, operator.encode())


def _tensor(name: str, shape: Sequence[int], values: Array) -> bytes:
    sizes = b"".join(_number(1, size) for size in shape)
    return sizes + _number(2, 1) + _field(8, name.encode()) + _field(9, struct.pack(f"<{values.size}f", *values.ravel()))


def _value(name: str, shape: Sequence[int]) -> bytes:
    sizes = b"".join(_field(1, _number(1, size)) for size in shape)
    return _field(1, name.encode()) + _field(2, _field(1, _number(1, 1) + _field(2, sizes)))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _field(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*made, value])
