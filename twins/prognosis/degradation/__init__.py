"""Degradation: one unit's own trend, run on to a threshold."""
