"""Searching, from the command line: the best values of knobs, and which of them matter."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twins import InputError
from ui.simulation_commands import At, ClusterAt, Faults, For, ScenarioFile, Seed, Sets, Source, asked_for
from ui.terminal import interruptible, print_json, print_rows, progress
from ui.typed import AsJson, TwinName, UntilEof

if TYPE_CHECKING:
    from twins.simulation.goals import Goal
    from twins.simulation.search import Search

Knobs = Annotated[list[str], typer.Option("--knob", help="T01.yaw_offset=-25:25; without a range, its bounds. May be repeated.")]
_GOAL = "A key figure, or: mean power in kW. May be repeated."


def add_to(app: typer.Typer) -> None:
    """Makes these commands known."""

    @app.command()
    def optimise(
        twin: TwinName,
        knob: Knobs,
        maximise: Annotated[list[str] | None, typer.Option(help=_GOAL)] = None,
        minimise: Annotated[list[str] | None, typer.Option(help=_GOAL)] = None,
        constraint: Annotated[
            list[str] | None, typer.Option(help="highest T01.gearbox_oil_temperature < 75 degC; may be repeated.")
        ] = None,
        from_: Source = None,
        at: At = "",
        scenario: ScenarioFile = "",
        set_: Sets = None,
        fault: Faults = None,
        for_: For = "20 min",
        population: Annotated[int, typer.Option(min=4, max=10_000, help="Points that are tried at once.")] = 24,
        generations: Annotated[int, typer.Option(min=1, max=10_000)] = 20,
        seed: Seed = None,
        cluster: ClusterAt = "",
        json_: AsJson = False,
        until_eof: UntilEof = False,
    ) -> None:
        """The best values of knobs within their bounds; with several objectives, those that none beats in all."""
        from twins.simulation.goals import constraint as bound_of
        from twins.simulation.goals import goal_named
        from twins.simulation.search import optimised

        def goals(twin: Any) -> list[Goal]:
            aims = [goal_named(text, high, twin) for texts, high in ((maximise, True), (minimise, False)) for text in texts or ()]
            return [*(aims or _usual(twin)), *(bound_of(text, twin) for text in constraint or ())]

        asked = (twin, from_, at, scenario, set_, fault, for_, "", seed, "modelled")
        with _search(asked, knob, goals, cluster, "optimising", json_, until_eof) as (search, number):
            found = optimised(search, population, generations, number)
            now = _now(search)
        told = _told_of_best(search, found, now)
        print_json(told) if json_ else _print_best(told, str(twin))

    @app.command()
    def sensitivity(
        twin: TwinName,
        knob: Knobs,
        figure: Annotated[str, typer.Option(help="A key figure, or: mean power in kW. Default: the first.")] = "",
        from_: Source = None,
        at: At = "",
        scenario: ScenarioFile = "",
        set_: Sets = None,
        fault: Faults = None,
        for_: For = "20 min",
        samples: Annotated[int, typer.Option(min=4, max=65_536, help="A power of two; (knobs + 2) times as many runs.")] = 64,
        seed: Seed = None,
        cluster: ClusterAt = "",
        json_: AsJson = False,
        until_eof: UntilEof = False,
    ) -> None:
        """How much each knob matters to a key figure: Sobol's indices, ranked."""
        from twins.simulation.goals import goal_named
        from twins.simulation.search import sensitivity as ranked

        if samples & (samples - 1):
            raise InputError(f"--samples {samples}: write a power of two, like 64")

        def goals(twin: Any) -> list[Goal]:
            return [goal_named(figure, True, twin)] if figure else _usual(twin)

        asked = (twin, from_, at, scenario, set_, fault, for_, "", seed, "modelled")
        with _search(asked, knob, goals, cluster, "sampling", json_, until_eof) as (search, number):
            found = ranked(search, samples, number)
        label = search.goals[0].figure.label
        rows = [
            {"knob": f.knob.key, "alone": f.alone, "alone_sure": f.alone_sure, "total": f.total, "total_sure": f.total_sure}
            for f in found
        ]
        if json_:
            print_json({"figure": search.goals[0].figure.name, "label": label, "runs": search.tried, "knobs": rows})
            return
        print(f"{label}: share of its variance by each knob, with all its company ({search.tried} runs)")
        for row in rows:
            bar = "█" * round(40 * min(max(float(row["total"]), 0.0), 1.0))
            print(f"{row['knob']:32} {row['total']:6.3f} ± {row['total_sure']:.3f}  {bar}")


def _usual(twin: Any) -> list[Goal]:
    from twins.simulation.figures import key_figures
    from twins.simulation.goals import Goal

    figures = key_figures(twin)
    if not figures:
        raise InputError(f"{twin.name} has no key figures; write --maximise “mean power in kW”")
    return [Goal(figures[0], figures[0].better != "low")]


@contextlib.contextmanager
def _search(
    asked: tuple[Any, ...],
    knobs: list[str],
    goals: Callable[[Any], list[Goal]],
    cluster: str,
    what: str,
    json_: bool,
    until_eof: bool,
) -> Iterator[tuple[Search, int]]:
    from twins.simulation.executor import executor
    from twins.simulation.goals import knob_named
    from twins.simulation.search import Search
    from twins.simulation.whatif import origin_of

    with (
        asked_for(*asked) as found,
        executor(cluster) as where,
        origin_of(found.source, found.at, found.twin, found.scenario) as (origin, whole, _),
        progress(what, json_, until_eof) as say,
        interruptible(until_eof) as cancelled,
    ):
        turned = [knob_named(text, found.twin) for text in knobs]
        yield (
            Search(found.twin, found.package, origin, whole, turned, goals(found.twin), where, say, cancelled),
            found.scenario.seed,
        )


def _now(search: Search) -> Any:
    import numpy as np

    return search.figures(np.array([[each.value for each in search.knobs]]))[:, 0]


def _told_of_best(search: Search, found: list[Any], now: Any) -> dict[str, Any]:
    def knobs(point: Any) -> list[dict[str, Any]]:
        return [
            {"knob": each.key, "sort": each.sort, "value": float(value), "unit": each.unit, "as_it_is": each.value}
            for each, value in zip(search.knobs, point, strict=True)
        ]

    def figures(values: Any) -> list[dict[str, Any]]:
        return [
            {"figure": goal.figure.name, "label": goal.figure.label, "unit": goal.figure.unit, "bound": goal.bound}
            | {"value": _number(value), "as_it_is": _number(was)}
            for goal, value, was in zip(search.goals, values, now, strict=True)
        ]

    best = figures(found[0][1])[0]
    commands = [
        {"tag": k["knob"], "value": round(k["value"], 3), "unit": k["unit"]}
        for k in knobs(found[0][0])
        if k["sort"] == "set-point" and abs(k["value"] - k["as_it_is"]) > 1e-6 * max(1.0, abs(k["as_it_is"]))
    ]
    return {
        "knobs": knobs(found[0][0]),
        **{key: best[key] for key in ("label", "unit", "value", "as_it_is")},
        "commands": commands,
        "runs": search.tried,
        "front": [{"knobs": knobs(point), "figures": figures(values)} for point, values in found],
    }


def _number(value: float) -> float | None:
    return float(value) if value == value else None


def _print_best(told: dict[str, Any], twin: str) -> None:
    front = told["front"]
    first = front[0]
    heads = [*(k["knob"] for k in first["knobs"]), *(f["label"] for f in first["figures"])]
    units = [*(k["unit"] for k in first["knobs"]), *(f["unit"] for f in first["figures"])]
    was = [*(k["as_it_is"] for k in first["knobs"]), *(f["as_it_is"] for f in first["figures"])]
    rows = [[*(k["value"] for k in each["knobs"]), *(f["value"] for f in each["figures"])] for each in front]
    print_rows(
        ["", *heads],
        ["", *units],
        [["as it is", *was], *([f"best {k}" if len(rows) > 1 else "best", *row] for k, row in enumerate(rows, 1))],
    )
    print(f"{told['runs']} runs")
    for command in told["commands"] if len(front) == 1 else ():
        print(f"propose: command {twin} {command['tag']} {command['value']:g} --by NAME --why TEXT")
