"""A proposal: what a calibration found, for somebody to judge; approved, it becomes a version of the package's parameters."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from twins import InputError
from twins.asset import ModelVersion, Twin
from twins.clock import SECOND, format_end, format_time
from twins.estimation.calibration import Calibration
from twins.historian.drafting import drafted
from twins.package.archive import files_of
from twins.package.calibration import CorrectionForm, digest_of, in_force
from twins.package.revising import approve, calibration_in
from twins.physics import Maker, corrections, named, setting
from twins.simulation.knobs import STRUCTURAL

FORM = "twindeck calibration proposal 1"
_LARGEST = 16 << 20  # bytes
_MOST = 10_000

Finite = Annotated[float, Field(allow_inf_nan=False)]
Text = Annotated[str, Field(max_length=10_000)]


class _Form(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)


class ProposedForm(_Form):
    """One parameter."""

    parameter: Text
    unit: Text = ""
    before: Finite
    after: Finite
    low: Finite | None = None
    high: Finite | None = None
    identified: bool


class ErrorsForm(_Form):
    """Of an output, over steps."""

    n: Annotated[int, Field(ge=0)]
    mae: Finite | None


class AfterForm(_Form):
    """With the parameters as they would be."""

    after: ErrorsForm


class OutputForm(_Form):
    """One output over the stretch that was kept back."""

    tag: Text
    unit: Text = ""
    held_out: AfterForm


class CorrectedForm(_Form):
    """What is left out of one output."""

    asset: Text
    output: Text
    written: CorrectionForm


class ForForm(_Form):
    """The package that it is for."""

    id: Text
    sha256: Text
    version: Annotated[int, Field(ge=0)]
    version_sha256: Text


class ProposalForm(_Form):
    """What approving needs of the file; the rest is for people."""

    form: Text
    package: ForForm
    recording: Text = ""
    start: Text
    end: Text
    step: Finite
    where: Text = ""
    parameters: Annotated[list[ProposedForm], Field(max_length=_MOST)]
    outputs: Annotated[list[OutputForm], Field(max_length=_MOST)] = []
    corrections: Annotated[list[CorrectedForm], Field(max_length=_MOST)] = []


def proposal(found: Calibration, twin: Twin, package: Path, recording: Path) -> dict[str, Any]:
    """As JSON. NaN becomes null."""
    asked = found.question
    return {
        "form": FORM,
        "package": {
            "id": twin.id, "sha256": digest_of(files_of(package)),
            "version": twin.model_version.number, "version_sha256": twin.model_version.sha256,
        },
        **({"notice": twin.notice} if twin.notice else {}),
        "recording": recording.name,
        "start": format_time(asked.start), "end": format_end(asked.end),
        "hold_out": [format_time(asked.hold_out[0]), format_end(asked.hold_out[1])],
        "where": asked.where, "step": found.step / SECOND, "level": 0.9,
        "parameters": [
            {"parameter": each.key} | {k: _sound(v) for k, v in asdict(each).items() if k != "key"} for each in found.parameters
        ],
        "outputs": [
            {"tag": each.tag, "unit": each.unit, "span": each.span, "course": [list(point) for point in each.course]}
            | {
                name: {"before": _numbers(asdict(before)), "after": _numbers(asdict(after))}
                for name, (before, after) in (("fitted", each.fitted), ("held_out", each.held_out))
            }
            for each in found.outputs
        ],
        "corrections": [
            {
                "asset": each.asset, "output": each.output, "tag": each.tag, "strength": each.found.strength,
                "most": each.found.most, "foretold": {"before": each.found.before, "after": each.found.after},
                "written": dict(each.written),
            }
            for each in found.corrections
        ],
    }  # fmt: skip


def write(told: dict[str, Any], place: Path) -> None:
    """Whole or not at all; what stands there is replaced."""
    with drafted(place, over=True) as draft, draft.open("w", encoding="utf-8") as file:
        json.dump(told, file, ensure_ascii=False, indent=1, allow_nan=False)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())


def read(place: Path) -> tuple[ProposalForm, str]:
    """A proposal and its sha256. Raises InputError where it is none."""
    try:
        if place.stat().st_size > _LARGEST:
            raise InputError(f"{place} is too large for a proposal; give what “calibrate --to” wrote")
        content = place.read_bytes()
    except OSError as problem:
        raise InputError(f"{place} can't be read: {(problem.strerror or str(problem)).lower()}; give a proposal") from None
    try:
        form = ProposalForm.model_validate(json.loads(content), strict=True)
    except (ValueError, RecursionError) as problem:
        raise InputError(f"{place} is no proposal ({_first(problem)}); give what “calibrate --to” wrote") from None
    if form.form != FORM:
        raise InputError(f"{place} is a proposal of another form; make it again with “calibrate --to”")
    return form, hashlib.sha256(content).hexdigest()


def approved(package: Path, twin: Twin, place: Path, by: str, why: str) -> ModelVersion:
    """A proposal becomes a version of the package's parameters. Raises InputError; then nothing was changed.

    It must have been made for this very package, and for the version that is in force.
    """
    form, digest = read(place)
    files = files_of(package)
    if form.package.id != twin.id or form.package.sha256 != digest_of(files):
        raise InputError(f"{place} was made for another package than {package} is now; calibrate again")
    standing = in_force(calibration_in(files))
    mark = standing.mark if standing is not None else ModelVersion()
    if (form.package.version, form.package.version_sha256) != (mark.number, mark.sha256):
        made = ModelVersion(form.package.version, form.package.version_sha256)
        raise InputError(f"{place} was made for version {made}, in force is {mark}; calibrate again, from that")
    changed = [each for each in form.parameters if each.identified and each.after != each.before]
    corrected = _corrected(form, twin, place)
    if not changed and not corrected:
        raise InputError(f"{place} changes nothing: no parameter was identified")
    _refuse_unfounded(changed, form, place)
    parameters: dict[str, dict[str, float | str]] = {path: {} for path in corrected}
    for asset, name, value in _written(changed, twin, place):
        parameters.setdefault(asset, {})[name] = value
    errors = {e.tag: {"mae": e.held_out.after.mae, "unit": e.unit} for e in form.outputs if e.held_out.after.mae is not None}
    data = {
        "recording": form.recording, "start": form.start, "end": form.end, "proposal": digest,
        "step": form.step, "where": form.where, "errors": errors,
    }  # fmt: skip
    return approve(package, parameters, data, by, why, corrected)


def _refuse_unfounded(changed: list[ProposedForm], form: ProposalForm, place: Path) -> None:
    """What a calibration found lies within its interval, and was judged on a stretch that was kept back."""
    for each in changed:
        room = 1e-9 * (abs(each.after) + abs(each.before))
        if each.low is None or each.high is None or not each.low - room <= each.after <= each.high + room:
            raise InputError(
                f"{place}: {each.parameter} = {each.after:g} {each.unit}: this is outside its own interval; calibrate again"
            )
    if not any(each.held_out.after.mae is not None for each in form.outputs):
        raise InputError(f"{place} tells no error on a stretch that was kept back, so nobody can judge it; calibrate again")


def _corrected(form: ProposalForm, twin: Twin, place: Path) -> dict[str, dict[str, Any]]:
    """By asset and output. Raises InputError where a model has no such output, or nothing that it would be corrected by."""
    found: dict[str, dict[str, Any]] = {}
    maker = Maker(twin.files)
    for each in form.corrections:
        written = each.written.model_dump(mode="json")
        try:
            list(corrections(maker.model(twin.assets[each.asset].model), {each.output: written}))
        except (KeyError, ValueError) as problem:
            why = "there is no such asset; calibrate again" if isinstance(problem, KeyError) else str(problem)
            raise InputError(f"{place}: {each.asset}: {why}") from None
        found.setdefault(each.asset, {})[each.output] = written
    return found


def _written(changed: list[ProposedForm], twin: Twin, place: Path) -> Iterator[tuple[str, str, float | str]]:
    """(asset, parameter, as a package writes it). Raises InputError where a model has no such parameter, or not so far."""
    maker = Maker(twin.files)
    for each in changed:
        asset, _, name = each.parameter.rpartition(".")
        try:
            variable = named(tuple(maker.model(twin.assets[asset].model).parameters), name)
            if variable is None or name in STRUCTURAL:
                raise ValueError("the model has no such parameter")
            value = f"{each.after:.9g} {each.unit}" if each.unit else float(f"{each.after:.9g}")
            if not variable.low <= setting(variable, variable.name, value) <= variable.high:
                raise ValueError("the value is outside its bounds")
        except (KeyError, ValueError) as problem:
            why = "there is no such asset" if isinstance(problem, KeyError) else str(problem).rstrip(".")
            raise InputError(f"{place}: {each.parameter} = {each.after:g} {each.unit}: {why}; calibrate again") from None
        yield asset, variable.name, value


def _first(problem: Exception) -> str:
    if isinstance(problem, ValidationError):
        error = problem.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(map(str, error['loc'])) or 'the whole'}: {error['msg'].lower()}"
    return "not JSON"


def _numbers(values: dict[str, Any]) -> dict[str, Any]:
    return {key: _sound(value) for key, value in values.items()}


def _sound(value: Any) -> Any:
    return None if isinstance(value, float) and not abs(value) < float("inf") else value
