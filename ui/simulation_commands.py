"""What models can tell, from the command line: what-ifs, forecasts, steady states, and how they compare."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twins import InputError
from ui.stretch import opened
from ui.terminal import instant, interruptible, print_json, print_rows, progress
from ui.typed import AsJson, TwinName, UntilEof, of_sound_models

if TYPE_CHECKING:
    from twins.asset import Twin
    from twins.simulation.comparing import Comparison
    from twins.simulation.scenario import Scenario

Source = Annotated[Path | None, typer.Option("--from", help="The record, or a what-if of it, to begin from.")]
At = Annotated[str, typer.Option(help="The instant to begin at, ISO 8601; default: the last of the record.")]
ScenarioFile = Annotated[str, typer.Option("--scenario", help="A file, or the name of one in the package's scenarios/.")]
Sets = Annotated[
    list[str] | None, typer.Option("--set", help="T01.gearbox_cooling=0.2, T01.active_power_limit=1000; may be repeated.")
]
Faults = Annotated[list[str] | None, typer.Option("--fault", help="NAME@T, so long after the beginning; may be repeated.")]
For = Annotated[str, typer.Option("--for", help="How long: 6 h.")]
To = Annotated[Path, typer.Option("--to", help="The recording to write; one that is there is replaced.")]
Step = Annotated[str, typer.Option(help="1 s, 10 s …; default: by the duration.")]
Seed = Annotated[int | None, typer.Option(min=0, max=2**32 - 1, help="Another one makes another weather.")]
_JUST_NOW = 15_000_000_000  # ns
ClusterAt = Annotated[str, typer.Option("--cluster", help="tcp://HOST:PORT of a dask scheduler; default: here.")]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run needs to begin."""

    twin: Twin
    package: bytes
    source: Path | None
    at: int
    scenario: Scenario


def add_to(app: typer.Typer) -> None:
    """Makes these commands known."""

    @app.command()
    def simulate(
        twin: TwinName,
        to: To,
        from_: Source = None,
        at: At = "",
        scenario: ScenarioFile = "",
        set_: Sets = None,
        fault: Faults = None,
        for_: For = "",
        step: Step = "",
        seed: Seed = None,
        weather: Annotated[str, typer.Option(help="recorded: inputs as they were measured; modelled.")] = "",
        json_: AsJson = False,
        until_eof: UntilEof = False,
    ) -> None:
        """A what-if: the plant from an instant on, were something otherwise. Writes a branch of the record."""
        from twins.simulation.comparing import compared
        from twins.simulation.whatif import told_of, what_if

        with asked_for(twin, from_, at, scenario, set_, fault, for_, step, seed, weather) as asked:
            with progress("simulating", json_, until_eof) as say, interruptible(until_eof) as cancelled:
                found = what_if(asked.twin, asked.package, asked.source, asked.at, asked.scenario, to, say, cancelled)
            told = told_of(found)
            files = [to] if asked.source is None or not _reaches(asked.source, found.end) else [asked.source, to]
            comparison = compared(files, found.start + found.step, found.end)
        _tell(told, comparison, json_)

    @app.command()
    def forecast(
        twin: TwinName,
        to: To,
        from_: Source = None,
        at: At = "",
        members: Annotated[int, typer.Option(min=2, max=100_000, help="How many courses.")] = 256,
        scenario: ScenarioFile = "",
        set_: Sets = None,
        fault: Faults = None,
        for_: For = "24 h",
        step: Step = "",
        seed: Seed = None,
        cluster: ClusterAt = "",
        json_: AsJson = False,
        until_eof: UntilEof = False,
    ) -> None:
        """Quantiles of every tag from an instant on, knowing nothing later, and the time to each limit."""
        from twins.simulation.executor import executor
        from twins.simulation.forecast import forecast as foretold
        from twins.simulation.whatif import told_of

        with (
            asked_for(twin, from_, at, scenario, set_, fault, for_, step, seed, "modelled") as asked,
            executor(cluster) as where,
            progress("forecasting", json_, until_eof) as say,
            interruptible(until_eof) as cancelled,
        ):
            found = foretold(
                asked.twin, asked.package, asked.source, asked.at, asked.scenario, to, members, where, say, cancelled
            )
        _tell(told_of(found) | {"members": members}, None, json_)

    @app.command()
    def compare(
        file: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Records and branches; the first is held against.")],
        from_: Annotated[str, typer.Option("--from", help="Start, ISO 8601; default: what all have in common.")] = "",
        to: Annotated[str, typer.Option("--to", help="End, ISO 8601.")] = "",
        json_: AsJson = False,
        until_eof: UntilEof = False,
    ) -> None:
        """Key figures side by side: of a record and its what-ifs, or of two candidates on the same year."""
        from twins.simulation.comparing import compared, told

        del until_eof  # it is quick
        found = compared(file, instant(from_) if from_ else None, instant(to) if to else None)
        print_json(told(found)) if json_ else _print_figures(found)

    @app.command(context_settings={"ignore_unknown_options": True})
    def sweep(
        twin: TwinName,
        asset: Annotated[str, typer.Argument(metavar="ASSET", help="Its path, like T01.")],
        input_: Annotated[list[str], typer.Option("--input", help="NAME=FROM:TO:STEP or NAME=4,8,12; may be repeated.")],
        outputs: Annotated[str, typer.Option(help="Names, with commas between; default: all.")] = "",
        cluster: ClusterAt = "",
        json_: AsJson = False,
    ) -> None:
        """Steady states of an asset over ranges of its model's inputs: wind_speed=3:25:0.5."""
        from twins.package.archive import zipped
        from twins.simulation.executor import executor
        from twins.simulation.sweep import spanned, swept

        wanted = {}
        for text in input_:
            name, given, values = text.partition("=")
            if not given or not name:
                raise InputError(f"--input {text}: write NAME=FROM:TO:STEP, like wind_speed=3:25:0.5")
            try:
                wanted[name.strip()] = spanned(values)
            except ValueError as problem:
                raise InputError(f"--input {text}: {problem}") from None
        names = [name.strip() for name in outputs.split(",") if name.strip()]
        with executor(cluster) as where:
            table = swept(zipped(of_sound_models(twin)), asset, wanted, names, where, lambda done, what: None)
        if table.restless:
            print(f"twindeck: at {table.restless} points something never comes to rest; its last value is told", file=sys.stderr)
        if json_:
            print_json({"columns": table.columns, "units": table.units, "rows": table.rows})
        else:
            print_rows(table.columns, table.units, table.rows)


@contextlib.contextmanager
def asked_for(
    name: str,
    source: Path | None,
    at: str,
    scenario: str,
    sets: list[str] | None,
    faults: list[str] | None,
    for_: str,
    step: str,
    seed: int | None,
    weather: str,
) -> Iterator[Asked]:
    """What the options say. Raises InputError."""
    from twins import clock
    from twins.historian.place import is_record
    from twins.package.archive import zipped
    from twins.package.loader import load_zipped
    from twins.simulation.scenario_file import with_settings

    place = of_sound_models(name)
    recorded = is_record(place)
    source = place if recorded and source is None else source
    begin = instant(at) if at else None
    if source is not None:
        with opened(source) as record:
            span = record.span()
            last = span[1] if span else clock.now()
            begin = last if begin is None or last < begin < last + _JUST_NOW else begin  # a live record is a moment behind
            package = record.package_at(begin) if recorded else zipped(place)
    else:
        package = zipped(place)
    if package is None:
        raise InputError(f"{place} holds no package; name one before --from")
    twin = load_zipped(package)
    made = with_settings(_scenario(scenario, twin), sets or [], twin)
    made = replace(
        made,
        duration=_span(for_, "--for") if for_ else made.duration,
        step=_span(step, "--step") if step else made.step,
        seed=made.seed if seed is None else seed,
        faults=(*made.faults, *(faults or ())),
        recorded=_recorded_weather(weather, made.recorded),
    )
    yield Asked(twin, package, source, begin if begin is not None else clock.now() // clock.SECOND * clock.SECOND, made)


def _scenario(name: str, twin: Twin) -> Scenario:
    from twins.simulation.scenario import Scenario
    from twins.simulation.scenario_file import packaged, packaged_scenario, read_scenario

    if not name:
        return Scenario()
    inside = name.removesuffix(".yaml")
    if not Path(name).exists() and inside in packaged(twin):
        return packaged_scenario(twin, inside)
    if not Path(name).exists() and (known := packaged(twin)):
        raise InputError(f"there is no scenario “{name}”; name a file, or one of the package: {', '.join(known)}")
    return read_scenario(Path(name), twin)


def _span(text: str, option: str) -> int:
    from twins.clock import parse_duration

    try:
        span = parse_duration(text)
    except ValueError as problem:
        raise InputError(f"{option}: {problem}") from None
    if span <= 0:
        raise InputError(f"{option}: “{text}” is no time that can pass; write one like 6 h")
    return span


def _recorded_weather(word: str, before: bool) -> bool:
    if word not in ("", "recorded", "modelled"):
        raise InputError(f"--weather: “{word}” is none; write recorded or modelled")
    return word == "recorded" if word else before


def _reaches(source: Path, end: int) -> bool:

    with opened(source) as record:
        span = record.span()
        return span is not None and span[1] >= end


def _tell(told: dict[str, object], comparison: Comparison | None, json_: bool) -> None:
    from twins.simulation.comparing import told as told_of
    from twins.simulation.crossings import LIKELY

    if json_:
        print_json(told | ({"comparison": told_of(comparison)} if comparison else {}))
        return
    print(f"{told['start']} to {told['end']}, {told['step']:g} s a step")
    if comparison:
        _print_figures(comparison)
    limits = told["limits"]
    assert isinstance(limits, list)
    for each in limits[:20]:
        share = f"{each['share']:6.1%} of the members, " if "members" in told else ""
        verb = "passes" if each["share"] >= LIKELY else "may pass"
        print(f"{each['tag']} {verb} {each['limit']} {each['value']:g}: {share}{each['time']}")
    if not limits and "members" in told:
        print(f"none of {told['members']} members passes a limit; “open RECORD --lane FORECAST” draws the fan of each tag")
    if len(limits) > 20:
        print(f"… and {len(limits) - 20} more limits; --json tells all")
    lost, notes = told["lost"], told["notes"]
    assert isinstance(lost, list)
    assert isinstance(notes, list)
    for sentence in (*lost, *notes):
        print(sentence)


def _print_figures(comparison: Comparison) -> None:
    from twins.simulation.comparing import told

    names = [course.name for course in comparison.courses]
    heads = ["figure", *names, *(f"{name} − {names[0]}" for name in names[1:])]
    rows = []
    found = told(comparison)["figures"]
    assert isinstance(found, list)
    for figure, row in zip(comparison.figures, found, strict=True):
        cells = [*row["values"], *row["differences"][1:]]
        label = f"{figure.label} [{figure.unit}]" if figure.unit else figure.label
        rows.append((label, *("—" if cell is None else f"{cell:,.{figure.decimals}f}" for cell in cells)))
    print_rows(heads, [""] * len(heads), rows)
    if comparison.without:
        print(f"of what all of them know: without {', '.join(comparison.without)}")
