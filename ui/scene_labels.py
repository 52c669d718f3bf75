"""Labels of things in the 3D: name, value, unit, and a mark where the value can't be trusted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from scene.camera import Pose, projected
from scene.labels import placed
from scene.twin_scene import TwinScene
from twins.asset import Asset, Tag
from twins.record import Snapshot
from ui.numbers import shown
from ui.theme import Theme, Tokens, font

PADDING, HEIGHT, MARK = 8.0, 24.0, 14.0
Text = tuple[str, str, str, bool]  # name, value, unit, and whether the value is current
FEW = 12  # so many things have labels though they have no value; where there are more, only those with one
MOST = 160  # of more, only the nearest are looked at
FAR_SIZES = 6.0  # labels are gone from this many times the twin's size


class Labels(QWidget):
    """One label for each placed asset, laid over the 3D. `read` takes an instant; `pose` tells where it is seen from."""

    def __init__(self, scene: TwinScene, pose: Callable[[], Pose], theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._scene, self._pose, self._theme = scene, pose, theme
        anchors = scene.anchors
        self._homes = tuple(anchors)
        self._place = {home: i for i, home in enumerate(self._homes)}
        self._names = told_apart(self._homes, scene.twin.assets)
        self._anchors = np.array(list(anchors.values()), np.float64).reshape(-1, 3)
        self._texts: dict[int, Text] = {}  # of those that were drawn last, or might have been
        self._boxes: tuple[tuple[QRectF, str], ...] = ()  # as they are seen, each with its asset
        self._snapshot = Snapshot.empty()
        roots = set(scene.twin.roots)
        inside = [scene.twin.root_of(scene.twin.assets[home].parent if home in roots else home) for home in self._homes]
        self._inside = np.array(inside, dtype=object)
        self.root = ""  # only what is right in this twin has labels; a twin nested in it has one

    def read(self, snapshot: Snapshot) -> bool:
        """Takes names, values and units as they are now; tells whether any that is seen is another."""
        self._snapshot = snapshot
        before, self._texts = self._texts, {i: self._text(i) for i in self._texts}
        return before != self._texts or (not before and bool(self._homes))

    def asset_at(self, at: QPointF) -> str:
        """The asset whose label is seen at a point of this widget, "" for none."""
        return next((home for box, home in self._boxes if box.contains(at)), "") if self.isVisible() else ""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws those that fit."""
        if not len(self._homes):
            return
        boxes: list[tuple[QRectF, str]] = []
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        plain, strong = font(), font(weight=QFont.Weight.DemiBold)
        chosen = self._chosen()
        here = np.flatnonzero(self._inside == self.root)
        self._texts = {i: self._text(i) for i in (*self._near(here), *chosen)}
        apt = self._apt()
        told = [i for i, text in self._texts.items() if len(here) <= FEW or (text[1] and apt(i)) or i in chosen]
        sizes = np.array([[sum(_widths(self._texts[i], plain, strong)) + 2 * PADDING, HEIGHT] for i in told]).reshape(-1, 2)
        first = [k for k, i in enumerate(told) if i in chosen]
        anchors = self._anchors[told]
        far = FAR_SIZES * float(np.linalg.norm(np.diff(self._scene.bounds(), axis=0)))
        for label in reversed(placed(anchors, sizes, first, self._pose(), self.width(), self.height(), far, self._tools())):
            painter.setOpacity(label.strength)
            box = QRectF(round(label.left) + 0.5, round(label.top) + 0.5, sizes[label.which, 0], HEIGHT)
            self._box(painter, box, self._texts[told[label.which]], label.which in first, self._theme.tokens, plain, strong)
            boxes.append((box, self._homes[told[label.which]]))
        self._boxes = tuple(boxes)
        painter.end()

    def _apt(self) -> Callable[[int], bool]:
        """Where one tag colours some of many things, labels are theirs, and those of twins that one can go into."""
        if not any(self._scene.told_of(self._homes[i]) for i in self._texts):
            return lambda i: True
        assets = self._scene.twin.assets
        return lambda i: bool(self._scene.told_of(self._homes[i]) or assets[self._homes[i]].twin)

    def _chosen(self) -> set[int]:
        """What is selected and what that is part of, but not what one is in."""
        steps = self._scene.selected.split("/")
        paths = ["/".join(steps[: n + 1]) for n in range(len(steps))]
        return {self._place[path] for path in paths if path in self._place and not f"{self.root}/".startswith(path + "/")}

    def _near(self, here: NDArray[np.intp]) -> list[int]:
        """Those in front of the eye, of very many the nearest."""
        if len(here) <= MOST:
            return [int(i) for i in here]
        where = projected(self._pose(), self._anchors[here], self.width(), self.height())
        beside = (where[:, :2] < 0).any(axis=1) | (where[:, 0] > self.width()) | (where[:, 1] > self.height())
        seen = np.flatnonzero((where[:, 2] > 0) & ~beside)
        return [int(i) for i in here[seen[np.argsort(where[seen, 2])[:MOST]]]]

    def _text(self, i: int) -> Text:
        home, plant = self._homes[i], self._snapshot.reference
        name, tag = self._names[i], self._tag(home)
        if tag is None:
            return name, "", "", True
        reading = self._snapshot.reading(tag.path)
        pair = shown(reading, tag)
        return (name, *(_beside(pair, tag, plant) if plant is not None else pair), reading.sound)

    def _tools(self) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
        """The boxes of what lies over the scene: the legend, the tools."""
        above = self.parentWidget().children()
        over = [
            w for w in above[above.index(self) + 1 :] if isinstance(w, QWidget) and not isinstance(w, Labels) and w.isVisible()
        ]
        boxes = [w.geometry().translated(-self.pos()) for w in over]
        return [(np.array([box.left(), box.top()], float), np.array([box.right(), box.bottom()], float)) for box in boxes]

    def _tag(self, home: str) -> Tag | None:
        """What colours the thing as a whole, else its headline."""
        return self._scene.twin.tags.get(self._scene.told_of(home) or self._scene.twin.assets[home].headline)

    def _box(
        self,
        painter: QPainter,
        box: QRectF,
        text: Text,
        chosen: bool,
        tokens: Tokens,
        plain: QFont,
        strong: QFont,
    ) -> None:
        ground = QColor(tokens.raised)
        ground.setAlphaF(0.90)
        painter.setPen(QPen(QColor(tokens.accent if chosen else tokens.line), 1.0))
        painter.setBrush(ground)
        painter.drawRoundedRect(box, 3, 3)
        sound = text[3]
        tones = (tokens.text, tokens.text if sound else tokens.muted, tokens.muted)
        left, base = box.left() + PADDING, box.center().y() + QFontMetricsF(plain).capHeight() / 2
        for word, tone, face, wide in zip(text[:3], tones, (plain, strong, plain), _widths(text, plain, strong), strict=False):
            painter.setFont(face)
            painter.setPen(QColor(tone))
            painter.drawText(QPointF(left, base), word)
            left += wide
        if not sound:
            _mark(painter, QRectF(left + 2, box.center().y() - 4.5, 9, 9), tokens)


def told_apart(homes: Sequence[str], assets: Mapping[str, Asset]) -> tuple[str, ...]:
    """Their names; where several have the same, with that of what each is in."""
    often = Counter(assets[home].name for home in homes)
    above = {home: assets[assets[home].parent].name for home in homes if assets[home].parent in assets}
    shared = {home for home in homes if often[assets[home].name] > 1 and above.get(home)}
    return tuple(f"{assets[home].name}, {above[home]}" if home in shared else assets[home].name for home in homes)


def _beside(pair: tuple[str, str], tag: Tag, plant: Snapshot) -> tuple[str, str]:
    """A branch's value and unit, with what the plant had."""
    value, unit = shown(plant.reading(tag.path), tag)
    return pair[0], f"{pair[1]} · plant {value} {unit}".strip()


def _widths(text: Text, plain: QFont, strong: QFont) -> tuple[float, float, float, float]:
    """Of name, value and unit with what is after each, and of the mark."""
    thin, thick = QFontMetricsF(plain), QFontMetricsF(strong)
    name, value, unit, sound = text
    return (
        thin.horizontalAdvance(name) + (8 if value else 0),
        thick.horizontalAdvance(value) + (4 if unit else 0),
        thin.horizontalAdvance(unit) + (0 if sound else 6),
        0.0 if sound else MARK,
    )


def _mark(painter: QPainter, box: QRectF, tokens: Tokens) -> None:
    """The hatch of the mesh, small: this value is not current."""
    painter.setPen(QPen(QColor(tokens.muted), 1.0))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(box)
    for step in (0.0, 4.5, 9.0):
        painter.drawLine(QPointF(box.left() + step, box.top()), QPointF(box.left(), box.top() + step))
        painter.drawLine(QPointF(box.right(), box.top() + step), QPointF(box.left() + step, box.bottom()))
