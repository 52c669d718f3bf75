"""Panels: each shows one thing, fetches nothing and knows no other."""
