"""Remaining useful life, from the command line: learn from units that failed, ask about units that still run."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer

from twins import InputError
from ui.terminal import interruptible, print_json, print_rows, progress
from ui.typed import AsJson, refuse_no_card

Table = Annotated[Path, typer.Argument(metavar="TABLE", help="CSV (also .gz) or Parquet: a row for each unit and time.")]
ModelFile = Annotated[Path, typer.Argument(metavar="MODEL", help="What “rul train” wrote.")]
Sep = Annotated[str | None, typer.Option("--sep", help="The sign between cells; found by itself.")]
_COLUMN = "A column's name, or its number from 1 (or from 0 if one is 0 and there is no header)."

rul = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Remaining useful life: train, predict, card.")


def add_to(app: typer.Typer) -> None:
    """Makes these commands known."""
    app.add_typer(rul, name="rul")


@rul.command()
def train(
    table: Table,
    unit: Annotated[str, typer.Option(help=f"Names the unit. {_COLUMN}")],
    time: Annotated[str, typer.Option(help=f"When; remaining life is told in its unit. {_COLUMN}")],
    to: Annotated[Path, typer.Option("--to", help="The model's file.")],
    cap: Annotated[float | None, typer.Option(help="Longer lives count as this: early on nothing can tell them apart.")] = None,
    sensors: Annotated[str, typer.Option(help="Only these columns, with commas between.")] = "",
    ignore: Annotated[str, typer.Option(help="Not these columns, with commas between.")] = "",
    no_header: Annotated[bool, typer.Option("--no-header", help="The first row is data.")] = False,
    sep: Sep = None,
    card: Annotated[Path | None, typer.Option(help="Also write the model card, as Markdown.")] = None,
    json_: AsJson = False,
) -> None:
    """Learn from units that ran to failure: the last row of each is its end."""
    from twins.historian.drafting import MODEL, TEXT, refuse_bad_place
    from twins.prognosis.remaining_life.card import as_markdown, dated, doubt
    from twins.prognosis.remaining_life.crossvalidation import CancelledError
    from twins.prognosis.remaining_life.fleet import Layout, read_fleet
    from twins.prognosis.remaining_life.model import trained
    from twins.prognosis.remaining_life.model_file import save

    if cap is not None and not 0 < cap < float("inf"):
        raise InputError(f"--cap {cap:g}: write a length of life above 0, like 125")
    if card is not None:
        refuse_no_card(card)
    refuse_bad_place(to, MODEL)
    if card is not None:
        refuse_bad_place(card, TEXT)
    layout = Layout(unit, time, not no_header, sep, _listed(sensors), _listed(ignore))
    fleet = read_fleet(table, layout)
    with progress("learning", quiet=json_) as say, interruptible() as cancelled:
        try:
            model = trained(fleet, layout, cap, say, cancelled)
        except CancelledError:
            raise InputError("cancelled; nothing was written") from None
    model = replace(model, card=dated(model.card, table))
    save(model, to)
    if card:
        _written(card, as_markdown(model.card))
    print_json({"model": str(to), **model.card, "warning": doubt(model.card)}) if json_ else print(as_markdown(model.card))


@rul.command()
def predict(
    model: ModelFile,
    table: Table,
    unit: Annotated[str, typer.Option(help="Default: as in training.")] = "",
    time: Annotated[str, typer.Option(help="Default: as in training.")] = "",
    header: Annotated[bool | None, typer.Option("--header/--no-header", help="Default: as in training.")] = None,
    sep: Sep = None,
    json_: AsJson = False,
) -> None:
    """How long each unit will last from its last row on, with a 90 % interval and what moved the answer."""
    from twins.prognosis.remaining_life.fleet import read_fleet
    from twins.prognosis.remaining_life.model_file import load
    from twins.prognosis.remaining_life.prediction import predicted

    known = load(model)
    was = known.layout
    layout = replace(
        was,
        unit=unit or was.unit,
        time=time or was.time,
        headed=was.headed if header is None else header,
        delimiter=sep or was.delimiter,
    )
    fleet = read_fleet(table, layout, known.sensors)
    known.clock.refuse_other_times(fleet, table)
    found = predicted(known, fleet)
    if json_:
        units = [asdict(each) | {"unit": int(each.unit) if _is_whole(each.unit) else each.unit} for each in found]
        print_json({"units": units, "filled": fleet.filled, "left_out": fleet.left_out})
        return
    rows = [[p.unit, p.at, p.rul, p.low, f"{p.high:.6g}{'+' if p.open else ''}", _reasons(p)] for p in found]
    print_rows(["unit", "at", "rul", "low", "high", "moved by"], [""] * 6, rows)
    if fleet.filled:
        print(f"{fleet.filled:,} cells held no number and took the value before")
    if fleet.left_out:
        print(f"{fleet.left_out:,} rows without a unit or a time were left out")


@rul.command("card")
def card_(model: ModelFile, json_: AsJson = False) -> None:
    """What a model was learnt from, and how well."""
    from twins.prognosis.remaining_life.card import as_markdown
    from twins.prognosis.remaining_life.model_file import load

    card = load(model).card
    print_json(card) if json_ else print(as_markdown(card))


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _reasons(prediction) -> str:
    doubt = "OUTSIDE what is known; " if prediction.outside else ""
    return doubt + ", ".join(f"{each.sensor} {each.direction} ({each.effect:+.3g})" for each in prediction.drivers)


def _written(place: Path, text: str) -> None:
    from twins.historian.drafting import drafted

    with drafted(place, over=True) as draft:
        draft.write_text(text, encoding="utf-8")


def _is_whole(word: str) -> bool:
    """A number as one writes it, that can be told as one."""
    return word.isdecimal() and len(word) < 16 and str(int(word)) == word
