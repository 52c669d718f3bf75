"""Faults, injected for real, in their short form; the long form is `./dev bench faults`."""

from __future__ import annotations

import pytest

from tests.faults import alarm_flood, bad_payloads, broker_lost, stale_shown, station_killed, two_stations


def test_that_a_station_killed_under_load_loses_nothing_acknowledged_and_stores_nothing_twice(tmp_path):
    told = station_killed.run(tmp_path, kills=4)
    assert (told["lost"], told["twice"]) == (0, 0), told
    assert told["reopen_s"] <= 5, told


def test_that_what_a_killed_broker_loses_is_counted_to_the_sample(tmp_path):
    told = broker_lost.killed(tmp_path, rounds=2)
    assert told["unaccounted"] == 0, told
    assert told["gap_events"] >= 2, told


def test_that_what_overflows_while_the_station_is_away_is_counted_to_the_sample(tmp_path):
    told = broker_lost.overflowed(tmp_path, rounds=1)
    assert told["unaccounted"] == 0, told
    assert told["counted_missing"] > 100, told


@pytest.mark.parametrize("fault", stale_shown.FAULTS, ids=lambda fault: fault.__name__)
def test_that_nothing_is_shown_as_current_after(fault, tmp_path):
    told = stale_shown.run(tmp_path, fault, healthy=2.5)
    assert told["noticed_s"] <= stale_shown.PATIENCE, told
    assert told["false_stale"] == 0, told


def test_that_bad_payloads_are_rejected_quarantined_and_counted_and_good_ones_stored(tmp_path):
    told = bad_payloads.run(tmp_path, payloads=1500)
    assert told["alive"], told
    assert told["unaccounted"] == 0, told
    assert told["quarantined"] == told["rejected"] > 300, told


@pytest.mark.parametrize("same_record", [True, False])
def test_that_a_second_station_is_refused_and_says_why(tmp_path, same_record):
    told = two_stations.second_refused(tmp_path, same_record)
    assert told["code"] == 1, told
    assert told["first_lives"], told
    assert told["took_s"] <= 5, told
    assert told["said"].startswith("twindeck: "), told
    assert "process" in told["said"], told


def test_that_a_station_whose_name_is_taken_alarms_and_does_not_race_for_it(tmp_path):
    told = two_stations.pushed_out(tmp_path)
    assert told["alarm_s"] <= 5, told
    assert told["connects_in_10_s"] <= 5, told
    assert told["lives"], told


def test_that_a_flood_of_alarms_is_all_in_the_record(tmp_path):
    told = alarm_flood.run(tmp_path, alarms=300, seconds=3)
    assert told["lost"] == 0, told
    assert told["raised"] == 300, told
