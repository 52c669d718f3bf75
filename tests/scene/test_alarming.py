"""Coloured by condition, equipment that has an alarm takes the alarm's colour, and only then."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from scene.alarming import AlarmedParts
from scene.legend import CONDITION, legend_of
from twins.record import Event, EventKind
from twins.record.event import Standing


def alarm(subject, priority="high", key="a"):
    return Event(0, EventKind.ALARM, subject, key, True, {"priority": priority, "state": "unacknowledged"})


def standing(yard, *events):
    return replace(yard.snapshot({"M1.power": 1.0, "M2.power": 1.0, "M1.speed": 1.0, "M2.speed": 1.0}), standing=Standing(events))


def test_that_the_parts_of_what_an_alarm_names_take_its_worst_priority(yard, scene):
    parts = AlarmedParts(yard.twin, scene.stage)
    worst = parts.worst(standing(yard, alarm("M1.power", "low"), alarm("M1.power", "high", "b"), alarm("M2", "medium", "c")))
    owners = {}
    for part, code in zip(scene.stage.parts, worst.tolist(), strict=True):
        owners.setdefault(part.asset, set()).add(code)
    assert max(owners["M1"]) == 2
    assert max(owners["M2"]) == 1
    assert (parts.worst(standing(yard)) == -1).all()


def test_that_what_is_shelved_or_diagnostic_has_no_colour(yard, scene):
    parts = AlarmedParts(yard.twin, scene.stage)
    shelved = Event(0, EventKind.SHELVING, "M1.power", "a", True)
    assert (parts.worst(standing(yard, alarm("M1.power"), shelved, alarm("M2.power", "diagnostic", "d"))) == -1).all()


def test_that_the_scene_is_red_where_it_should_be_and_the_legend_says_so(yard, flat, off_screen):
    legend = legend_of(yard.twin, CONDITION)
    assert legend.labels == ("low alarm", "medium alarm", "high alarm")
    assert legend.colour(2.0) == (0xD6, 0x45, 0x45)
    flat.colour_by(CONDITION)
    picture = off_screen(flat)
    flat.show(standing(yard), 0.0)
    calm = picture.picture(flat.overview(1.5), 300, 200).astype(int)
    flat.show(standing(yard, alarm("M1.power")), 0.0)
    alarmed = picture.picture(flat.overview(1.5), 300, 200).astype(int)

    def reds(pixels):
        return int((np.abs(pixels - np.array([0xD6, 0x45, 0x45])).max(axis=2) < 6).sum())

    assert reds(calm) == 0
    assert reds(alarmed) > 20
