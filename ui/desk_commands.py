"""What an operator says, from the command line, through the running station: commands, alarms, limits, notes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from twins import InputError
from ui.terminal import print_json
from ui.typed import AsJson

Twin = Annotated[str, typer.Argument(metavar="TWIN", help="The id of a twin whose station runs here, or its record.")]
By = Annotated[str, typer.Option("--by", help="Your name; it stands on everything you do.")]
Why = Annotated[str, typer.Option("--why", help="Your reason.")]
AlarmKey = Annotated[str, typer.Argument(metavar="ALARM", help="Its key, like T01.power/high.")]


def add_to(app: typer.Typer) -> None:
    """Makes these commands known."""
    signed = {"ignore_unknown_options": True}  # −5 is a value
    for deed in (command, limit):
        app.command(context_settings=signed)(deed)
    for deed in (acknowledge, reset, shelve, unshelve, note, judge):
        app.command()(deed)


def command(
    twin: Twin,
    tag: Annotated[str, typer.Argument(help="Its path, like T01.active_power_limit.")],
    value: Annotated[str, typer.Argument(help="In the tag's declared unit.")],
    by: By,
    why: Why,
    expires: Annotated[str, typer.Option(help="How long it may take, like 30s.")] = "30s",
    json_: AsJson = False,
) -> None:
    """Set a value: judged by the station, sent, acknowledged by the plant, verified by what it reports back."""
    said = {"value": value, "expires_ns": _duration(expires), "lane": "live"}
    _ask(twin, json_, "command", by, 0, tag, why, said)


def acknowledge(twin: Twin, alarm: AlarmKey, by: By, json_: AsJson = False) -> None:
    """Say that you have seen an alarm."""
    _ask(twin, json_, "acknowledge", by, 0, alarm)


def reset(twin: Twin, alarm: AlarmKey, by: By, json_: AsJson = False) -> None:
    """End a latched alarm whose condition is gone."""
    _ask(twin, json_, "reset", by, 0, alarm)


def shelve(
    twin: Twin,
    alarm: AlarmKey,
    by: By,
    why: Why,
    for_: Annotated[str, typer.Option("--for", help="At most 8 h.")] = "15 min",
    json_: AsJson = False,
) -> None:
    """Put an alarm aside for a while; it comes back unacknowledged."""
    _ask(twin, json_, "shelve", by, 0, alarm, why, {"duration_ns": _duration(for_)})


def unshelve(twin: Twin, alarm: AlarmKey, by: By, json_: AsJson = False) -> None:
    """Take a shelved alarm back."""
    _ask(twin, json_, "unshelve", by, 0, alarm)


def limit(
    twin: Twin,
    alarm: AlarmKey,
    value: Annotated[str, typer.Argument(help="In the tag's unit; “package” gives the package's own back.")],
    by: By,
    why: Why,
    json_: AsJson = False,
) -> None:
    """Change the limit of an alarm."""
    try:
        wanted = None if value == "package" else float(value)
    except ValueError:
        raise InputError(f"“{value}” is no number; write one, or: package") from None
    _ask(twin, json_, "limit", by, 0, alarm, why, {"value": wanted})


def note(
    twin: Twin,
    text: Annotated[str, typer.Argument(help="What you want to have said.")],
    by: By,
    about: Annotated[str, typer.Option(help="An asset or a tag.")] = "",
    at: Annotated[str, typer.Option(help="The instant it is pinned to, ISO 8601; default: now.")] = "",
    json_: AsJson = False,
) -> None:
    """Pin a note to an asset and an instant."""
    from twins.clock import now, parse_time

    try:
        instant = parse_time(at) if at else now()
    except ValueError as problem:
        raise InputError(str(problem)) from None
    _ask(twin, json_, "note", by, instant, about, "", {"text": text, "about": instant})


def judge(
    twin: Twin,
    prediction: Annotated[str, typer.Argument(help="Its key, like T01.gearbox_bearing_wear.")],
    verdict: Annotated[str, typer.Argument(help="acknowledged, planned or dismissed")],
    by: By,
    why: Annotated[str, typer.Option("--why", help="Your reason; to dismiss it one is needed.")] = "",
    json_: AsJson = False,
) -> None:
    """Decide about a prediction: it is seen, work is planned, or it is no fault."""
    _ask(twin, json_, "judge", by, 0, prediction, why, {"verdict": verdict})


def _duration(text: str) -> int:
    from twins.clock import parse_duration

    try:
        return parse_duration(text)
    except ValueError as problem:
        raise InputError(str(problem)) from None


def _record(twin: str) -> Path:
    from twins.station.finding import record_of

    if (found := record_of(twin)) is not None:
        return found
    if Path(twin).exists():
        return Path(twin)
    raise InputError(f"no station of “{twin}” runs here; start one with: record {twin} --to FILE, or name its record")


def _ask(twin: str, json_: bool, kind: str, *said: object) -> None:
    """Posts an intention (by, time, subject, why, data) and prints how far it comes; a refusal is a sentence and exit code 1."""
    from twins.historian import telling
    from twins.record import Event, Intention, IntentionKind
    from twins.station.asking import ask

    record = _record(twin)
    if not json_:
        print(f"to the station of {record}", flush=True)

    def watch(event: Event) -> None:
        if not json_:
            print(event.data.get("state", event.kind.value), event.data.get("reason", ""), flush=True)

    last = ask(record, Intention(IntentionKind(kind), *said), watch)  # type: ignore[arg-type]
    if json_:
        print_json(telling.events([last])[0])
    if last.data.get("state") in ("refused", "failed", "expired"):
        raise InputError(f"{last.data['state']}: {last.data.get('reason', '')}")
