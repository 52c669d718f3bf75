"""Every fault of a package at once: its form, as the loader sees it, and its meaning."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from twins.asset import Twin
from twins.checking.alarms import alarm_faults
from twins.checking.estimates import estimate_faults
from twins.checking.expressions import expression_faults
from twins.checking.mappings import mapping_faults
from twins.checking.models import composition_faults, model_faults
from twins.checking.parts import part_faults, terrain
from twins.checking.plots import plot_faults
from twins.checking.predictors import predictor_faults
from twins.checking.references import reference_faults
from twins.checking.scenarios import scenario_faults
from twins.checking.tags import is_unit, tag_faults
from twins.checking.tour import tour_faults
from twins.checking.unread import unread_faults
from twins.package.archive import files_of
from twins.package.draft import Draft
from twins.package.fault import Fault, PackageError, in_order
from twins.package.loader import draft

Judge = Callable[[Draft, Twin], Iterable[Fault]]
JUDGES: tuple[Judge, ...] = (
    tag_faults, reference_faults, expression_faults, part_faults, model_faults, estimate_faults, alarm_faults, plot_faults,
    unread_faults,
)  # fmt: skip
OF_MODELS: tuple[Judge, ...] = (model_faults,)
BESIDE: tuple[Judge, ...] = (predictor_faults, tour_faults, mapping_faults, scenario_faults)  # of what names what the twin has
_OF_THE_TREE = "twin.yaml"


def check(path: Path | str) -> list[Fault]:
    """The faults of a package (a folder or a zip), by file and line; none where it is sound. It raises nothing."""
    return _found(path, JUDGES, BESIDE)


def check_models(path: Path | str) -> list[Fault]:
    """Of those the ones that a run of its models hangs on: of its form, its models, and what they take and tell."""
    return _found(path, OF_MODELS, ())


def _found(path: Path | str, judges: Sequence[Judge], beside: Sequence[Judge]) -> list[Fault]:
    try:
        made = draft(files_of(Path(path)), whole=True)
    except PackageError as problem:
        return list(problem.faults)
    if made.twin is None:
        return made.faults
    twin = made.twin
    found = [*made.faults, *terrain(made)]
    for judge in judges:
        found += judge(made, twin)
    if not any(fault.file.endswith(_OF_THE_TREE) or "types/" in fault.file for fault in made.faults):
        for judge in beside:
            found += judge(made, _placed(twin))
    if not found:
        found += composition_faults(made, twin)
    return list(in_order(_without_echoes(found, twin)))


def _placed(twin: Twin) -> Twin:
    """Without the types that nothing is of, which are in it to be judged: nobody can name them."""
    assets = {path: asset for path, asset in twin.assets.items() if " " not in path}
    return replace(twin, assets=assets, tags={path: tag for path, tag in twin.tags.items() if " " not in path})


def _without_echoes(found: list[Fault], twin: Twin) -> list[Fault]:
    """A unit that can't be read is told where it is declared, not by each who reckons with it."""
    unread = [f"“{unit}”" for unit in {tag.unit for tag in twin.tags.values()} if not is_unit(unit)]
    return [fault for fault in found if not any(f"{unit} is not a unit" in fault.message for unit in unread)]


__all__ = ["check", "check_models"]
