"""The window: panels that show what they are given and emit intentions."""
