"""A guided tour of a twin: what is said, and what is seen meanwhile."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is told. What is "" stays as it was."""

    say: str
    viewpoint: str = ""  # the camera flies there, or to `asset`
    asset: str = ""
    colour_by: str = ""  # a quantity, a tag's name, or one of condition, residual, health
    select: str = ""
    shows: str = ""  # the panel that comes to the front
    fault: str = ""  # `T01.gearbox_bearing_wear`: begins, in a demo's own plant only
    seconds: float = 8.0


@dataclass(frozen=True, slots=True)
class Tour:
    """Steps in order; none where a package has no tour."""

    name: str = ""
    begins: str = ""  # the fault that the plant of a demo has from its start
    steps: tuple[Step, ...] = ()
    at: str = ""  # the local time at which that plant begins; "": now
