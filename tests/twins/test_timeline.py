"""The timeline: exact, bounded, and the same however often it ticks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twins.clock import HOUR, MINUTE, SECOND
from twins.timeline import AS_FAST_AS_POSSIBLE, SPEEDS, Gaps, LaneKind, Mode, Timeline

T0 = 1_400_000_000 * SECOND
SPAN = 10 * MINUTE
END = T0 + SPAN
MONO = 77 * SECOND


def recorded() -> Timeline:
    return Timeline(T0, END)


def live() -> Timeline:
    return Timeline(T0, END, live=True)


speeds = st.sampled_from([*SPEEDS, *(-s for s in SPEEDS)])
elapsed = st.integers(0, 30 * MINUTE)
waits = st.lists(st.integers(0, MINUTE), max_size=12)
inside = st.integers(T0, END)
gaps = st.lists(st.tuples(inside, st.integers(0, 3 * MINUTE)), max_size=5).map(
    lambda pairs: Gaps([s for s, _ in pairs], [min(s + length, END) for s, length in pairs])
)


# ------------------------------------------------------------------ at rest


def test_that_a_finished_recording_opens_paused_at_its_start_and_a_live_one_follows():
    assert (recorded().mode, recorded().cursor) == (Mode.PAUSED, T0)
    assert (live().mode, live().cursor) == (Mode.FOLLOWING, END)
    assert [lane.kind for lane in live().lanes] == [LaneKind.PLANT]


def test_that_a_plant_that_has_told_nothing_is_where_its_clock_is_and_begins_with_what_it_tells_first():
    timeline = Timeline(END, END, live=True)
    timeline.tick(MONO, END + SECOND)
    timeline.tick(MONO + SECOND, T0)  # its own clock is heard of
    assert (timeline.start, timeline.cursor) == (T0, T0)
    timeline.extend(T0 + SECOND, T0 + 2 * SECOND)
    timeline.tick(MONO + 2 * SECOND, T0 + 3 * SECOND)
    assert (timeline.start, timeline.end, timeline.cursor) == (T0 + SECOND, T0 + 3 * SECOND, T0 + 3 * SECOND)


def test_that_a_paused_cursor_stays_where_it_is():
    timeline = recorded()
    timeline.seek(T0 + SECOND)
    assert {timeline.tick(MONO + i * HOUR, END) for i in range(5)} == {T0 + SECOND}


def test_that_a_timeline_does_not_end_before_it_starts():
    with pytest.raises(ValueError, match="before it starts"):
        Timeline(1, 0)


# ------------------------------------------------------------------ live


def test_that_live_follows_the_plants_clock_and_the_recording_grows_with_it():
    timeline = live()
    assert timeline.tick(MONO, END + 5 * SECOND) == END + 5 * SECOND == timeline.end


def test_that_looking_back_from_live_pauses_and_one_call_returns():
    timeline = live()
    timeline.jump(-MINUTE)
    assert timeline.mode is Mode.PAUSED
    assert timeline.tick(MONO, END + SECOND) == END - MINUTE
    timeline.follow()
    assert (timeline.mode, timeline.tick(MONO, END + 2 * SECOND)) == (Mode.FOLLOWING, END + 2 * SECOND)


def test_that_playback_that_catches_up_with_now_follows_it():
    timeline = live()
    timeline.jump(-10 * SECOND)
    timeline.speed = 2
    timeline.play()
    timeline.tick(MONO, END)
    assert timeline.tick(MONO + 5 * SECOND, END + 5 * SECOND) == END
    assert timeline.mode is Mode.PLAYING
    timeline.tick(MONO + 10 * SECOND, END + 10 * SECOND)
    assert timeline.mode is Mode.FOLLOWING


def test_that_a_recording_without_a_plant_never_follows():
    timeline = recorded()
    timeline.follow()
    assert (timeline.mode, timeline.cursor) == (Mode.PAUSED, END)
    assert timeline.tick(MONO, END + HOUR) == END == timeline.end


def test_that_playing_backward_from_live_leaves_live():
    timeline = live()
    timeline.backward()
    timeline.tick(MONO, END)
    assert timeline.tick(MONO + SECOND, END + SECOND) == END - SECOND


# ------------------------------------------------------------------ playing


def test_that_it_plays_at_its_speed_and_pauses_at_the_end():
    timeline = recorded()
    timeline.speed = 64
    timeline.play()
    timeline.tick(MONO, 0)
    assert timeline.tick(MONO + SECOND, 0) == T0 + 64 * SECOND
    assert timeline.tick(MONO + HOUR, 0) == END
    assert timeline.mode is Mode.PAUSED


def test_that_a_hundredth_of_real_time_is_exact_after_a_year_of_ticks():
    timeline = Timeline(T0, T0 + 400 * 24 * HOUR)
    timeline.speed = 0.01
    timeline.play()
    timeline.tick(0, 0)
    for i in range(1, 1001):
        timeline.tick(i * 365 * 24 * HOUR // 1000 + 7, 0)
    assert timeline.cursor == T0 + (365 * 24 * HOUR + 7) // 100


def test_that_play_at_the_end_starts_over_and_backward_at_the_start_too():
    timeline = recorded()
    timeline.last()
    timeline.play()
    assert timeline.cursor == T0
    timeline.reverse()
    timeline.play()
    assert timeline.cursor == END


def test_that_faster_and_slower_walk_the_speeds_in_the_direction_it_has():
    timeline = recorded()
    timeline.reverse()
    timeline.faster()
    assert timeline.speed == -2
    timeline.speed = 128
    timeline.faster()
    assert timeline.speed == 128
    timeline.speed = AS_FAST_AS_POSSIBLE
    timeline.slower()
    assert timeline.speed == 128
    timeline.speed = 0.01
    timeline.slower()
    assert timeline.speed == 0.01


def test_that_forward_and_backward_play_and_pressed_again_play_faster():
    timeline = recorded()
    timeline.forward()
    assert (timeline.mode, timeline.speed) == (Mode.PLAYING, 1)
    timeline.forward()
    assert timeline.speed == 2
    timeline.backward()
    assert timeline.speed == -2


@pytest.mark.parametrize("speed", [0, 0.001, 129, -200, float("nan")])
def test_that_an_impossible_speed_is_refused_and_changes_nothing(speed):
    timeline = recorded()
    with pytest.raises(ValueError, match="forward or backward"):
        timeline.speed = speed
    assert timeline.speed == 1


def test_that_as_fast_as_possible_goes_one_stride_a_tick_whatever_the_clock_says():
    timeline = recorded()
    timeline.stride = SECOND
    timeline.speed = AS_FAST_AS_POSSIBLE
    timeline.play()
    assert [timeline.tick(MONO, 0) - T0 for _ in range(3)] == [SECOND, 2 * SECOND, 3 * SECOND]
    timeline.reverse()
    assert timeline.tick(MONO, 0) == T0 + 2 * SECOND
    timeline.stride = 0
    assert timeline.tick(MONO, 0) == T0 + 2 * SECOND - SPAN // 1000


def test_that_a_seek_while_playing_plays_on_from_there():
    timeline = recorded()
    timeline.play()
    timeline.tick(MONO, 0)
    timeline.seek(T0 + MINUTE)
    assert timeline.tick(MONO + SECOND, 0) == T0 + MINUTE
    assert timeline.tick(MONO + 3 * SECOND, 0) == T0 + MINUTE + 2 * SECOND


# ------------------------------------------------------------------ loop and gaps


def test_that_the_loop_is_set_at_the_cursor_from_either_end():
    timeline = recorded()
    timeline.seek(T0 + MINUTE)
    timeline.set_loop_in()
    assert timeline.loop == (T0 + MINUTE, END)
    timeline.seek(T0 + 2 * MINUTE)
    timeline.set_loop_out()
    assert timeline.loop == (T0 + MINUTE, T0 + 2 * MINUTE)
    timeline.seek(T0 + 3 * MINUTE)
    timeline.set_loop_in()
    assert timeline.loop == (T0 + 3 * MINUTE, END)
    timeline.clear_loop()
    assert timeline.loop is None


def test_that_the_loop_comes_round_and_is_entered_from_outside():
    timeline = recorded()
    timeline.set_loop(T0 + MINUTE, T0 + 2 * MINUTE)
    timeline.play()
    assert timeline.tick(MONO, 0) == T0 + MINUTE
    assert timeline.tick(MONO + MINUTE + SECOND, 0) == T0 + MINUTE + SECOND
    assert timeline.mode is Mode.PLAYING


def test_that_a_skipped_gap_takes_no_time_and_an_unskipped_one_does():
    timeline = recorded()
    timeline.gaps = Gaps([T0 + 10 * SECOND], [T0 + 5 * MINUTE])
    timeline.play()
    timeline.tick(MONO, 0)
    assert timeline.tick(MONO + 11 * SECOND, 0) == T0 + 11 * SECOND
    timeline.seek(T0)
    timeline.skip_gaps = True
    timeline.tick(MONO, 0)
    assert timeline.tick(MONO + 11 * SECOND, 0) == T0 + 5 * MINUTE + SECOND


def test_that_a_change_of_speed_while_playing_loses_no_time():
    timeline = recorded()
    timeline.play()
    timeline.tick(MONO, 0)
    timeline.tick(MONO + SECOND, 0)
    timeline.speed = 2
    assert timeline.tick(MONO + 3 * SECOND, 0) == T0 + 5 * SECOND


def test_that_backward_over_a_gap_arrives_before_it():
    timeline = recorded()
    timeline.gaps, timeline.skip_gaps = Gaps([T0 + MINUTE], [T0 + 5 * MINUTE]), True
    timeline.seek(T0 + 5 * MINUTE + SECOND)
    timeline.backward()
    timeline.tick(MONO, 0)
    assert timeline.tick(MONO + 2 * SECOND, 0) == T0 + MINUTE - SECOND


def test_that_a_loop_of_nothing_but_a_gap_plays_all_the_same():
    timeline = recorded()
    timeline.gaps, timeline.skip_gaps = Gaps([T0], [END]), True
    timeline.set_loop(T0 + MINUTE, T0 + 2 * MINUTE)
    timeline.play()
    timeline.tick(MONO, 0)
    assert timeline.tick(MONO + 3 * SECOND, 0) == T0 + MINUTE + 3 * SECOND


def test_that_overlapping_gaps_are_merged():
    gaps = Gaps([5, 0, 2, 9], [7, 3, 4, 9])
    assert (gaps.starts.tolist(), gaps.ends.tolist()) == ([0, 5], [4, 7])


# ------------------------------------------------------------------ whatever happens


def prepared(speed, begin, known_gaps, skip, loop) -> Timeline:
    timeline = recorded()
    timeline.gaps, timeline.skip_gaps = known_gaps, skip
    if loop is not None:
        timeline.set_loop(*loop)
    timeline.seek(begin)
    timeline.speed = speed
    timeline.play()
    timeline.tick(MONO, 0)
    return timeline


loops = st.none() | st.tuples(inside, inside)


@given(speeds, inside, gaps, st.booleans(), loops, waits)
def test_that_how_often_it_ticks_does_not_change_where_it_ends(speed, begin, known_gaps, skip, loop, pauses):
    often, once = (prepared(speed, begin, known_gaps, skip, loop) for _ in range(2))
    now = MONO
    for pause in pauses:
        now += pause
        often.tick(now, 0)
    once.tick(now, 0)
    assert (often.cursor, often.mode) == (once.cursor, once.mode)


@given(speeds, inside, gaps, st.booleans(), waits)
def test_that_the_cursor_moves_one_way_only_and_stays_inside(speed, begin, known_gaps, skip, pauses):
    timeline = prepared(speed, begin, known_gaps, skip, None)
    now, before = MONO, timeline.cursor
    for pause in pauses:
        now += pause
        cursor = timeline.tick(now, 0)
        assert T0 <= cursor <= END
        assert (cursor - before) * speed >= 0
        before = cursor


@given(speeds, inside, gaps, st.booleans(), st.tuples(inside, inside), waits)
def test_that_the_loop_is_never_left(speed, begin, known_gaps, skip, loop, pauses):
    timeline = prepared(speed, begin, known_gaps, skip, loop)
    if timeline.loop is None:
        return
    now = MONO
    for pause in pauses:
        now += pause
        assert timeline.loop[0] <= timeline.tick(now, 0) <= timeline.loop[1]


@given(gaps, inside)
def test_that_time_without_gaps_has_a_way_back(known_gaps, t):
    i = np.searchsorted(known_gaps.starts, t, "right") - 1
    in_gap = i >= 0 and t < known_gaps.ends[i]
    forward, backward = (known_gaps.stretch(known_gaps.squeeze(t), way) for way in (True, False))
    assert forward == (known_gaps.ends[i] if in_gap else t)
    assert backward <= t
    if backward < t:
        assert backward in known_gaps.starts


names = ["follow", "play", "pause", "toggle", "faster", "slower", "reverse", "forward", "backward", "home", "last", "set_loop_in",
         "set_loop_out", "clear_loop"]  # fmt: skip
deeds = st.lists(
    st.sampled_from(names) | st.tuples(st.sampled_from(["seek", "jump"]), st.integers(-END, 2 * END)) | elapsed, max_size=30
)


@given(deeds, st.booleans())
def test_that_no_sequence_of_intentions_puts_the_cursor_outside(done, is_live):
    timeline = Timeline(T0, END, live=is_live)
    now = MONO
    for deed in done:
        if isinstance(deed, str):
            getattr(timeline, deed)()
        elif isinstance(deed, tuple):
            getattr(timeline, deed[0])(deed[1])
        else:
            now += deed
            timeline.tick(now, END + now - MONO)
        assert timeline.start <= timeline.cursor <= timeline.end
        assert timeline.loop is None or timeline.start <= timeline.loop[0] < timeline.loop[1] <= timeline.end
        assert is_live or timeline.mode is not Mode.FOLLOWING
