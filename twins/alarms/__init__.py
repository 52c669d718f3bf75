"""Alarms (ISA-18.2) as a pure fold: what stands, new samples, an instant → what stands then, and the events that say so."""

from twins.alarms.fold import Batch, fold
from twins.alarms.operating import OPERATED, operate
from twins.alarms.restoring import restored
from twins.alarms.rules import Rules
from twins.alarms.state import AlarmState, Standing

__all__ = ["OPERATED", "AlarmState", "Batch", "Rules", "Standing", "fold", "operate", "restored"]
