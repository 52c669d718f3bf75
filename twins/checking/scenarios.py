"""What is wrong with scenarios: what they change that is not there, and what can never come."""

from __future__ import annotations

from collections.abc import Iterator

from twins.asset import Twin
from twins.package.document import Document, read_document
from twins.package.fault import Fault
from twins.package.loader import Draft
from twins.package.origin import Origin
from twins.simulation.scenario_file import judged

FOLDER = "scenarios"


def scenario_faults(made: Draft, twin: Twin) -> Iterator[Fault]:
    """Of each that the package brings."""
    for name in made.files.named(f"{FOLDER}/*.yaml"):
        yield from _scenario(read_document(name, made.files.read(name)), twin)


def _scenario(document: Document, twin: Twin) -> Iterator[Fault]:
    found, faults = judged(document, twin)
    yield from (fault for fault in faults if "can't be used" not in fault.message)  # those are told where they are declared
    if faults:
        return  # places in what was read need not be those in the file
    for place, sentence in found.late(found.duration):
        yield Origin(document, place).fault(sentence, "let it begin sooner, or write a longer for:")
