"""The card of a twin: its picture, its name, one sentence, and that its plant is simulated. All of it is one button."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QEnterEvent, QFont, QPainter, QPainterPath, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from ui.elided import ElidedLabel
from ui.shipped import Shipped
from ui.theme import SECONDARY, Theme, font

SHAPE = 10 / 16  # of a picture
PAD = 12


class Portrait(QWidget):
    """A picture that fills its width; the twin's first letters where there is none yet."""

    def __init__(self, card: Shipped, theme: Theme) -> None:
        super().__init__()
        self._picture, self._theme, self._letters = QPixmap(str(card.picture)), theme, card.name[:2]
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Round at the top, cut to the middle."""
        painter, room = QPainter(self), QRectF(self.rect())
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        outline = QPainterPath()
        outline.addRoundedRect(room.adjusted(0, 0, 0, 8), 3, 3)
        painter.setClipPath(outline)
        painter.fillRect(room, QColor(self._theme.tokens.ground))
        if self._picture.isNull():
            painter.setFont(font(34))
            painter.setPen(QColor(self._theme.tokens.muted))
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, self._letters)
            return
        size = self._picture.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatioByExpanding)
        at = QRectF((room.width() - size.width()) / 2, (room.height() - size.height()) / 2, size.width(), size.height())
        painter.drawPixmap(at, self._picture, QRectF(self._picture.rect()))


class TwinCard(QAbstractButton):
    """`clicked` asks for its twin. While that opens it says how far it is."""

    def __init__(self, card: Shipped, theme: Theme) -> None:
        super().__init__()
        self.card, self._theme = card, theme
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setAccessibleName(f"{card.name}: {card.sentence} {card.notice} Simulated plant.")
        self._name, self._sentence = QLabel(card.name, font=font(14, QFont.Weight.DemiBold)), QLabel(card.sentence, wordWrap=True)
        self._sentence.setTextFormat(Qt.TextFormat.PlainText)
        self._sentence.setProperty("muted", True)
        self._sentence.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._notice = QLabel(card.notice, wordWrap=True, visible=bool(card.notice), font=font(SECONDARY, QFont.Weight.DemiBold))
        self._notice.setTextFormat(Qt.TextFormat.PlainText)
        self.progress = QProgressBar(textVisible=False, maximum=0, objectName="tourgone")
        self.progress.setFixedHeight(3)
        self.progress.hide()
        self._said = ElidedLabel(card.kind)
        self._said.setFont(font(SECONDARY))
        self._said.setProperty("muted", True)
        self._portrait = Portrait(card, theme)
        self._lay_out()

    def tell(self, words: str) -> None:
        """What it is at, while it opens; "" once it has."""
        self.setEnabled(not words)
        self.progress.setVisible(bool(words))
        self._said.setText(words or self.card.kind)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Its outline answers the pointer."""
        self.update()
        super().enterEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Ground and outline."""
        painter, tokens = QPainter(self), self._theme.tokens
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        outline = QPainterPath()
        outline.addRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        painter.fillPath(outline, QColor(tokens.selected if self.isDown() else tokens.raised))
        chosen = self.hasFocus() or self.underMouse()
        painter.setPen(QPen(QColor(tokens.accent if chosen else tokens.line), 1))
        painter.drawPath(outline)

    def sizeHint(self) -> QSize:
        """What is laid out in it."""
        layout = self.layout()
        return layout.sizeHint() if layout is not None else QSize()

    def heightForWidth(self, width: int) -> int:
        """The same for a width; the picture keeps its shape."""
        self._portrait.setFixedHeight(round(width * SHAPE))
        layout = self.layout()
        return layout.heightForWidth(width) if layout is not None else -1

    def hasHeightForWidth(self) -> bool:
        """Pictures and sentences have."""
        return True

    def _lay_out(self) -> None:
        column = QVBoxLayout(self, spacing=0)
        column.setContentsMargins(1, 1, 1, 1)
        column.addWidget(self._portrait)
        column.addWidget(self.progress)
        below = QVBoxLayout(spacing=4)
        below.setContentsMargins(PAD, 10, PAD, PAD)
        below.addWidget(self._name)
        below.addWidget(self._sentence)
        below.addWidget(self._notice)
        below.addStretch(1)
        row = QHBoxLayout(spacing=8)
        row.addWidget(self._said, 1)
        row.addWidget(QLabel("SIMULATED PLANT", objectName="boxed", font=font(SECONDARY)))
        below.addSpacing(4)
        below.addLayout(row)
        column.addLayout(below, 1)
        for label in self.findChildren(QLabel):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
