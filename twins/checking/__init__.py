"""Every fault of a package at once: its form, as the loader sees it, and its meaning."""

from __future__ import annotations

from pathlib import Path

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
from twins.checking.tags import tag_faults
from twins.checking.tour import tour_faults
from twins.checking.unread import unread_faults
from twins.package.archive import files_of
from twins.package.fault import Fault, PackageError, in_order
from twins.package.loader import draft

JUDGES = (
    tag_faults, reference_faults, expression_faults, part_faults, model_faults, estimate_faults, alarm_faults, predictor_faults,
    plot_faults, tour_faults, mapping_faults, scenario_faults, unread_faults,
)  # fmt: skip


def check(path: Path | str) -> list[Fault]:
    """The faults of a package (a folder or a zip), by file and line; none where it is sound. It raises nothing."""
    try:
        made = draft(files_of(Path(path)), whole=True)
    except PackageError as problem:
        return list(problem.faults)
    if made.twin is None:
        return made.faults
    found = [*made.faults, *terrain(made)]
    for judge in JUDGES:
        found += judge(made, made.twin)
    if not found:
        found += composition_faults(made, made.twin)
    return list(in_order(found))


__all__ = ["check"]
