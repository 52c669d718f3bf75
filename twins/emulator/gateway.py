"""The command gateway: it judges orders as the plant's own control would, whatever a station has judged before."""

from __future__ import annotations

import math
from collections import OrderedDict

from twins.asset import Tag, TagKind
from twins.emulator.plant import Plant
from twins.emulator.side import PlantSide
from twins.links.link import Order

_REMEMBERED = 1_000  # orders: one that comes twice is answered twice, and carried out once


class Gateway:
    """Orders from a link go to the plant; each is answered, and an obeyed one is read back at once on its tag's own address."""

    def __init__(self, plant: Plant, side: PlantSide) -> None:
        self._plant, self._side = plant, side
        self._answered: OrderedDict[str, str] = OrderedDict()  # id → reason of the refusal, "" of none

    def serve(self) -> None:
        """Takes, judges, carries out and answers what came in."""
        for order in self._side.orders():
            if not self._is_cut_off(order):
                self._answer(order)

    def _answer(self, order: Order) -> None:
        if order.id in self._answered:
            reason = self._answered[order.id]
        else:
            reason = self._carried_out(order)
            self._answered[order.id] = reason
            while len(self._answered) > _REMEMBERED:
                self._answered.popitem(last=False)
        if not reason:
            self._side.publish(self._plant.instruments.tell([order.tag], self._plant.time))
        self._side.answer(order, not reason, reason)

    def _is_cut_off(self, order: Order) -> bool:
        """An asset that can't be heard hears nothing either: no answer comes from it."""
        tag = self._plant.twin.tags.get(order.tag)
        return tag is not None and tag.writable and self._plant.instruments.is_cut_off(order.tag, self._plant.time)

    def _carried_out(self, order: Order) -> str:
        """ "", or why not."""
        tag = self._plant.twin.tags.get(order.tag)
        if tag is None:
            return f"there is no tag {order.tag}"
        if not tag.writable:
            return f"{tag.path} can't be commanded"
        if order.expires and order.expires <= self._plant.time:
            return "it came too late: it had expired"
        try:
            value = written_value(order.value, tag)
        except ValueError as problem:
            return str(problem)
        self._plant.set(tag.path, value)
        return ""


def written_value(value: object, tag: Tag) -> float:
    """What a tag may be set to, as a number: its value, 0 or 1, or an enumeration's code. Raises ValueError with the reason."""
    match tag.kind:
        case TagKind.BOOLEAN:
            if isinstance(value, bool) or (isinstance(value, (int, float)) and value in (0, 1)):
                return float(value)
            raise ValueError(f"{tag.name} takes true or false")
        case TagKind.ENUMERATION:
            if isinstance(value, str) and value in tag.values:
                return float(tag.values.index(value))
            if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(tag.values):
                return float(value)
            raise ValueError(f"{tag.name} takes one of {', '.join(tag.values)}")
        case TagKind.NUMBER | TagKind.INTEGER:
            return _number(value, tag)
        case _:
            raise ValueError(f"{tag.name} is of kind {tag.kind}, which can't be set here")


def _number(value: object, tag: Tag) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"{tag.name} takes a number")
    if tag.kind is TagKind.INTEGER and value != int(value):
        raise ValueError(f"{tag.name} takes a whole number")
    if tag.range and not tag.range[0] <= value <= tag.range[1]:
        unit = f" {tag.unit}" if tag.unit else ""
        raise ValueError(f"{value:g}{unit} is outside the range {tag.range[0]:g} to {tag.range[1]:g}{unit} of {tag.name}")
    return float(value)
