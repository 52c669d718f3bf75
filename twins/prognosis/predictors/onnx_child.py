"""In the sandbox's child: an ONNX model is loaded, described and run, on one thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

TYPES = {"tensor(float)": "float32", "tensor(double)": "float64"}
ANSWERS = {**TYPES, "tensor(int64)": "int64", "tensor(int32)": "int32", "tensor(bool)": "bool"}
_MOST = 4096  # numbers of one output


class Runner:
    """`file` is in the child's own folder."""

    def __init__(self, file: str) -> None:
        import onnxruntime

        onnxruntime.set_default_logger_severity(4)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.log_severity_level = 4
        self._session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])

    def describe(self) -> dict[str, Any]:
        """Name, type and shape of each input and output; null where a length is open."""
        return {key: [_told(each) for each in found] for key, found in self._sides()}

    def run(self, asked: Sequence[Mapping[str, Any]], outputs: Sequence[str]) -> dict[str, Any]:
        """For each question {input: nested numbers} the numbers of each output; null is no number."""
        import numpy as np

        types = {each.name: TYPES[each.type] for each in self._session.get_inputs()}
        told = []
        for question in asked:
            given = {name: np.array(values, types[name]) for name, values in question.items()}
            found = self._session.run(list(outputs), given)
            told.append([_numbers(each, name) for each, name in zip(found, outputs, strict=True)])
        return {"answers": told}

    def _sides(self) -> Sequence[tuple[str, Any]]:
        return (("inputs", self._session.get_inputs()), ("outputs", self._session.get_outputs()))


def _told(each: Any) -> dict[str, Any]:
    return {"name": each.name, "type": each.type, "shape": [d if isinstance(d, int) else None for d in each.shape]}


def _numbers(value: Any, name: str) -> list[float | None]:
    import numpy as np

    array = np.asarray(value)
    if array.dtype.kind not in "fiub" or array.size > _MOST:
        raise ValueError(f"its output {name} is no short row of numbers")
    return [float(each) if np.isfinite(each) else None for each in array.ravel().astype(float)]
