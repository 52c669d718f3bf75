"""Commands: judged, sent, acknowledged by the plant and verified by what it then reports; each stage an event."""

from twins.commanding.commander import Commander
from twins.commanding.permissives import Permissive, permissives_of

__all__ = ["Commander", "Permissive", "permissives_of"]
