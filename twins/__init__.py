"""The headless core: what exists, what is known of it, and how that is kept. No Qt, no VTK."""
