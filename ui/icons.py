"""The icons: one set, 16 px, muted until hovered; its font is loaded when the first one is asked for."""

from __future__ import annotations

from PySide6.QtGui import QIcon

from ui.theme import Tokens


def icon(name: str, tokens: Tokens) -> QIcon:
    """One icon of Material Design Icons, like `magnify`."""
    import qtawesome  # takes a quarter of a second: never before the first paint

    return qtawesome.icon(f"mdi6.{name}", color=tokens.muted, color_active=tokens.text, color_disabled=tokens.line)
