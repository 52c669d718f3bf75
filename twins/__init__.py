"""The headless core: what exists, what is known of it, and how that is kept. No Qt, no VTK."""


class InputError(Exception):
    """Input that can't be taken; the message is one sentence for the user: the file, the place, the remedy."""
