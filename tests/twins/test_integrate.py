"""Equations integrated many at once: exact enough, and each column as it would be alone."""

from __future__ import annotations

import numpy as np

from twins.physics.integrate import integrated
from twins.physics.turbine_motion import swung


def spin(y, given):
    return np.stack([y[1], -(given[0] ** 2) * y[0]])


def test_that_a_column_has_the_same_bits_whatever_is_beside_it():
    given = np.linspace(0.5, 20, 40)[None, :]
    start = np.ones((2, 40))
    together = integrated(spin, start, given, 3.0, np.ones((2, 1)), 1e-7)
    w = given[0]
    assert np.allclose(together[0], np.cos(3 * w) + np.sin(3 * w) / w, atol=1e-4)
    for k in (0, 17, 39):
        alone = integrated(spin, start[:, k : k + 1], given[:, k : k + 1], 3.0, np.ones((2, 1)), 1e-7)
        assert np.array_equal(alone[:, 0], together[:, k])


def test_that_what_diverges_is_no_number_and_harms_no_other():
    given = np.array([[0.0, 1.0]])
    after = integrated(lambda y, g: g * y**2 * 1e3 - (1 - g) * y, np.ones((1, 2)), given, 5.0, np.ones((1, 1)), 1e-4)
    assert np.isclose(after[0, 0], np.exp(-5), atol=1e-3)
    assert np.isnan(after[0, 1])


def test_that_an_oscillator_swings_the_same_in_one_step_and_in_many():
    args = np.array([0.3]), np.array([0.05])
    x, v = np.array([1.0]), np.array([0.2])
    once = swung(x, v, np.array([0.4]), np.array([2.1]), args[1], 10.0)
    for _ in range(100):
        x, v = swung(x, v, np.array([0.4]), np.array([2.1]), args[1], 0.1)
    assert np.allclose(once, (x, v))
