"""tour.yaml: the guided tour of a package."""

from __future__ import annotations

from typing import Annotated, Literal

from annotated_types import Len
from pydantic import Field, StringConstraints

from twins.asset import Step, Tour
from twins.package.document import Document
from twins.package.fault import Fault
from twins.package.schema import Form, Text
from twins.package.validation import validated

TOUR = "tour.yaml"
MOST_STEPS, LONGEST_TEXT = 60, 240

Panel = Literal[
    "inspector", "trends", "simulation", "predictions", "commands", "alarms", "events", "scenarios", "assets", "views"
]


class StepForm(Form):
    """One thing that is told, and what is seen meanwhile; what is not written stays as it was."""

    say: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TEXT)] = Field(description="one or two sentences")
    viewpoint: Text = Field(default="", description="the name of a viewpoint that the camera flies to")
    asset: Text = Field(default="", description="the path of an asset that the camera flies to; not with a viewpoint")
    colour_by: Text = Field(default="", description="a quantity, the name of a tag, or condition, residual or health")
    select: Text = Field(default="", description="the path of the asset that is selected; default: `asset`")
    shows: Panel | None = Field(default=None, description="the panel that comes to the front")
    fault: Text = Field(default="", description="ASSET.FAULT: it begins, in the plant of a demo only")
    seconds: Annotated[float, Field(ge=2, le=60)] = 8.0


class TourFile(Form):
    """tour.yaml."""

    name: Text = Field(default="", description="for people; default: Guided tour")
    begins: Text = Field(default="", description="ASSET.FAULT that the plant of a demo has from its start")
    at: Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] | None = Field(
        default=None,
        description="the local time, like 10:30, at which the plant of a demo begins, on the next working day; default: now",
    )
    steps: Annotated[list[StepForm], Len(1, MOST_STEPS)]


def read(document: Document) -> tuple[Tour, list[Fault]]:
    """The tour as it is written, and what is wrong with its form; what it names is judged by `check`."""
    form, faults = validated(document, TourFile) if document.data is not None else (None, [])
    if form is None:
        return Tour(), faults
    steps = (Step(**step.model_dump() | {"shows": step.shows or "", "select": step.select or step.asset}) for step in form.steps)
    return Tour(form.name or "Guided tour", form.begins, tuple(steps), form.at or ""), faults
