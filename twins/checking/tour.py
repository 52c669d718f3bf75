"""What a tour names but is not there: viewpoints, assets, colours, faults."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from twins.asset import Step, Twin
from twins.package.draft import Draft
from twins.package.fault import Fault
from twins.package.origin import Origin
from twins.package.touring import TOUR
from twins.package.words import did_you_mean

_ALWAYS = ("condition", "residual", "health")


def tour_faults(made: Draft, twin: Twin) -> Iterator[Fault]:
    """Whatever a step of the tour names."""
    document = made.documents.get(TOUR)
    if document is None:
        return
    if twin.tour.begins:
        yield from _unknown(twin.tour.begins, _faults(twin), "begins", "fault", Origin(document, ("begins",)))
    for k, step in enumerate(twin.tour.steps):
        yield from _step(step, twin, Origin(document, ("steps", k)))


def _step(step: Step, twin: Twin, origin: Origin) -> Iterator[Fault]:
    named = {
        "viewpoint": ([step.viewpoint], [view.name for view in twin.viewpoints], "viewpoint"),
        "asset": ([step.asset], twin.assets, "asset"),
        "select": ([step.select], twin.assets, "asset"),
        "colour_by": ([step.colour_by], _colours(twin), "quantity or tag"),
        "fault": ([step.fault], _faults(twin), "fault"),
    }
    for key, ((word,), known, what) in named.items():
        if word and origin.wrote(key):
            yield from _unknown(word, known, key, what, origin.at(key))
    if step.viewpoint and step.asset:
        yield origin.at("asset").fault("asset: the camera can't fly to a viewpoint and to an asset", "keep one of the two")


def _unknown(word: str, known: Collection[str], key: str, what: str, origin: Origin) -> Iterator[Fault]:
    if word not in known:
        remedy = did_you_mean(word, known) or ("write one of " if any(known) else "there is none yet") + ", ".join(
            list(filter(None, known))[:8]
        )
        yield origin.fault(f"{key}: there is no {what} “{word}”", remedy)


def _colours(twin: Twin) -> list[str]:
    return list(dict.fromkeys((*_ALWAYS, *(name for tag in twin.tags.values() for name in (tag.quantity, tag.name) if name))))


def _faults(twin: Twin) -> list[str]:
    return [f"{path}.{name}" if path else name for path, each in twin.assets.items() for name in each.faults]
