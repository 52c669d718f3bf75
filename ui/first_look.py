"""The first look: what a fresh window colours and selects, so that it opens on something that is alive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from scene.legend import Choice, ColourBy
from scene.still import named_choice
from twins import InputError
from twins.asset import Tag, Twin
from twins.clock import SECOND
from twins.record import Channel, Snapshot
from twins.timeline import SPEEDS
from ui.refresh import FRAME_MS

PICTURES = 2000
_LEAST_STRIDE = round(2 * SPEEDS[-1] * FRAME_MS * SECOND / 1000)  # as fast as possible is faster than any number


def first_choice(twin: Twin, choices: Sequence[Choice], inside: str = "") -> Choice:
    """What the package says; else the quantity that tells most: the root's headline if things have it too, else what most
    children show, else condition. `inside` is a nested twin that one goes into."""
    with suppress(InputError):
        if not inside and (said := named_choice(twin, twin.colour_by)):
            return said
    shown = Counter(twin.tags[child.headline].name for child in twin.children(inside) if child.headline in twin.tags)
    root = twin.tags.get(twin.assets[inside].headline)
    wide = [root.name] if root and any(tag.name == root.name for tag in tags_inside(twin, inside)) else []
    by_name = {choice.name: choice for choice in choices if choice.by is ColourBy.TAG}
    return next((by_name[name] for name in (*wide, *(name for name, _ in shown.most_common())) if name in by_name), choices[0])


def tags_inside(twin: Twin, root: str, *, own: bool = False) -> Iterator[Tag]:
    """Those of the things in a twin, and its own."""
    below = f"{root}/" if root else ""
    return (tag for tag in twin.tags.values() if (own if tag.asset == root else tag.asset.startswith(below)))


def first_asset(twin: Twin, snapshot: Snapshot) -> str:
    """The first child whose headline was seen by then, else one whose headline was ever recorded, else the root itself."""
    heads = {asset.path: asset.headline for asset in twin.children("") if asset.headline in snapshot.place}
    seen = [path for path, head in heads.items() if snapshot.seen[snapshot.place[head]]]
    return next(iter((*seen, *heads)), "")


def stride(channels: Iterable[Channel], span: int) -> int:
    """From one picture to the next when as fast as possible, ns: the shortest sample period, but faster than any speed, and
    never so small that a whole recording of `span` ns would take more than PICTURES."""
    period = min((channel.period_ns for channel in channels if channel.period_ns), default=0)
    return max(_LEAST_STRIDE, period, span // PICTURES)
