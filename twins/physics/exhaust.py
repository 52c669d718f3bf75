"""What traffic gives off, by how many vehicles move how fast.

The shape is that of average-speed curves like COPERT's: a part for every second that an engine runs, a part for every metre,
and one that grows with speed. The coefficients are round numbers of ours for a mixed fleet of the 2020s.
"""

from __future__ import annotations

from twins.physics.model import Array

# g of a vehicle: an hour, a kilometre, and a kilometre · (km/h)²
_NOX = (6.5, 0.12, 2.5e-5)
_PARTICLES = (0.25, 0.025, 0.0)  # PM2.5, with tyres, brakes and road
_CARBON_DIOXIDE = (1_900.0, 110.0, 0.010)


def exhaust(vehicles: Array, travelled: Array, speed: Array) -> dict[str, Array]:
    """g/s of `vehicles` that travel so many vehicle metres a second at a mean `speed` (m/s)."""
    return {
        name: vehicles * hour / 3_600 + travelled / 1_000 * (way + fast * (speed * 3.6) ** 2)
        for name, (hour, way, fast) in {"nox": _NOX, "particles": _PARTICLES, "carbon_dioxide": _CARBON_DIOXIDE}.items()
    }
