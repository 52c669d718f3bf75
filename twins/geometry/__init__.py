"""Geometry: parts as arrays with names, from described shapes and mesh files."""
