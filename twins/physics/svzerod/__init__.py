"""Circuits of others: the JSON of svZeroDSolver (SimVascular), as its guide documents the equations of each block.

What a block does is said here in nodes and branches; a block that is not known is refused.
"""

from twins.physics.svzerod.reading import LARGEST, Foreign, read_foreign

__all__ = ["LARGEST", "Foreign", "read_foreign"]
