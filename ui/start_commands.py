"""The commands that begin: the start page, the demo of one twin, and the picture on its card."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from twins import InputError
from ui.shipped import TWINS, like, shipped
from ui.terminal import has_screen

USUAL = "north-ridge"  # where nobody can choose


def begin(twin: str) -> int:
    """The start page, or the demo of a twin that was named; without a display the wind farm's."""
    if twin or not has_screen():
        from ui.demo import run

        return run(_named(twin or USUAL))
    from ui.start_page import run as choose

    return choose()


def add_to(app: typer.Typer) -> None:
    """Adds `demo` and `picture`."""
    app.command()(demo)
    app.command()(picture)


def demo(
    twin: Annotated[str, typer.Argument(metavar="TWIN", help="A twin that ships, or a package's folder.")],
) -> None:
    """Open a twin live on a plant of models: SIMULATED PLANT."""
    from ui.demo import run

    raise typer.Exit(run(_named(twin)))


def picture(
    twin: Annotated[str, typer.Argument(metavar="TWIN", help="A twin that ships, or a package's folder.")],
    colour_by: Annotated[str, typer.Option(help="A quantity or a tag; default: as the tour begins, or a window.")] = "",
    view: Annotated[str, typer.Option(help="A viewpoint; default: the first.")] = "",
) -> None:
    """Draw the picture of a package for its card on the start page, and keep it in the package as picture.png."""
    from scene.portrait import save_portrait

    to = save_portrait(_named(twin), view, colour_by)
    print(f"{to}: {to.stat().st_size / 1000:.0f} kB")


def _named(twin: str) -> Path:
    if twin in (known := {each.path.name: each.path for each in shipped()}):
        return known[twin]
    if not Path(twin).exists():
        remedy = like(twin) or f"there are {', '.join(known)}, or give the folder of a package"
        raise InputError(f"there is no twin “{twin}”; {remedy}")
    return Path(twin)


__all__ = ["TWINS", "add_to", "begin"]
