"""The theme: every colour, size and font of the window, in grey and in dark."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette

RESOURCES = Path(__file__).resolve().parent.parent / "resources"
STYLES, ICONS = RESOURCES / "styles", RESOURCES / "icons"
ICON_FILE = ICONS / "twindeck.svg"
FAMILIES = ["Inter", "Segoe UI", "SF Pro Text", "Noto Sans", "Roboto", "Ubuntu", "DejaVu Sans"]  # the first the system has

BODY, SECONDARY, ROW, ICON = 12.5, 11.0, 26, 16  # px


@dataclass(frozen=True, slots=True)
class Tokens:
    """The colours of one theme, `#rrggbb`. high, medium, low and diagnostic belong to alarms alone."""

    name: str
    ground: str
    panel: str
    raised: str
    line: str
    text: str
    muted: str
    accent: str
    live: str
    high: str = "#d64545"
    medium: str = "#e08a1e"
    low: str = "#d9c22b"
    replay: str = "#7a5ea8"

    @property
    def diagnostic(self) -> str:
        """A diagnostic alarm is told by its shape; its colour is the muted one."""
        return self.muted

    @property
    def selected(self) -> str:
        """The ground of a selected row."""
        return mixed(self.panel, self.accent, 0.24)

    @property
    def hovered(self) -> str:
        """The ground of what the pointer is over."""
        return mixed(self.panel, self.text, 0.05)

    @property
    def link(self) -> str:
        """The accent, made legible as text."""
        return legible(self.accent, self.panel, self.text, 4.5)

    def edge(self, priority: str) -> str:
        """The outline of an alarm's mark: its colour, made to stand out 3:1 from the panel."""
        return legible(getattr(self, priority), self.panel, self.text, 3.0)


GREY = Tokens("grey", "#c9cdd1", "#e3e5e7", "#eef0f1", "#bcc2c7", "#23282d", "#5b646c", "#2f6ea8", "#2f7d4f")
DARK = Tokens("dark", "#1b1e21", "#22262a", "#292e33", "#363c42", "#d7dbdf", "#8d959d", "#6fa8dc", "#2f7d4f")

THEMES = {tokens.name: tokens for tokens in (GREY, DARK)}


class Theme(QObject):
    """The theme in force; `changed` fires when another is chosen."""

    changed = Signal()

    def __init__(self, tokens: Tokens = GREY) -> None:
        super().__init__()
        self.tokens = tokens

    def choose(self, tokens: Tokens) -> None:
        """Puts another theme in force."""
        if tokens is not self.tokens:
            self.tokens = tokens
            self.changed.emit()


def mixed(under: str, over: str, share: float) -> str:
    """`share` (0…1) of one colour laid over another, `#rrggbb`."""
    a, b = QColor(under), QColor(over)
    parts = ((a.red(), b.red()), (a.green(), b.green()), (a.blue(), b.blue()))
    return "#" + "".join(f"{round(p + (q - p) * share):02x}" for p, q in parts)


def legible(colour: str, ground: str, toward: str, ratio: float) -> str:
    """A colour moved `toward` another in the fewest steps that make it stand out from `ground` by `ratio`."""
    steps = (mixed(colour, toward, step / 20) for step in range(21))
    return next((made for made in steps if contrast(made, ground) >= ratio), toward)


def contrast(one: str, other: str) -> float:
    """WCAG's contrast ratio of two colours, 1 … 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = QColor(colour).getRgbF()[:3]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def font(px: float = BODY, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """The window's one family at `px` pixels, with tabular figures where the family has them."""
    chosen = QFont()
    chosen.setFamilies(FAMILIES)
    screen = QGuiApplication.primaryScreen()
    chosen.setPointSizeF(px * 72.0 / (screen.logicalDotsPerInchY() if screen else 96.0))
    chosen.setWeight(weight)
    chosen.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    chosen.setFeature(QFont.Tag("tnum"), 1)
    return chosen


def palette(tokens: Tokens) -> QPalette:
    """The colours that widgets take where no style sheet speaks."""
    role, made = QPalette.ColorRole, QPalette()
    for which, colour in (
        (role.Window, tokens.panel),
        (role.Base, tokens.raised),
        (role.AlternateBase, tokens.panel),
        (role.Button, tokens.raised),
        (role.ToolTipBase, tokens.raised),
        (role.Highlight, tokens.selected),
        (role.Mid, tokens.line),
        (role.Dark, tokens.line),
        (role.Link, tokens.link),
        (role.PlaceholderText, tokens.muted),
        (role.WindowText, tokens.text),
        (role.Text, tokens.text),
        (role.ButtonText, tokens.text),
        (role.ToolTipText, tokens.text),
        (role.HighlightedText, tokens.text),
    ):
        made.setColor(which, QColor(colour))
    for which in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, which, QColor(mixed(tokens.panel, tokens.muted, 0.7)))
    return made


def stylesheet(tokens: Tokens) -> str:
    """The window's style sheet with this theme's colours put in for `@names`."""
    sheet = (STYLES / "window.qss").read_text(encoding="utf-8")
    colours = asdict(tokens) | {"selected": tokens.selected, "hovered": tokens.hovered, "link": tokens.link}
    colours["onaccent"] = "#ffffff" if contrast("#ffffff", tokens.accent) > contrast("#15181b", tokens.accent) else "#15181b"
    colours["icons"] = ICONS.as_posix()
    for name in sorted(colours, key=len, reverse=True):
        sheet = sheet.replace("@" + name, colours[name])
    return sheet
