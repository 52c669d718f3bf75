"""The schema of a package's files, in pydantic's words; it judges form, not meaning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from annotated_types import Len
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Finite = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=64)]
TagName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=64)]
Text = Annotated[str, StringConstraints(max_length=10_000)]
Pair = Annotated[list[Finite], Len(2, 2)]
Triple = Annotated[list[Finite], Len(3, 3)]
Scalar = float | int | bool | str | list[float | str]
Kind = Literal["component", "system", "process", "environment"]


class Form(BaseModel):
    """What all have in common: no unknown keys, nothing converted silently."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class LimitsForm(Form):
    """Where normal ends, in the tag's unit: low_low < low < high < high_high, any of them."""

    low_low: Finite | None = None
    low: Finite | None = None
    high: Finite | None = None
    high_high: Finite | None = None


class TagForm(Form):
    """One measured, commanded or computed quantity."""

    kind: Literal["number", "integer", "boolean", "enumeration", "text", "waveform"] = "number"
    unit: Text = Field(default="", description="as pint reads it: kW, degC, m/s, %, m^3/h")
    label: Text = Field(default="", description="for people, short; default: the name with spaces")
    description: Text = Field(default="", description="a sentence on what it is and where it is measured")
    quantity: Text = Field(default="", description="what can be coloured and compared together; default: from the unit")
    range: Pair | None = Field(default=None, description="[lowest, highest] that is possible; the scale of colours and axes")
    normal: Finite | None = Field(default=None, description="the middle of a diverging colour map")
    limits: LimitsForm = LimitsForm()
    period: Text | None = Field(default=None, description="how often it reports: 1s, 10 min, or: on change")
    decimals: Annotated[int, Field(ge=0, le=12)] | None = Field(default=None, description="how many are shown; default 1")
    values: list[Text] = Field(default=[], description="the names of an enumeration's codes 0, 1, …")
    address: Mapping[Text, Text] = Field(default={}, description="protocol: address; {asset} and {tag} are filled in")
    computed: Text = Field(default="", description="an expression: derived, not measured")
    writable: bool = False
    role: Text = Field(default="", description="who may command it")
    permissives: list[Text] = Field(default=[], description="expressions that must hold for a command")


class PartForm(Form):
    """One named piece of geometry and how it moves."""

    shape: Mapping[str, Any] | None = Field(default=None, description="box, revolve, extrude, loft, tube, repeat or join")
    mesh: Text = Field(
        default="", description="FILE#NAME: one named piece of a mesh file; FILE alone is all of it; {asset} is filled in"
    )
    frame: Literal["file", "piece"] = Field(
        default="file", description="piece: the asset stands where the file has the piece's own origin, and moves it along"
    )
    on: Text = Field(default="", description="the part it stands on and moves with; default: the asset")
    origin: Triple = [0.0, 0.0, 0.0]
    rotate: Triple = [0.0, 0.0, 0.0]
    axis: Triple = [0.0, 0.0, 1.0]
    spin_by: Text = Field(default="", description="a tag in revolutions a minute")
    turn_by: Text = Field(default="", description="a tag that is an angle")
    scale_by: Text = Field(default="", description="a tag whose value says how large it is, by `sizes`")
    sizes: list[Pair] = Field(default=[], description="[value of the tag, size as a share of what is drawn], rising")
    move_by: Text = Field(default="", description="a tag that is a length: so far along the axis it stands")
    shown_by: Text = Field(default="", description="a tag: the part is there only while that is at least `shown_from`")
    shown_from: Finite = 1.0
    colour_by: Text = Field(default="", description="the tag that tells most about this part")
    material: Literal["equipment", "slate", "ground", "glass", "water"] = "equipment"
    cover: bool = False
    detail: bool = False


class WanderingForm(Form):
    """A parameter that is estimated from what is measured."""

    spread: Scalar = Field(description="how far it may lie from what is written, one standard deviation: 0.2, 1 deg")
    over: Text = Field(default="1 d", description="how soon it may have wandered so far")
    known_to: Scalar | None = Field(
        default=None,
        description="how well it can be known at best, one standard deviation: 0.002; default: an eighth of the spread",
    )


class EstimateForm(Form):
    """What an estimator makes of this model: which tags are judged by it, which of its parameters wander."""

    expects: list[TagName] = []
    parameters: Mapping[TagName, WanderingForm] = {}
    step: Text = Field(
        default="1 s", description="the steps that the model takes meanwhile: 250 ms where it is quick; 10 ms to 1 s"
    )


class ModelForm(Form):
    """The physical model that mirrors a thing."""

    physics: Text = Field(default="", description="a model of twins/physics or of a plug-in")
    fmu: Text = Field(default="", description="a file of the package, like models/pump.fmu: FMI 2.0 or 3.0, co-simulation")
    data: Text = Field(default="", description="a file of the package that the model is made of, like models/circuit.yaml")
    units: Text = Field(default="", description="of the numbers in `data`, where it doesn't say: cgs, mmHg, si")
    blade: Text = Field(
        default="", description="of a wind turbine: r_m, chord_m, twist_deg, airfoil; default blade.csv, if it is there"
    )
    airfoils: Text = Field(
        default="", description="the folder of its polars: alpha_deg, cl, cd; default: airfoils, beside the blade"
    )
    parameters: Mapping[TagName, Scalar] = {}
    inputs: Mapping[TagName, Text] = {}
    outputs: Mapping[TagName, Text] = {}
    estimate: EstimateForm | None = None


class FaultForm(Form):
    """A profile on a declared parameter or tag."""

    parameter: Text = ""
    tag: Text = ""
    profile: Literal["step", "ramp", "stuck", "drift", "noise", "drop"]
    to: Scalar | None = None
    over: Text = ""
    rate: Scalar | None = None
    amplitude: Scalar | None = None
    description: Text = ""
    label: Text = Field(default="", description="for people; default: the name with spaces")
    action: Text = Field(default="", description="what is to be done where it is foreseen")
    within: Text = Field(default="", description="how soon, where no limit is near: 14 d")
    downtime: Text = Field(
        default="", description="how long it stands still where nothing is done: 3 d; risk is probability times this"
    )


class AlarmForm(Form):
    """When something asks for an operator: exactly one of limit, deviation, rate and condition."""

    tag: Text = Field(default="", description="whose value is watched; not with a condition")
    limit: Literal["low_low", "low", "high", "high_high"] | None = Field(default=None, description="one of the tag's limits")
    deviation: Positive | None = Field(default=None, description="further than this from `reference`, in the tag's unit")
    reference: Text = Field(default="", description="of a deviation: the tag that says what is due")
    rate: Positive | None = Field(default=None, description="a change of more than this, either way, in `per`; in the tag's unit")
    per: Text = Field(default="", description="of a rate: a duration; default 1 min")
    condition: Text = Field(default="", description="an expression, like: state == fault")
    deadband: NotNegative | None = Field(default=None, description="in the tag's unit; default 1 % of its range")
    on_delay: Text = Field(default="", description="so long must it hold before it is raised")
    off_delay: Text = Field(default="", description="so long must it be gone before it has returned; default 2 s")
    priority: Literal["high", "medium", "low", "diagnostic"] | None = Field(default=None, description="default: by its limit")
    latching: bool = Field(default=False, description="stays until it is reset")
    enabled: bool = Field(default=True, description="false: there is no such alarm")
    message: Text = ""
    cause: Text = ""
    consequence: Text = ""
    action: Text = ""
    viewpoint: Text = Field(default="", description="the name of a viewpoint that shows where it is")


class TypeForm(Form):
    """What all assets of a type, or one component, have."""

    kind: Kind | None = None
    name: Text = ""
    type: Text = Field(default="", description="a type to take over; only for components")
    description: Text = ""
    tags: Mapping[TagName, TagForm] = {}
    shows: list[Text] = Field(default=[], description="the first is the headline; default: the first tag")
    parts: Mapping[Word, PartForm] = {}
    components: Mapping[Word, TypeForm] = {}
    model: ModelForm | None = None
    faults: Mapping[Word, FaultForm] = {}
    alarms: Mapping[Word, AlarmForm] = Field(default={}, description="besides and instead of those of every limit")


class PlaceForm(Form):
    """Metres in the parent's frame: x east, y north, z up (without: on the ground); heading clockwise from north."""

    x: Finite = 0.0
    y: Finite = 0.0
    z: Finite | None = None
    heading: Finite = 0.0


class AssetForm(Form):
    """One placed thing."""

    id: Word
    type: Text = ""
    twin: Annotated[
        str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*(/[A-Za-z0-9][A-Za-z0-9_-]*)*$", max_length=256)
    ] = Field(default="", description="it is a package of its own: a folder of this one, or the name of a twin that ships")
    name: Text = ""
    kind: Kind | None = None
    description: Text = ""
    at: PlaceForm = PlaceForm()
    parent: Text = Field(default="", description="the path of another asset")
    tags: Mapping[TagName, TagForm] = Field(
        default={}, description="fields of the type's tags that are different here; with `kind`, a tag of its own"
    )
    shows: list[Text] = []
    alarms: Mapping[Word, AlarmForm] = Field(
        default={}, description="fields of the type's alarms that are different here, or more"
    )
    model: ModelForm | None = Field(default=None, description="parameters of the type's model that are different here")


class RelationForm(Form):
    """An edge of the graph beside the tree."""

    subject: Text
    kind: Word
    object: Text
    share: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = Field(
        default=1.0, description="of what the subject gives, how much goes to the object: of traffic, who turns there"
    )


class GeoreferenceForm(Form):
    """Where on earth the twin's zero is: in a coordinate system, or as latitude and longitude."""

    crs: Text = Field(default="", description="the coordinate system of `origin`, like EPSG:7415")
    origin: Triple | None = Field(default=None, description="what was taken from every coordinate, in that system's units")
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = Field(default=None, description="degrees, WGS 84")
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    elevation: Finite | None = Field(default=None, description="metres")
    true_north: Finite = Field(default=0.0, description="degrees clockwise from the twin's y axis to true north")


class HeadForm(Form):
    """The twin as a whole."""

    id: Word
    name: Text = ""
    kind: Kind = "system"
    type: Text = Field(default="", description="the type of this package that the twin as a whole is: one machine")
    description: Text = ""
    timezone: Text = "UTC"
    colour_by: Text = Field(default="", description="the quantity or tag name that a fresh window colours by")
    notice: Annotated[str, StringConstraints(max_length=200)] = Field(
        default="", description="one sentence that stands on every screen and on everything that is taken out"
    )
    address: Mapping[Text, Text] = Field(default={}, description="of every measured tag that names none of its own")
    tags: Mapping[TagName, TagForm] = {}
    shows: list[Text] = []
    alarms: Mapping[Word, AlarmForm] = {}
    georeference: GeoreferenceForm | None = None


class EnvironmentForm(Form):
    """What is around."""

    models: Mapping[Word, ModelForm] = Field(default={}, description="what all assets stand in: wind, the grid")
    terrain: Mapping[str, Any] | None = Field(default=None, description="size, resolution, seed, relief, hills, pads, contour")


class FigureForm(Form):
    """A number that a stretch of time is judged by: exactly one of integral, mean, lowest and highest."""

    label: Text = Field(default="", description="for people; default: the name with spaces")
    unit: Text = ""
    integral: Text = Field(default="", description="an expression over tags, summed over time: power gives energy")
    mean: Text = ""
    lowest: Text = ""
    highest: Text = ""
    better: Literal["high", "low"] | None = Field(default=None, description="which way is better")
    decimals: Annotated[int, Field(ge=0, le=12)] = 1


class PlotForm(Form):
    """One tag over another."""

    label: Text = Field(default="", description="for people; default: the name with spaces")
    x: Text = Field(default="", description="the path of a tag")
    y: Text = Field(default="", description="the path of a tag")
    wave: Text = Field(default="", description="instead of x and y: the path of a waveform, over time")
    over: Text = Field(default="1 min", description="how far back it reaches: 4 s")


class TwinFile(Form):
    """twin.yaml."""

    twin: HeadForm
    types: Mapping[Word, TypeForm] = {}
    assets: list[AssetForm] = []
    relations: list[RelationForm] = []
    environment: EnvironmentForm = EnvironmentForm()
    plots: Mapping[TagName, PlotForm] = Field(default={}, description="one tag over another, over the last stretch of time")
    figures: Mapping[TagName, FigureForm] = Field(default={}, description="key figures of the twin as a whole")


class TypesFile(Form):
    """types/*.yaml."""

    types: Mapping[Word, TypeForm]


class ViewpointForm(Form):
    """A saved camera."""

    name: Text
    eye: Triple
    target: Triple
    asset: Text = ""


class ViewpointsFile(Form):
    """viewpoints.yaml."""

    viewpoints: list[ViewpointForm]


def json_schema(file: str = "twin.yaml") -> dict[str, Any]:
    """The JSON Schema of one sort of file: `twin.yaml`, `types/*.yaml`, `viewpoints.yaml`, `tour.yaml` or `predictors/*.yaml`.

    Raises InputError where there is no such sort.
    """
    from twins import InputError
    from twins.package.predictor_file import PredictorForm
    from twins.package.touring import TourFile

    forms: dict[str, type[Form]] = {
        "twin.yaml": TwinFile, "types/*.yaml": TypesFile, "viewpoints.yaml": ViewpointsFile, "predictors/*.yaml": PredictorForm,
        "tour.yaml": TourFile,
    }  # fmt: skip
    if file not in forms:
        raise InputError(f"there is no schema of “{file}”; there are {', '.join(forms)}")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **forms[file].model_json_schema()}
