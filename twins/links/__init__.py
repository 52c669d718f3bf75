"""Links to the plant, one home per protocol, both directions."""
