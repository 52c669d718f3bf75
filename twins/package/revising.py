"""Revising: another version of a package's parameters comes into force, and an earlier one again; nothing is ever lost."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from twins import InputError
from twins.asset import ModelVersion
from twins.clock import format_time, now
from twins.package.archive import ROOT, Files, files_in, files_of, zipped
from twins.package.calibration import CALIBRATION, CalibrationForm, in_force, read
from twins.package.document import read_document
from twins.package.loader import load_zipped

_HEAD = (
    "# Calibrated parameters: “main.py approve” and “main.py rollback” write this file. Each version is whole; in_force\n"
    "# names the one that stands over the parameters of the types, 0 none.\n\n"
)
_LONGEST = 1_000

Parameters = Mapping[str, Mapping[str, float | str]]  # asset → parameter → as a package writes it
Corrections = Mapping[str, Mapping[str, Mapping[str, Any]]]  # asset → output → as a package writes it


def calibration_in(files: Files) -> CalibrationForm:
    """What stands in a package. Raises InputError where that can't be read."""
    if CALIBRATION not in files.sizes:
        return CalibrationForm(in_force=0)
    document = read_document(CALIBRATION, files.read(CALIBRATION))
    form, faults = read(document)
    faults = [*document.faults, *faults]
    if form is None or faults:
        raise InputError(str(faults[0]) if faults else f"{CALIBRATION} is empty; delete it")
    return form


def approve(
    package: Path, parameters: Parameters, data: Mapping[str, object], by: str, why: str, corrections: Corrections | None = None
) -> ModelVersion:  # fmt: skip
    """A new version: what is in force with these parameters changed, and of each asset that is named with these `corrections` of
    its outputs and no others: they belong to its parameters. Raises InputError; then nothing was changed."""
    form = calibration_in(files_of(package))
    standing = in_force(form)
    assets = {path: dict(each.model.parameters) for path, each in standing.assets.items()} if standing else {}
    stood = {path: each.model.corrections for path, each in standing.assets.items()} if standing else {}
    corrected: dict[str, dict[str, Any]] = {
        path: {name: form.model_dump(mode="json") for name, form in each.items()} for path, each in stood.items()
    }
    for path, values in parameters.items():
        assets[path] = {**assets.get(path, {}), **values}
        corrected[path] = dict((corrections or {}).get(path, {}))
    number = max((each.version for each in form.versions), default=0) + 1
    version = {"version": number, "data": dict(data), "assets": {p: _model(v, corrected[p]) for p, v in assets.items()}}
    told = form.model_dump(mode="json")
    told["versions"].append(version)
    return _changed(package, told, "approved", number, by, why)


def _model(parameters: Mapping[str, Any], corrections: Mapping[str, Any]) -> dict[str, Any]:
    return {"model": {"parameters": parameters, **({"corrections": corrections} if corrections else {})}}


def roll_back(package: Path, by: str, why: str) -> ModelVersion:
    """The version that stood before the one in force stands again. Raises InputError where none did."""
    form = calibration_in(files_of(package))
    if not form.in_force:
        raise InputError(f"{package}: no calibration is in force, so there is none to be rolled back")
    came = [each for each in form.changes if each.change == "approved" and each.after == form.in_force]
    return _changed(package, form.model_dump(mode="json"), "rolled back", came[-1].before if came else 0, by, why)


def history(form: CalibrationForm) -> dict[str, Any]:
    """As JSON: which version is in force, what every version was fitted to and holds, and who changed it, when and why."""
    versions = [
        {
            "version": each.version, "sha256": each.mark.sha256, "data": each.data.model_dump(mode="json"),
            "parameters": {f"{path}.{name}": value for path, asset in each.assets.items()
                           for name, value in asset.model.parameters.items()},
            "corrections": [f"{path}.{name}" for path, asset in each.assets.items() for name in asset.model.corrections],
        }
        for each in form.versions
    ]  # fmt: skip
    return {"in_force": form.in_force, "versions": versions, "changes": [each.model_dump() for each in form.changes]}


def _changed(package: Path, told: dict[str, Any], change: str, after: int, by: str, why: str) -> ModelVersion:
    for name, text in (("--by", by), ("--why", why)):
        if not text.strip() or len(text) > _LONGEST:
            raise InputError(f"{name} says nothing; a change of parameters is made by somebody, for a reason")
        if not text.isprintable():
            raise InputError(f"{name} holds signs that can't be shown; write it in one line of plain text")
    told["changes"].append(
        {"change": change, "before": told["in_force"], "after": after, "by": by.strip(), "why": why.strip(),
         "at": format_time(now())}
    )  # fmt: skip
    told["in_force"] = after
    content = (_HEAD + yaml.safe_dump(told, sort_keys=False, allow_unicode=True, width=130)).encode()
    whole = zipped(package, {CALIBRATION: content})
    twin = load_zipped(whole)  # raises where the package could not be loaded with it
    if package.is_dir() or package.name == ROOT:
        _put(files_of(package).folder or package, CALIBRATION, content)
    else:
        files_in(whole)
        _put(package.parent, package.name, whole)
    return twin.model_version


def _put(folder: Path, name: str, content: bytes) -> None:
    """Whole or not at all."""
    draft = folder / f".{name}.{os.getpid()}"
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(folder / name)
    except OSError as problem:
        raise InputError(f"{folder / name} can't be written: {problem.strerror}; change the folder's rights") from None
    finally:
        draft.unlink(missing_ok=True)
