"""The legend: what the picture can be coloured by, and which colour means which value; ranges are fixed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from scene import colour_maps
from scene.colour_maps import Colours
from twins.asset import Tag, TagKind, Twin
from twins.expression.units import conversion

DISCRETE = (TagKind.BOOLEAN, TagKind.ENUMERATION)
COLOURABLE = (TagKind.NUMBER, TagKind.INTEGER, *DISCRETE)


class ColourBy(StrEnum):
    """What a choice picks tags by."""

    CONDITION = "condition"  # plain equipment, in its alarm's colour where one stands, hatched where values can't be trusted
    QUANTITY = "quantity"  # each part by its own tag of that quantity
    TAG = "tag"  # the tags of one name
    RESIDUAL = "residual"  # how far each part's tag is from what was expected of it, in deviations
    HEALTH = "health"  # how far each asset is from the faults that its package declares


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to colour by; `name` is a quantity or a tag's name, `title` is for people."""

    by: ColourBy
    name: str = ""
    title: str = "Condition"

    def takes(self, tag: Tag) -> bool:
        """Whether a tag is one of those that this choice colours by."""
        if tag.kind not in COLOURABLE:
            return False
        return self.by is ColourBy.CONDITION or self.name == (tag.name if self.by is ColourBy.TAG else tag.quantity)

    def tags(self, twin: Twin) -> tuple[Tag, ...]:
        """Those of a twin that it picks from: what the plant tells, or what an estimator makes of it."""
        return tuple((twin.estimated if self.by in ESTIMATED else twin.tags).values())


ESTIMATED = (ColourBy.RESIDUAL, ColourBy.HEALTH)
CONDITION = Choice(ColourBy.CONDITION)
RESIDUAL = Choice(ColourBy.RESIDUAL, "residual", "Residual in σ")
HEALTH = Choice(ColourBy.HEALTH, "health", "Health")


@dataclass(frozen=True, slots=True, eq=False)
class Legend:
    """Which colour means which value: `low` … `high` in `unit` over 256 `colours`, straight, or by `middle` in the middle.

    With `labels` the values are the codes 0, 1, …, one flat band each. `title` "" means plain equipment but for alarms.
    """

    title: str = ""
    unit: str = ""
    low: float = 0.0
    high: float = 1.0
    middle: float | None = None
    colours: Colours = field(default_factory=colour_maps.sequential)
    labels: tuple[str, ...] = ()
    decimals: int = 0

    def fraction(self, values: NDArray[np.float64]) -> NDArray[np.float32]:
        """Values → places 0…1 on the map, those beyond the range at its end; NaN stays NaN."""
        if self.labels:
            values = (values + 0.5) / len(self.labels)
        elif self.middle is not None:
            values = np.interp(values, [self.low, self.middle, self.high], [0.0, 0.5, 1.0])
        else:
            values = (values - self.low) / (self.high - self.low)
        return np.clip(values, 0.0, 1.0).astype(np.float32)

    def colour(self, value: float) -> tuple[int, int, int]:
        """The colour 0…255 of one value, exactly as the picture has it before light falls on it."""
        place = int(np.round(self.fraction(np.array([value], np.float64))[0] * 255))
        red, green, blue = self.colours[place].tolist()
        return red, green, blue


def choices_of(twin: Twin) -> tuple[Choice, ...]:
    """Condition, and residuals where there are any; then each quantity that more than one tag name shares; then each tag name, in
    the package's order."""
    tags = [tag for tag in twin.tags.values() if tag.kind in COLOURABLE]
    quantities = dict.fromkeys(tag.quantity for tag in tags if tag.quantity and tag.kind not in DISCRETE)
    names: dict[str, set[str]] = defaultdict(set)
    first: dict[str, Tag] = {}
    for tag in tags:
        names[tag.quantity].add(tag.name)
        first.setdefault(tag.name, tag)
    shared = [q for q in quantities if len(names[q]) > 1]
    by_name = {name: Choice(ColourBy.TAG, name, _title(tag)) for name, tag in first.items()}
    taken = {choice.title for choice in by_name.values()}
    titles = {quantity: quantity[:1].upper() + quantity[1:].replace("_", " ") for quantity in shared}
    by_quantity = [Choice(ColourBy.QUANTITY, q, f"{t} (any)" if t in taken else t) for q, t in titles.items()]
    judged = [each for each in (RESIDUAL, HEALTH) if any(each.takes(tag) for tag in each.tags(twin))]
    return (CONDITION, *judged, *by_quantity, *by_name.values())


def legend_of(twin: Twin, choice: Choice, used: Collection[str] = ()) -> Legend:
    """The legend of a choice: its range is the union of the ranges of the tags that are `used`, in the first one's unit."""
    if choice.by is ColourBy.CONDITION:
        return Legend(colours=colour_maps.alarms(), labels=colour_maps.ALARM_LABELS)
    every = [tag for tag in choice.tags(twin) if choice.takes(tag)]
    tags = [tag for tag in every if tag.path in used] or every
    if not tags:
        return Legend(choice.title)
    first = tags[0]
    if first.kind in DISCRETE:
        labels = first.values or ("no", "yes")
        colours = colour_maps.steps(colour_maps.sequential(), len(labels))
        return Legend(choice.title, "", 0.0, len(labels) - 1.0, None, colours, labels)
    low, high = _union(tags, first.unit)
    middles = {tag.normal for tag in tags}
    middle = first.normal if len(middles) == 1 and first.normal is not None and low < first.normal < high else None
    colours = colour_maps.sequential() if middle is None else colour_maps.diverging()
    return Legend(choice.title, first.unit, low, high, middle, colours, (), first.decimals)


def difference_legend(legend: Legend) -> Legend:
    """The legend of differences of what a legend tells: about none, a quarter of its range either way."""
    if legend.labels or not legend.title:
        return legend
    reach = (legend.high - legend.low) / 4
    unit = "K" if legend.unit == "degC" else legend.unit
    title = f"Δ {legend.title[:1].lower()}{legend.title[1:]}"
    return Legend(title, unit, -reach, reach, 0.0, colour_maps.diverging(), (), legend.decimals)


def _union(tags: Sequence[Tag], unit: str) -> tuple[float, float]:
    """The least and the most that any of them can be; 0…1 where none says so."""
    ends = [factor * end + offset for tag in tags for factor, offset in [line(tag.unit, unit)] for end in _ends(tag)]
    low, high = (min(ends), max(ends)) if ends else (0.0, 1.0)
    return (low, high) if high > low else (low, low + 1.0)


def line(unit: str, into: str) -> tuple[float, float]:
    """Factor and offset from one unit into another; 1 and 0 where they can't be compared."""
    try:
        return (1.0, 0.0) if unit == into else conversion(unit, into)
    except ValueError:
        return 1.0, 0.0


def _ends(tag: Tag) -> Iterable[float]:
    return tag.range if tag.range else tag.limits.named().values()


def _title(tag: Tag) -> str:
    words = tag.label or tag.name.replace("_", " ")
    return words[:1].upper() + words[1:]
