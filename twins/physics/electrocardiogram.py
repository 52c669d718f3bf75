"""A synthetic electrocardiogram that is locked to the beat: P, Q, R, S and T as bells about the R wave (after McSharry 2003).

McSharry, Clifford, Tarassenko, Smith, “A dynamical model for generating synthetic electrocardiogram signals”, IEEE TBME 50
(2003). Their
angles are turned into times at 60 beats a minute; as there, they go with the square root of the beat's length. Fibrillating
atria have no
P wave; they shake the baseline at about 6 Hz.
"""

from __future__ import annotations

import math

import numpy as np

from twins.physics.model import Array, Rows

RATE, N = 250.0, 250
_BELLS = (  # (s after R at 60/min, deviation in s, V)
    (-0.20, 0.025, 0.12e-3), (-0.035, 0.011, -0.12e-3), (0.0, 0.011, 1.15e-3), (0.035, 0.011, -0.25e-3), (0.28, 0.045, 0.30e-3),
)  # fmt: skip
_NOISE = 8e-6  # V


def electrocardiogram(outputs: Rows, parameters: Rows, noise: Array) -> Array:
    """Volts at the N instants that end now. The beat before the present one lasted `beat_before`, those before that as long."""
    ago = (np.arange(noise.shape[-1]) - noise.shape[-1]) / RATE
    now, length, before = (outputs[name][..., None] for name in ("beat_time", "beat_length", "beat_before"))
    still = parameters["atrial_fibrillation"][..., None]
    t = now + ago - outputs["electric_delay"][..., None]
    made = _NOISE * noise + still * 0.05e-3 * np.sin(2 * math.pi * 6.1 * (ago + now))
    for begin, long in (
        (length, length),
        (0.0 * length, length),
        (-before, before),
        (-2 * before, before),
        (-3 * before, before),
    ):
        stretch = np.sqrt(long)
        for place, (at, width, height) in enumerate(_BELLS):
            tall = height * (1 - still) if place == 0 else height
            made = made + tall * np.exp(-0.5 * ((t - begin - at * stretch) / (width * np.sqrt(stretch))) ** 2)
    return made
