"""Rehearsing, from the command line: a twin learns by simulation how each of its faults looks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twins import InputError
from ui.simulation_commands import ClusterAt
from ui.terminal import interruptible, print_json, print_rows, progress
from ui.typed import AsJson, TwinName, of_sound_models

if TYPE_CHECKING:
    from twins.prognosis.recognition.trial import Trial

_VARY = "KEY=LOW:HIGH, what each run draws anew, in the unit that --set takes: wind.mean_speed=5:15; may be repeated."
_FAR = 1e12
_TO = "Where to write what was learnt; default: the package's predictors/faults.npz."


def add_to(app: typer.Typer) -> None:
    """Makes this command known."""

    @app.command()
    def rehearse(
        twin: TwinName,
        vary: Annotated[list[str] | None, typer.Option("--vary", help=_VARY)] = None,
        runs: Annotated[int, typer.Option(min=4, max=100_000, help="Plants, each of which breaks three times.")] = 32,
        seed: Annotated[int, typer.Option(min=0, max=2**31, help="Another one makes other weathers.")] = 1,
        to: Annotated[Path | None, typer.Option("--to", help=_TO)] = None,
        cluster: ClusterAt = "",
        json_: AsJson = False,
    ) -> None:
        """Learn by simulation how each fault that the package declares looks, so that the running plant's are called by name."""
        from twins.emulator.rehearsal import rehearsed
        from twins.package.archive import zipped
        from twins.package.loader import load
        from twins.prognosis.recognition.model_file import NAME, save
        from twins.prognosis.recognition.recogniser import learnt_from
        from twins.prognosis.recognition.trial import trial
        from twins.simulation.executor import Cores, executor

        package = of_sound_models(twin)
        load(package)
        place = to or _within(package, NAME)
        drawn = dict(map(drawn_between, vary or []))
        with progress("rehearsing", json_) as say, interruptible() as cancelled, executor(cluster, Cores()) as workers:

            def heed(done: float, what: str) -> None:
                if cancelled():
                    raise InputError("the rehearsal was cancelled; nothing was written")
                say(done, what)

            lessons = rehearsed(zipped(package), drawn, runs, seed, heed, workers)
            tried = {lesson.kin.type: trial(lesson, heed) for lesson in lessons}
            learnt = [learnt_from(lesson, tried[lesson.kin.type].caution) for lesson in lessons]
        told: dict[str, Any] = {"runs": runs, "seed": seed, "conditions": {key: list(value) for key, value in drawn.items()}}
        told["trial"] = {name: each.as_card() for name, each in tried.items()}
        place.parent.mkdir(parents=True, exist_ok=True)
        save(learnt, told, place)
        print_json({"model": str(place), **told}) if json_ else _print(place, tried)


def _within(package: Path, name: str) -> Path:
    folder = package.parent if package.name == "twin.yaml" else package
    if not folder.is_dir():
        raise InputError(f"{package} is a zip, which this doesn't write into; unpack it, or say --to FILE")
    return folder / name


def drawn_between(text: str) -> tuple[str, tuple[float, float]]:
    """A knob and between what it is drawn. Raises InputError."""
    key, _, span = text.partition("=")
    low, _, high = span.partition(":")
    try:
        found = float(low), float(high)
    except ValueError:
        raise InputError(f"--vary {text}: write it like wind.mean_speed=5:15") from None
    if not key or not -_FAR < found[0] <= found[1] < _FAR:
        raise InputError(f"--vary {text}: write the smaller number first, both below 1e12, like wind.mean_speed=5:15")
    return key, found


def _print(place: Path, tried: dict[str, Trial]) -> None:
    for name, each in tried.items():
        print(f"{name}: % that would be called so first, by what was learnt from other runs")
        columns = (*each.classes[1:], "nothing")
        rows = [[each.classes[i], *(f"{100 * share:.1f}" for share in row[1:])] for i, row in enumerate(each.matrix)]
        print_rows(["true", *columns], [""] * (len(columns) + 1), rows)
        print(f"false calls: {each.false_calls} in {each.sound_hours:.0f} h of sound assets")
    print(f"learnt into {place}")
