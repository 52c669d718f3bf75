"""Duplicates are dropped and conflicts kept, whatever the order of the rows: checked against a naive oracle."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from twins.historian.merging import merge

ROWS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), max_size=30)


def oracle(new, held):
    """One row after the other, as a patient clerk would do it."""
    kept, duplicates = [], 0
    for i, (time, value) in enumerate(new):
        later = any(pair == (time, value) for pair in new[i + 1 :])
        if later or (time, value) in held:
            duplicates += 1
        else:
            kept.append(i)
    by_time: dict[int, list[int]] = {}
    for i in kept:
        by_time.setdefault(new[i][0], []).append(i)
    order, doubtful, conflicts = [], [], 0
    for time in sorted(by_time):
        others = sum(1 for pair in set(held) if pair[0] == time)
        for place, i in enumerate(by_time[time]):
            order.append(i)
            doubtful.append(others + len(by_time[time]) > 1)
            conflicts += others + place > 0
    return order, doubtful, conflicts, duplicates


def run(new, held):
    columns = [np.array([pair[i] for pair in pairs], np.int64) for pairs in (new, held) for i in (0, 1)]
    return merge(*columns)


@given(ROWS, ROWS)
def test_that_merging_agrees_with_a_patient_clerk(new, held):
    merged = run(new, held)
    order, doubtful, conflicts, duplicates = oracle(new, held)
    assert merged.kept.tolist() == order
    assert merged.doubtful.tolist() == doubtful
    assert len(merged.conflicts) == conflicts
    assert len(merged.duplicates) == duplicates
    assert len(merged.kept) + len(merged.duplicates) == len(new)


@given(ROWS)
def test_that_merging_what_is_held_already_adds_nothing(rows):
    assert len(run(rows, rows).kept) == 0


@given(ROWS.filter(bool))
def test_that_the_last_row_of_each_time_is_the_one_shown(rows):
    merged = run(rows, [])
    shown = {rows[i][0]: rows[i][1] for i in merged.kept.tolist()}
    assert shown == dict(rows)
