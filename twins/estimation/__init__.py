"""Estimation: measurement meets model; states and parameters as they are, and how sure that is."""
