"""predictors/*.yaml: a predictor that somebody brings with the package; data beside the package's other files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from twins.package.archive import Files
from twins.package.document import Document, read_document
from twins.package.fault import Fault
from twins.package.schema import Finite, Form, Positive, Text
from twins.package.validation import validated

FOLDER = "predictors"
KINDS = ("limits", "onnx", "trained", "remaining_life")
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Limit = Literal["low_low", "low", "high", "high_high"]


class LevelForm(Form):
    """So probable and so severe where a condition holds for the means over a time."""

    when: Text = Field(description="a condition over tags: main_bearing_temperature - nacelle_temperature > 20 K")
    over: Text = Field(default="10 min", description="numbers are means over this; words must have stood all the time")
    probability: Share
    severity: Share = 0.0


class TrendForm(Form):
    """The way of one tag to its limit, run on as a distribution."""

    tag: Text
    limit: Limit | None = Field(default=None, description="one of the tag's limits")
    value: Finite | None = Field(default=None, description="or a number, in the tag's unit")
    over: Text = Field(default="1 d", description="as far back as its history is looked at")


class ShownForm(Form):
    """A tag that stands as evidence, and what it would be on a sound plant."""

    tag: Text
    expected: Text = Field(description="an expression: nacelle_temperature + 14 K")
    spread: Positive = Field(description="how far it usually lies from that, in its unit")


class LimitsForm(Form):
    """A table of levels, a trend, or both."""

    levels: list[LevelForm] = Field(default=[])
    table: Text = Field(default="", description="or a CSV beside it with the columns when, over, probability, severity")
    trend: TrendForm | None = None
    evidence: list[ShownForm] = Field(default=[])


class InputForm(Form):
    """What one input of an ONNX model is made of: one number a tag, or so many of them a step apart, oldest first."""

    tags: Annotated[list[Text], Field(min_length=1, max_length=512)]
    units: list[Text] = Field(default=[], description="what the model was trained in, a tag each; default: the tags' own")
    window: Annotated[int, Field(ge=1, le=4096)] = 1


class LifeForm(Form):
    """Which outputs tell what is left."""

    output: Text
    low: Text = ""
    high: Text = ""
    unit: Text = Field(default="s", description="the time they are in: h, d")
    tag: Text = Field(default="", description="the tag whose limit is meant, so that it can be judged later")
    limit: Limit | None = None
    horizon: Text = Field(default="30 d", description="what is farther away is not told")


class OutputsForm(Form):
    """NAME, or NAME[k] for one of several numbers."""

    probability: Text
    severity: Text = ""
    life: LifeForm | None = None


class OnnxForm(Form):
    """A network or a tree ensemble of somebody's own."""

    file: Text
    inputs: Annotated[Mapping[Text, InputForm], Field(min_length=1, max_length=32)]
    outputs: OutputsForm


class TrainedForm(Form):
    """What `train` has written: an anomaly detector for each asset."""

    models: Mapping[Text, Text] = Field(description="the path of an asset: its file")
    line: Mapping[Text, Positive] = Field(default={}, description="the score from which it is called, for each asset")
    stood: Mapping[Text, Annotated[list[Annotated[int, Field(ge=0, le=10**9)]], Field(max_length=4096)]] = Field(
        default={}, description="for how many rows each of an asset's sensors stood still at most, in their order"
    )


class RemainingForm(Form):
    """What `train --failed` has written: how long an asset lasts, learnt from lives that ended."""

    file: Text = Field(description="the model, beside this file")
    failed: Text = Field(description="the condition that ended a life; when it holds no longer, the next begins")
    ahead: Text = Field(description="its probability is that the life ends within this: 3 d")


class PredictorForm(Form):
    """predictors/*.yaml: exactly one of limits, onnx, trained and remaining_life."""

    type: Text = Field(default="", description="the type whose assets it speaks of")
    assets: list[Text] = Field(default=[], description="or their paths")
    fault: Text = Field(
        default="", description="a fault of the type that it foresees; its words stand where none are written here"
    )
    label: Text = Field(default="", description="for people; default: the fault's, or the file's name with spaces")
    description: Text = ""
    action: Text = Field(default="", description="what is to be done")
    within: Text = Field(default="", description="how soon, where no limit is near; default 30 d")
    downtime: Text = Field(default="", description="how long it stands still where nothing is done; default 1 d")
    where: Text = Field(default="", description="a condition without which it can't tell: state == producing")
    every: Text = Field(default="10 s", description="how often it looks, and what its numbers are means over")
    limits: LimitsForm | None = None
    onnx: OnnxForm | None = None
    trained: TrainedForm | None = None
    remaining_life: RemainingForm | None = None

    @property
    def kind(self) -> str:
        """limits, onnx, trained or remaining_life; "" where it is none, or several."""
        found = [name for name in KINDS if getattr(self, name) is not None]
        return found[0] if len(found) == 1 else ""


def read_predictor(files: Files, name: str) -> tuple[Document, PredictorForm | None]:
    """One file as far as it can be read; its faults stand in the document."""
    return form_of(name, files.read(name))


def form_of(name: str, content: bytes) -> tuple[Document, PredictorForm | None]:
    """The same from its content."""
    document = read_document(name, content)
    if document.faults:
        return document, None
    if not isinstance(document.data, dict):
        document.faults.append(Fault(name, 0, "this is no predictor", "docs/predictors.md shows one"))
        return document, None
    form, faults = validated(document, PredictorForm)
    document.faults += faults
    if form is not None and not faults and not form.kind:
        document.faults.append(document.fault((), "it has no kind, or several", f"write exactly one of {', '.join(KINDS)}"))
    return document, form
