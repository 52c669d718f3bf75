"""calibration.yaml: the versions of a package's parameters, which of them is in force, and who changed that, when and why.

It is written by the command line and is read by people: every version that ever stood is kept whole, so that it can stand again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from twins.asset import ModelVersion
from twins.package.archive import Files
from twins.package.document import Document
from twins.package.fault import Fault
from twins.package.schema import Form, Scalar, TagName, Text
from twins.package.validation import validated

CALIBRATION = "calibration.yaml"
_SHOWN = 12  # letters of a hash

Finite = Annotated[float, Field(allow_inf_nan=False)]
Number = Annotated[int, Field(ge=0, le=1_000_000)]


Points = Annotated[list[Finite], Field(min_length=2, max_length=200)]


class TableForm(Form):
    """What is added, by what the output says (rows) and by what a model is driven by (columns)."""

    over: TagName = Field(description="an input or an output of the model")
    unit: Annotated[str, Field(max_length=100)] = Field(description="of `at`")
    turns: bool = Field(default=False, description="it is a direction, which closes")
    at: Points
    add: Annotated[list[Points], Field(min_length=2, max_length=200)]


class CorrectionForm(Form):
    """Of one output: tables that are added up."""

    unit: Annotated[str, Field(max_length=100)] = Field(description="of said, most and add")
    said: Points = Field(description="what the output says, at each row of the tables")
    most: Annotated[float, Field(gt=0, allow_inf_nan=False, description="never is more added, either way")]
    mode: Annotated[str, Field(max_length=100)] = Field(default="", description="where it counts, like producing; empty: always")
    tables: Annotated[list[TableForm], Field(min_length=1, max_length=20)]


class CalibratedModelForm(Form):
    """What is other than at the type."""

    parameters: Mapping[TagName, Scalar] = {}
    corrections: Mapping[TagName, CorrectionForm] = {}


class CalibratedAssetForm(Form):
    """One asset's model."""

    model: CalibratedModelForm = CalibratedModelForm()


class ErrorForm(Form):
    """How far off an output was, on the average, over the stretch that was kept back."""

    mae: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    unit: Annotated[str, Field(max_length=100)] = ""


class DataForm(Form):
    """What a version was fitted to, and how well it fits: what a drift is measured by."""

    recording: Text = ""
    start: Text = ""
    end: Text = ""
    proposal: Text = Field(default="", description="the sha256 of the proposal, which holds intervals and errors")
    step: Annotated[float, Field(ge=0, allow_inf_nan=False, description="s: over which outputs were averaged")] = 0.0
    where: Annotated[str, Field(max_length=10_000)] = ""
    errors: Mapping[Text, ErrorForm] = {}


class VersionForm(Form):
    """All parameters that are other than the types', as one version has them."""

    version: Annotated[int, Field(ge=1, le=1_000_000)]
    data: DataForm = DataForm()
    assets: Mapping[Text, CalibratedAssetForm] = {}

    @property
    def mark(self) -> ModelVersion:
        """Its number, and a hash of all that it says."""
        told = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
        return ModelVersion(self.version, hashlib.sha256(told.encode()).hexdigest())


class ChangeForm(Form):
    """Another version came into force."""

    change: Literal["approved", "rolled back"]
    before: Number
    after: Number
    by: Text
    why: Text
    at: Text


class CalibrationForm(Form):
    """calibration.yaml."""

    in_force: Number = Field(description="the number of a version; 0 is none: the types' own parameters")
    versions: list[VersionForm] = Field(default=[])
    changes: list[ChangeForm] = Field(default=[])


def read(document: Document) -> tuple[CalibrationForm | None, list[Fault]]:
    """What a document says, and its faults."""
    if document.data is None:
        return None, [] if document.faults else [document.fault((), "there is nothing in it", "delete the file")]
    form, faults = validated(document, CalibrationForm)
    if form is None:
        return None, faults
    numbers = [each.version for each in form.versions]
    if sorted(set(numbers)) != numbers:
        faults.append(document.fault(("versions",), "the versions are not numbered upwards", "restore the file from its history"))
    if form.in_force and form.in_force not in numbers:
        said = f"in_force: there is no version {form.in_force}"
        faults.append(document.fault(("in_force",), said, f"write 0, or one of {', '.join(map(str, numbers)) or 'no others'}"))
    return form, faults


def errors_in(form: CalibrationForm) -> dict[str, tuple[DataForm, ErrorForm]]:
    """By tag, the error that was approved last, up to the version in force, and what it was judged by."""
    found: dict[str, tuple[DataForm, ErrorForm]] = {}
    for each in lineage(form):
        found |= {tag: (each.data, error) for tag, error in each.data.errors.items()}
    return found


def lineage(form: CalibrationForm) -> list[VersionForm]:
    """The version in force and those that it was made from, the first one first."""
    versions, came = {each.version: each for each in form.versions}, {}
    for change in form.changes:
        if change.change == "approved":
            came[change.after] = change.before
    found: list[VersionForm] = []
    number = form.in_force
    while number in versions and versions[number] not in found:
        found.insert(0, versions[number])
        number = came.get(number, 0)
    return found


def in_force(form: CalibrationForm) -> VersionForm | None:
    """None where it is the package's own parameters."""
    return next((each for each in form.versions if each.version == form.in_force), None)


def digest_of(files: Files) -> str:
    """The sha256 of a package without its calibration: what a proposal was made for."""
    found = hashlib.sha256()
    for name in sorted(files.sizes):
        if name != CALIBRATION:
            content = files.read(name)
            found.update(f"{len(name)} {name} {len(content)}\n".encode())
            found.update(content)
    return found.hexdigest()


def name_of_models(package: bytes, version: ModelVersion) -> str:
    """What predictions name their models by: the package, and the version of its parameters where one is in force."""
    package_hash = hashlib.sha256(package).hexdigest()[:_SHOWN]
    return f"{package_hash}, calibration {version.number}" if version.number else package_hash


def version_in(files: Files) -> ModelVersion:
    """Which calibration is in force in a package, without loading the rest of it; 0 where it can't be read."""
    from twins.package.document import read_document

    if CALIBRATION not in files.sizes:
        return ModelVersion()
    form, _ = read(read_document(CALIBRATION, files.read(CALIBRATION)))
    found = in_force(form) if form is not None else None
    return found.mark if found is not None else ModelVersion()
