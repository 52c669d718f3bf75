"""Circuits that a file tells of in properties alone, as Revit does: the panel and the circuit's number of each load."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twins.survey.survey import Survey, Thing

_PANEL = ("panel", "panelboard", "distribution board")
_NUMBER = ("circuit number", "circuit", "circuitnumber")
_PANEL_NAME = ("panel name", "panelname", "board name")
_SUPPLY = ("supply from", "supplied from", "fed from")


def add_circuits(survey: Survey) -> None:
    """Each circuit becomes an asset below its panel; panels feed circuits, and circuits feed loads."""
    loads = [(k, *told) for k, thing in enumerate(survey.things) if (told := _told(thing.attributes))]
    panels: dict[str, int] = {}
    circuits: dict[tuple[str, str], int] = {}
    for k, panel, number in loads:
        if panel not in panels:
            panels[panel] = _panel(survey, panel, k)
        if (panel, number) not in circuits:
            circuits[panel, number] = _circuit(survey, panel, number, panels[panel])
        if k != panels[panel]:
            survey.relations.append((circuits[panel, number], "feeds", k))
    _supplies(survey, panels)
    if circuits:
        survey.notes.append(f"{len(circuits):,} circuits of {len(panels):,} panels were found in the properties of their loads.")


def _told(attributes: Mapping[str, Any]) -> tuple[str, str] | None:
    panel, number = _said(attributes, _PANEL), _said(attributes, _NUMBER)
    return (panel, number) if panel and number else None


def _said(attributes: Mapping[str, Any], names: tuple[str, ...]) -> str:
    found = (str(value).strip() for key, value in attributes.items() if key.rpartition(".")[2].lower() in names)
    return next((value for value in found if value), "")


def _panel(survey: Survey, name: str, load: int) -> int:
    for k, thing in enumerate(survey.things):
        steps = [step.strip() for step in thing.name.split(":")]
        if _said(thing.attributes, _PANEL_NAME) == name or name in steps:
            return k
    beside = survey.things[load]
    return survey.add(Thing(name, beside.parent, "DistributionBoard", "system", origin=beside.origin))


def _circuit(survey: Survey, panel: str, number: str, at: int) -> int:
    said = {"Panel": panel, "Circuit Number": number}
    place = survey.add(Thing(f"Circuit {number}", at, "Circuit", "system", origin=survey.things[at].origin, attributes=said))
    survey.relations.append((at, "feeds", place))
    return place


def _supplies(survey: Survey, panels: Mapping[str, int]) -> None:
    for place in dict.fromkeys(panels.values()):
        feeder = _said(survey.things[place].attributes, _SUPPLY)
        if feeder in panels and panels[feeder] != place:
            survey.relations.append((panels[feeder], "feeds", place))
