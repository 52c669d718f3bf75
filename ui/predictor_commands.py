"""Predictors of a package, from the command line: run over a recording, trained on one, and their cards."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from twins import InputError
from ui.stretch import opened, stretch
from ui.terminal import interruptible, print_json, print_rows, progress
from ui.typed import AsJson, From, UntilEof, package_of, refuse_no_card

File = Annotated[Path, typer.Argument(metavar="RECORDING", help="A recording.")]
TwinName = Annotated[str, typer.Argument(metavar="TWIN", help="A package's folder or zip, or the name of a twin that ships.")]
_FAILED = "Learn how long it lasts: the condition that ended a life, like bearing_temperature > 90 degC or state == fault."
Until = Annotated[str, typer.Option("--until", help="End; default: the end.")]


def add_to(app: typer.Typer) -> None:
    """Makes these commands known."""

    @app.command()
    def predict(
        recording: File,
        predictor: Annotated[str, typer.Option(help="Only this one.")] = "",
        twin: Annotated[str, typer.Option(help="Another package than the record's own, or the name of a twin that ships.")] = "",
        from_: From = "",
        end: Until = "",
        to: Annotated[Path | None, typer.Option("--to", help="A recording of the same, with what they say.")] = None,
        json_: AsJson = False,
        until_eof: UntilEof = False,
    ) -> None:
        """What the package's predictors would have said of a recording, and when."""
        from twins.package.loader import load, load_zipped
        from twins.prognosis.predictors.replaying import predicted

        with opened(recording) as record:
            start, last = stretch(record, from_, end, ("--from", "--until"))
            found = load(package_of(twin)) if twin else load_zipped(record.package_at(last) or b"")
            with progress("predicting", json_, until_eof) as say, interruptible(until_eof) as cancelled:
                events = predicted(found, record, start, last, to, predictor, say, cancelled)
        _print(events, json_)

    @app.command()
    def train(
        twin: TwinName,
        recording: File,
        predictor: Annotated[str, typer.Option(help="What it is to be called.")],
        type_: Annotated[str, typer.Option("--type", help="Of all assets of this type.")] = "",
        asset: Annotated[list[str] | None, typer.Option(help="Or of this asset; may be repeated.")] = None,
        to: Annotated[Path | None, typer.Option("--to", help="A package's folder, or any other; default: the package.")] = None,
        from_: From = "",
        end: Until = "",
        step: Annotated[str, typer.Option(help="A row is the mean over this.")] = "10 s",
        false_alarms: Annotated[float, typer.Option(help="How many a month and asset may be expected.")] = 1.0,
        condition: Annotated[
            list[str] | None,
            typer.Option(help="A tag that is not judged but explains others, like wind_speed; outside its range: don't know."),
        ] = None,
        ignore: Annotated[list[str] | None, typer.Option(help="A tag that is no evidence; may be repeated.")] = None,
        where: Annotated[str, typer.Option(help="A condition without which it can't tell: state == producing")] = "",
        label: Annotated[str, typer.Option(help="For people.")] = "",
        failed: Annotated[str, typer.Option(help=_FAILED)] = "",
        ahead: Annotated[str, typer.Option(help="With --failed: its probability is that the life ends within this; 3 d.")] = "",
        json_: AsJson = False,
        until_eof: UntilEof = False,
    ) -> None:
        """Learn what an asset's tags are like while all is well, or how long it lasts; a predictor and its card are written."""
        from twins.clock import format_end, format_time
        from twins.historian.evidence import sha256_of
        from twins.package.loader import load
        from twins.prognosis.predictors.card import Source, caution
        from twins.prognosis.predictors.training import taught
        from twins.prognosis.predictors.writing import written

        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", predictor):
            raise InputError(f"--predictor “{predictor}” is no name; write letters, digits, - and _")
        if not 0 < false_alarms <= 1000:
            raise InputError(f"--false-alarms {false_alarms:g}: write how many a month may be expected, like 1")
        place = package_of(twin)
        folder = to or place
        if not folder.is_dir():
            raise InputError(f"{folder} is no folder; name one with --to")
        found = load(place)
        assets = _assets(found, type_, asset or [])
        step_ns = _step(step)
        if failed:
            learnt = _lives(recording, found, assets, (from_, end), step_ns, failed, ignore or [], (json_, until_eof))
            files = _write_lives(predictor, label, folder, recording, assets, step_ns, failed, ahead, learnt)
            print_json({"files": list(map(str, files)), **learnt[0].card}) if json_ else print("\n".join(map(str, files)))
            return
        with opened(recording) as record:
            start, last = stretch(record, from_, end, ("--from", "--until"))
            with progress("reading", json_, until_eof) as say, interruptible(until_eof) as cancelled:
                models = taught(
                    found, record, assets, start, last, step_ns, false_alarms,
                    condition or [], ignore or [], where, say, cancelled,
                )  # fmt: skip
        span = format_time(start), format_end(last)
        hashed = sha256_of(recording) if recording.is_file() else "a folder of day files"
        source = Source(recording.name, hashed, *span, step_ns, false_alarms, where)
        files = written(
            predictor, label or f"{predictor.replace('-', ' ').replace('_', ' ')}: not as it was", folder, source, models
        )
        _print_training(files, models, list(caution(models, source)), json_)

    @app.command()
    def card(
        twin: TwinName,
        predictor: Annotated[str, typer.Argument(help="Its name: that of its file.")],
        to: Annotated[Path | None, typer.Option("--to", help="OUT.md; default: it is printed.")] = None,
    ) -> None:
        """The model card of a predictor: what it is, its inputs, its line, how well, and what it can't do."""
        from twins.historian.drafting import drafted
        from twins.package.loader import load
        from twins.prognosis.predictors.card import card_of
        from twins.prognosis.predictors.declared import inside, sound

        found = load(package_of(twin))
        made = next(iter(sound(found, predictor)))
        made.kind.close()
        learnt = inside(f"{made.name}.md", made.layer)
        text = (
            found.files[learnt].decode()
            if (made.form.trained or made.form.remaining_life) and learnt in found.files
            else card_of(made, found)
        )
        if to is None:
            print(text)
            return
        refuse_no_card(to)
        with drafted(to, over=True) as draft:
            draft.write_text(text, encoding="utf-8")


def _lives(
    recording: Path, twin, assets: list[str], span: tuple[str, str], step_ns: int, failed: str, ignored: list[str],
    how: tuple[bool, bool],
) -> tuple:  # fmt: skip
    """The model, and the stretch that it was learnt from."""
    from dataclasses import replace

    from twins.clock import format_end, format_time
    from twins.prognosis.predictors.declared import Scope
    from twins.prognosis.predictors.episodes import episodes
    from twins.prognosis.remaining_life.card import dated
    from twins.prognosis.remaining_life.crossvalidation import CancelledError
    from twins.prognosis.remaining_life.fleet import Layout
    from twins.prognosis.remaining_life.model import trained

    faults: list[str] = []
    scope = Scope(twin, tuple(assets), lambda place, said, remedy: faults.append(f"--failed: {said}; {remedy}"))
    with (
        opened(recording) as record,
        progress("reading", *how) as say,
        interruptible(how[1]) as cancelled,
    ):
        start, last = stretch(record, *span, ("--from", "--until"))
        for asset in assets:
            scope.formula(failed, asset, ("failed",))
        if faults:
            raise InputError(faults[0])
        fleet = episodes(record, scope, start, last, step_ns, failed, ignored, say, cancelled)
        try:
            model = trained(fleet, Layout("asset", "s"), None, say, cancelled)
        except CancelledError:
            raise InputError("stopped before all was learnt; nothing was written") from None
    plain = {**model.card, "file": recording.name, "sha256": "a folder of day files"}
    card_ = dated(model.card, recording) if recording.is_file() else plain
    return replace(model, card=card_), format_time(start), format_end(last)


def _write_lives(
    name: str, label: str, folder: Path, recording: Path, assets: list[str], step_ns: int, failed: str, ahead: str, learnt: tuple
) -> list[Path]:
    from twins.clock import SECOND, format_duration
    from twins.prognosis.predictors.card import Source
    from twins.prognosis.predictors.writing import written_lasting

    model, start, end = learnt
    source = Source(recording.name, model.card["sha256"], start, end, step_ns, 0.0, failed)
    soon = ahead or format_duration(round(model.card["lives"][1] / 4 * SECOND))
    return written_lasting(name, label or f"{name.replace('-', ' ')}: what is left", folder, source, assets, soon, model)


def _assets(twin, type_: str, assets: list[str]) -> list[str]:
    from twins.package.words import did_you_mean

    for path in assets:
        if path not in twin.assets:
            raise InputError(f"there is no asset “{path}”; {did_you_mean(path, twin.assets) or 'write its path'}")
    found = assets or [path for path, asset in twin.assets.items() if type_ and asset.type == type_]
    if not found:
        types = sorted({asset.type for asset in twin.assets.values() if asset.type})
        raise InputError(f"say of which assets: --asset PATH, or --type with one of {', '.join(types)}")
    return found


def _step(text: str) -> int:
    from twins.clock import DAY, SECOND, parse_duration

    try:
        step = parse_duration(text)
    except ValueError as problem:
        raise InputError(f"--step: {problem}") from None
    if not SECOND <= step <= DAY:
        raise InputError(f"--step “{text}”: write a time between 1 s and 1 d")
    return step


def _print(events: list, json_: bool) -> None:
    from twins.clock import format_time

    rows = [
        {
            "time": format_time(e.time), "asset": e.subject, "predictor": e.data.get("fault", ""),
            "probability": e.data.get("probability"), "state": e.data.get("state", ""), "message": str(e.data.get("message", "")),
        }
        for e in events
    ]  # fmt: skip
    if json_:
        print_json(rows)
        return
    heads = ("time", "asset", "predictor", "probability", "state", "message")
    print_rows(heads, [""] * len(heads), [["" if row[name] is None else row[name] for name in heads] for row in rows])


def _print_training(files: list[Path], models: list, cautions: list[str], json_: bool) -> None:
    rows = [
        {
            "asset": each.asset, "rows": each.rows, "clean": each.clean, "held_back": each.held_back, "line": round(each.line, 3),
            "highest_held_back": round(max(each.peaks.tolist(), default=0.0), 3), "false_alarms_held_back": each.false_alarms,
            "tags": len(each.learnt.channels.sensors),
        }
        for each in models
    ]  # fmt: skip
    if json_:
        print_json({"files": [str(file) for file in files], "assets": rows, "cautions": cautions})
        return
    print_rows(list(rows[0]), [""] * len(rows[0]), [list(row.values()) for row in rows])
    print("\n".join([*cautions, *(str(file) for file in files)]))
