"""Remaining useful life: learnt from units that ran to failure, told of units that still run, with honest intervals."""
