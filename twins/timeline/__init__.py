"""The timeline: which instant is shown, and how it moves. Live is a cursor that follows the clock; no view has a mode."""

from twins.timeline.gaps import Gaps
from twins.timeline.lane import Beside, Lane, LaneKind
from twins.timeline.transport import AS_FAST_AS_POSSIBLE, SPEEDS, Mode, Timeline

__all__ = ["AS_FAST_AS_POSSIBLE", "SPEEDS", "Beside", "Gaps", "Lane", "LaneKind", "Mode", "Timeline"]
