"""A plant made of models: it publishes every tag of a twin over a link and obeys the command gateway."""

from twins.emulator.gateway import Gateway
from twins.emulator.plant import Plant
from twins.emulator.running import operate, run
from twins.emulator.side import PlantSide
from twins.simulation.faults import Injection, injections

__all__ = ["Gateway", "Injection", "Plant", "PlantSide", "injections", "operate", "run"]
