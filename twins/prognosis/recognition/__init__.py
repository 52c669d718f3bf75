"""Faults by name: what a plant shows of each of its faults, learnt by simulation and recognised as it runs."""
