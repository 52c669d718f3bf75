"""What is wrong with predictors: their assets, tags, conditions, files and models."""

from __future__ import annotations

from collections.abc import Iterator

from twins.asset import Twin
from twins.package.draft import Draft
from twins.package.fault import Fault
from twins.prognosis.predictors.declared import declared


def predictor_faults(made: Draft, twin: Twin) -> Iterator[Fault]:
    """Of each that the package brings; an ONNX model is opened in the sandbox and asked what it takes and gives."""
    for _, predictor, faults in declared(twin):
        yield from faults
        if predictor is not None:
            predictor.kind.close()
