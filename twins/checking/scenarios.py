"""What is wrong with scenarios: what they change that is not there, and what can never come."""

from __future__ import annotations

from collections.abc import Iterator

from twins.asset import Twin
from twins.package.document import Document, read_document
from twins.package.draft import Draft
from twins.package.fault import Fault
from twins.package.layer import Layer
from twins.package.origin import Origin
from twins.simulation.scenario_file import judged, packaged


def scenario_faults(made: Draft, twin: Twin) -> Iterator[Fault]:
    """Of each that the package brings, or one that is nested in it; one that is held twice, as it is seen from the first."""
    seen: dict[str, str] = {}
    for file, inside in packaged(twin).values():
        seen.setdefault(file, inside)
    for file, inside in seen.items():
        yield from _scenario(read_document(file, made.files.read(file)), twin, Layer(path=inside))


def _scenario(document: Document, twin: Twin, layer: Layer) -> Iterator[Fault]:
    found, faults = judged(document, twin, layer)
    yield from (fault for fault in faults if "can't be used" not in fault.message)  # those are told where they are declared
    if faults:
        return  # places in what was read need not be those in the file
    for place, sentence in found.late(found.duration):
        yield Origin(document, place).fault(sentence, "let it begin sooner, or write a longer for:")
