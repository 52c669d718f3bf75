"""Calibrating, from the command line: parameters are proposed, approved by somebody, and rolled back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twins import InputError
from ui.stretch import opened, stretch
from ui.terminal import instant, interruptible, print_json, print_rows, progress
from ui.typed import AsJson, TwinName, UntilEof, package_of

if TYPE_CHECKING:
    from twins.asset import ModelVersion
    from twins.estimation.drift import Drift

Package = Annotated[str, typer.Argument(metavar="TWIN", help="A package's folder or zip, or the name of a twin that ships.")]
By = Annotated[str, typer.Option("--by", help="Who answers for it.")]
Why = Annotated[str, typer.Option("--why", help="The reason; it is kept.")]
_HOLD_OUT = "What is kept back to judge by: a share of the stretch, its last; or another stretch, START/END."
_PARAMETER = "T01.drivetrain_efficiency, …=0.8:1, or T01.anemometer_*. May be repeated; default: what the type estimates."
_OUTPUT = "A tag's name, like power; may be repeated. Default: what the type expects, as far as it was recorded."
_CORRECT = "Also learn, as bounded tables, what the fitted models leave out of their outputs, where other weeks confirm it."
_WHERE = "Judge only where this holds: power > 20 kW and pitch_angle < 10 deg."


def add_to(app: typer.Typer) -> None:
    """Makes these commands known."""

    @app.command()
    def calibrate(
        twin: TwinName,
        from_: Annotated[Path, typer.Option("--from", help="The recording to fit to.")],
        start: Annotated[str, typer.Option(help="ISO 8601; default: the beginning.")] = "",
        until: Annotated[str, typer.Option(help="ISO 8601; default: the end.")] = "",
        hold_out: Annotated[str, typer.Option(help=_HOLD_OUT)] = "0.25",
        asset: Annotated[list[str] | None, typer.Option(help="Only this one; may be repeated.")] = None,
        parameter: Annotated[list[str] | None, typer.Option(help=_PARAMETER)] = None,
        output: Annotated[list[str] | None, typer.Option(help=_OUTPUT)] = None,
        where: Annotated[str, typer.Option(help=_WHERE)] = "",
        step: Annotated[str, typer.Option(help="Default: as it was recorded, 2 s at least; of a long stretch up to 10 s.")] = "",
        correct: Annotated[bool, typer.Option("--correct", help=_CORRECT)] = False,
        to: Annotated[Path | None, typer.Option("--to", help="The proposal to write, for “approve”.")] = None,
        json_: AsJson = False,
        until_eof: UntilEof = False,
    ) -> None:
        """Fit parameters to what was measured: before and after, how sure, and the error on a stretch that was kept back."""
        from twins.estimation.calibration import Question, calibrated
        from twins.estimation.proposal import proposal, write
        from twins.historian.drafting import refuse_bad_place
        from twins.package.loader import load

        if to is not None:
            refuse_bad_place(to)
        package = package_of(twin)
        loaded = load(package)
        with opened(from_) as record:
            first, last, held = _stretches(record, start, until, hold_out)
            asked = Question(
                first, last, held, tuple(asset or ()), tuple(parameter or ()), tuple(output or ()), where, _step(step), correct
            )
            with progress("calibrating", json_, until_eof) as say, interruptible(until_eof) as cancelled:
                told = proposal(calibrated(loaded, record, asked, say, cancelled), loaded, package, from_)
        if to is not None:
            write(told, to)
        print_json(told) if json_ else _print(told, to)

    @app.command("approve")
    def approve_(
        twin: Package,
        file: Annotated[Path, typer.Argument(metavar="PROPOSAL")],
        by: By,
        why: Why,
        json_: AsJson = False,
        until_eof: UntilEof = False,
    ) -> None:
        """Put a proposal into force: a new version of the package's parameters, in its calibration.yaml."""
        from twins.estimation.proposal import approved
        from twins.package.loader import load

        package = package_of(twin)
        _say(approved(package, load(package), file, by, why), json_)

    @app.command()
    def rollback(twin: Package, by: By, why: Why, json_: AsJson = False, until_eof: UntilEof = False) -> None:
        """Put the version before into force again; nothing is lost."""
        from twins.package.revising import roll_back

        _say(roll_back(package_of(twin), by, why), json_)

    @app.command()
    def versions(twin: Package, json_: AsJson = False, until_eof: UntilEof = False) -> None:
        """Which versions of its parameters a package has had: who approved them, when and why."""
        from twins.package.archive import files_of
        from twins.package.revising import calibration_in, history

        told = history(calibration_in(files_of(package_of(twin))))
        print_json(told) if json_ else _print_versions(told)

    @app.command()
    def drift(
        twin: TwinName,
        from_: Annotated[Path, typer.Option("--from", help="The recording to judge by.")],
        start: Annotated[str, typer.Option(help="ISO 8601; default: --last before the end.")] = "",
        until: Annotated[str, typer.Option(help="ISO 8601; default: the end.")] = "",
        last: Annotated[str, typer.Option(help="How long a stretch: 6 h, 7 d.")] = "6 h",
        json_: AsJson = False,
        until_eof: UntilEof = False,
    ) -> None:
        """How far off the models are by now, against when their calibration was approved."""
        from twins.estimation.drift import drifts
        from twins.package.archive import files_of
        from twins.package.loader import load
        from twins.package.revising import calibration_in

        package = package_of(twin)
        loaded, form = load(package), calibration_in(files_of(package))
        with opened(from_) as record:
            begins, ends = stretch(record, start, until, ("--start", "--until"))
            begins = begins if start else max(begins, ends - _span(last, "--last"))
            with progress("judging", json_, until_eof) as say, interruptible(until_eof) as cancelled:
                found = list(drifts(loaded, record, form, begins, ends, say, cancelled))
        told = _drift_told(found, begins, ends, loaded.model_version)
        print_json(told) if json_ else _print_drift(told)


def _say(version: Any, json_: bool) -> None:
    if json_:
        print_json({"model_version": version.number, "sha256": version.sha256})
    else:
        print(f"in force: version {version}" + ("" if version.number else ", the package's own parameters"))


def _drift_told(found: Sequence[Drift], start: int, end: int, version: ModelVersion) -> dict[str, Any]:
    from dataclasses import asdict

    from twins.clock import format_end, format_time

    return {
        "start": format_time(start), "end": format_end(end), "model_version": version.number, "sha256": version.sha256,
        "outputs": [asdict(each) | {"drifted": each.drifted} for each in found],
    }  # fmt: skip


def _print_drift(told: dict[str, Any]) -> None:
    print(f"{told['start']} to {told['end']}, version {told['model_version']}")
    rows = [
        [each["tag"], each["unit"], each["n"], each["now"], "" if each["approved"] is None else each["approved"],
         "has drifted: calibrate again" if each["drifted"] else ""]
        for each in told["outputs"]
    ]  # fmt: skip
    print_rows(["tag", "unit", "steps", "MAE now", "when approved", ""], [""] * 6, rows)


def _print_versions(told: dict[str, Any]) -> None:
    print(f"in force: version {told['in_force']}" + ("" if told["in_force"] else ", the package's own parameters"))
    rows = [
        [each["at"], each["change"], f"{each['before']} → {each['after']}", each["by"], each["why"]] for each in told["changes"]
    ]
    if rows:
        print_rows(["at", "", "version", "by", "why"], [""] * 5, rows)


def _span(text: str, option: str) -> int:
    from twins.clock import parse_duration

    try:
        return parse_duration(text)
    except ValueError as problem:
        raise InputError(f"{option} {text}: {problem}") from None


def _step(text: str) -> int:
    from twins.clock import SECOND

    if not text:
        return 0
    step = _span(text, "--step")
    if step < SECOND:
        raise InputError(f"--step {text}: a step is 1 s at least")
    return step


def _stretches(record: Any, start: str, until: str, hold_out: str) -> tuple[int, int, tuple[int, int]]:
    """(from, to, (from, to) that is kept back)."""
    first, last = stretch(record, start, until, ("--start", "--until"))
    if "/" in hold_out:
        one, other = (instant(text.strip()) for text in hold_out.split("/", 1))
        if one >= other or (one < last and other > first):
            raise InputError(
                f"--hold-out {hold_out}: it must not be empty, nor touch the stretch that is fitted; write START/END"
            )
        return first, last, (one, other)
    try:
        share = float(hold_out)
        if not 0.0 < share < 0.9:
            raise ValueError
    except ValueError:
        raise InputError(f"--hold-out {hold_out}: write a share like 0.25, or a stretch like START/END") from None
    middle = last - int((last - first) * share)
    return first, middle, (middle, last)


def _print(told: dict[str, Any], to: Path | None) -> None:
    print(
        f"{told['start']} to {told['end']}, kept back {told['hold_out'][0]} to {told['hold_out'][1]}, {told['step']:g} s a step"
    )
    rows = [
        [p["parameter"], p["unit"], p["before"], p["after"], _cell(p["low"]), _cell(p["high"]),
         "" if p["identified"] else "not identified: the data don't tell; unchanged"]
        for p in told["parameters"]
    ]  # fmt: skip
    print_rows(["parameter", "unit", "before", "after", "p05", "p95", ""], [""] * 7, rows)
    print()
    rows = [
        [each["tag"], each["unit"], name.replace("_", " "), each[name]["after"]["n"]]
        + [_cell(each[name][when][what]) for what in ("mae", "bias") for when in ("before", "after")]
        for each in told["outputs"]
        for name in ("fitted", "held_out")
    ]
    print_rows(["tag", "unit", "", "steps", "MAE before", "after", "bias before", "after"], [""] * 8, rows)
    for each in told["corrections"]:
        found = each["foretold"]
        print(
            f"{each['tag']} is corrected by {each['most']:.4g} {each['written']['unit']} at most; blocks that were not fitted "
            f"were off by {found['before']:.4g} without it, {found['after']:.4g} with it"
        )
    if to is not None:
        changes = told["corrections"] or any(p["identified"] and p["after"] != p["before"] for p in told["parameters"])
        print(
            f"\nto put it into force: approve TWIN {to} --by NAME --why TEXT"
            if changes
            else f"\n{to} changes nothing; try a longer stretch"
        )


def _cell(value: float | None) -> object:
    return "?" if value is None else value
