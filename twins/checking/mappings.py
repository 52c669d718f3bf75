"""What is wrong with mappings, as far as that can be told without the file whose columns they name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from twins.asset import TagKind, Twin
from twins.clock import parse_time
from twins.historian.binding import misfits
from twins.historian.mapping import MappingError, mapping_of
from twins.historian.wfdb import KEYS
from twins.package.document import Document, read_document
from twins.package.draft import Draft
from twins.package.fault import Fault
from twins.package.origin import Origin
from twins.package.words import did_you_mean

FOLDER = "mappings"


def mapping_faults(made: Draft, twin: Twin) -> Iterator[Fault]:
    """Of each that the package brings: of a table's columns, or of a WFDB record's signals."""
    for name in made.files.named(f"{FOLDER}/*.yaml"):
        content = made.files.read(name)
        document = read_document(name, content)
        if document.faults or not isinstance(document.data, dict):
            continue  # told where the package is read
        if {"signals", "annotations", "beat_rate"} & document.data.keys():
            yield from _of_wfdb(document, twin)
        else:
            yield from _of_columns(name, content, twin)


def _of_columns(name: str, content: bytes, twin: Twin) -> list[Fault]:
    try:
        return misfits(mapping_of(content.decode("utf-8", "replace"), name), twin)
    except MappingError as problem:
        return list(problem.faults)


def _of_wfdb(document: Document, twin: Twin) -> Iterator[Fault]:
    root = Origin(document, ())
    for key in document.data:
        if key not in KEYS:
            yield root.at(key).fault(f"there is no key “{key}” here", did_you_mean(key, KEYS) or f"write {', '.join(KEYS)}")
    signals = document.data.get("signals") or {}
    if not isinstance(signals, dict):
        yield root.at("signals").fault("signals: a mapping is due", "write signals: { MLII: H.ecg }")
        signals = {}
    named = [(root.at("signals", name), path, TagKind.WAVEFORM) for name, path in signals.items()]
    named += [(root.at("beat_rate"), path, TagKind.NUMBER) for path in (document.data.get("beat_rate"),) if path]
    for origin, path, kind in named:
        tag = twin.tags.get(str(path))
        if tag is None or tag.kind is not kind:
            known = [each.path for each in twin.tags.values() if each.kind is kind]
            remedy = did_you_mean(str(path), known) or f"name a tag of kind: {kind}"
            yield origin.fault(f"“{path}” is no {kind} of the twin", remedy)
    with suppress(ValueError):
        parse_time(str(document.data.get("start", "2000-01-01T00:00:00Z")))
        return
    yield root.at("start").fault(f"start: {document.data['start']} is no time", "write it like 2026-01-01T00:00:00Z")
