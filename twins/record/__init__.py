"""What is known: samples with their quality, events, and the snapshot of one instant."""

from twins.record.event import TOLD, Event, EventKind, Standing
from twins.record.intention import Intention, IntentionKind
from twins.record.quality import Quality, Reason, quality_byte
from twins.record.samples import Channel, Channels, Samples, Waveform
from twins.record.snapshot import Reading, Snapshot, difference

__all__ = [
    "TOLD",
    "Channel",
    "Channels",
    "Event",
    "EventKind",
    "Intention",
    "IntentionKind",
    "Quality",
    "Reading",
    "Reason",
    "Samples",
    "Snapshot",
    "Standing",
    "Waveform",
    "difference",
    "quality_byte",
]
