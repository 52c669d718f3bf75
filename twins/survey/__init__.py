"""A survey: what a file of another trade says of a thing, and the twin package that is made of it."""
