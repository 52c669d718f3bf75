"""Wakes by FLORIS (NREL, BSD-3), where it is installed: a well-kept library in the place of our own model."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np

from twins.physics.model import Array, rows, stacked
from twins.physics.wakes import Wakes

_HUB = 100.0  # m, of all: wakes are reckoned with at the height of the rotors
_LEAST_CT = 1e-3


class FlorisWakes(Wakes):
    """The same inputs, outputs and parameters as `Wakes`; Gaussian deficit, Jiménez' deflection, sum of squares.

    All places see the mean of the free wind and its direction; what wakes take is taken from each place's own. Some 20 ms a
    member, so it suits studies, not ensembles.
    """

    batched = False
    needs = "floris"  # the library

    def advance(self, state: Array, inputs: Array, parameters: Array, t: float, dt: float, noise: Array) -> tuple[Array, Array]:
        """See `Model`; one member after the other."""
        u, p = rows(self.inputs, inputs), rows(self.parameters, parameters)
        ct, yaw = np.nan_to_num(u["ct"]), np.nan_to_num(u["yaw_error"])
        members = u["wind_speed"].shape[0]
        u |= {"ct": ct, "yaw_error": yaw}
        each = ({k: v[m] for k, v in u.items()} for m in range(members))
        deficit = np.stack([_deficit(one, {k: v[m] for k, v in p.items()}) for m, one in enumerate(each)])
        told = {"wind_speed": u["wind_speed"] * (1 - deficit), "wake_deficit": deficit}
        return state, stacked(self.outputs, told, deficit.shape)


def _deficit(u: dict[str, Array], p: dict[str, Array]) -> Array:
    """(place,): the share of the wind that wakes take."""
    from floris import FlorisModel

    logging.getLogger("floris").setLevel(logging.ERROR)
    speed = max(float(u["wind_speed"].mean()), 0.5)
    direction = float(np.degrees(np.angle(np.exp(1j * u["wind_direction"]).mean()))) % 360
    farm: Any = FlorisModel(_described(u, p, speed, direction))
    farm.set(yaw_angles=np.degrees(u["yaw_error"])[None])
    farm.run()
    left = np.asarray(farm.turbine_average_velocities, float)[0] / speed
    return np.clip(p["strength"] * (1 - left), 0.0, 0.95)


def _described(u: dict[str, Array], p: dict[str, Array], speed: float, direction: float) -> dict[str, Any]:
    turbines = [
        _turbine(k, float(radius), float(ct)) for k, (radius, ct) in enumerate(zip(p["rotor_radius"], u["ct"], strict=True))
    ]
    quiet = {"enable": False, "level": "ERROR"}
    off = dict.fromkeys(
        ("enable_secondary_steering", "enable_yaw_added_recovery", "enable_transverse_velocities", "enable_active_wake_mixing"),
        False,
    )
    return {
        "name": "twin", "description": "", "floris_version": "v4", "logging": {"console": quiet, "file": quiet},
        "solver": {"type": "turbine_grid", "turbine_grid_points": 3},
        "farm": {"layout_x": p["x"].tolist(), "layout_y": p["y"].tolist(), "turbine_type": turbines},
        "flow_field": {
            "air_density": 1.225, "reference_wind_height": _HUB, "wind_shear": 0.0, "wind_veer": 0.0, "wind_speeds": [speed],
            "wind_directions": [direction], "turbulence_intensities": [float(p["turbulence"].mean())],
        },
        "wake": {
            "model_strings": {
                "combination_model": "sosfs", "deflection_model": "jimenez",
                "turbulence_model": "none", "velocity_model": "gauss",
            },
            "wake_deflection_parameters": {"jimenez": {"ad": 0.0, "bd": 0.0, "kd": 0.05}},
            "wake_velocity_parameters": {"gauss": {"alpha": 0.58, "beta": 0.077, "ka": 0.38, "kb": 0.004}},
            "wake_turbulence_parameters": {}, **off,
        },
    }  # fmt: skip


def _turbine(k: int, radius: float, ct: float) -> dict[str, Any]:
    ct = min(max(ct, _LEAST_CT), 0.96)
    return {
        "turbine_type": f"t{k}", "hub_height": _HUB, "rotor_diameter": 2 * radius, "TSR": 8.0, "operation_model": "simple",
        "power_thrust_table": {
            "ref_air_density": 1.225, "ref_tilt": 0.0, "cosine_loss_exponent_yaw": 0.0, "cosine_loss_exponent_tilt": 0.0,
            "wind_speed": [0.0, 100.0], "thrust_coefficient": [ct, ct], "power": [0.0, 1.0],
        },
    }  # fmt: skip
