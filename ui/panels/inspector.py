"""The inspector: all that is known of the selected asset, each quantity with its quality and age."""

from __future__ import annotations

import html
from dataclasses import replace

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from twins.asset import Asset, Tag, Twin, wandering
from twins.clock import MINUTE, SECOND
from twins.historian.query import Answers, Query
from twins.record import Event, EventKind, Snapshot
from ui.alarm_row import AlarmRow
from ui.elided import ElidedLabel
from ui.judged import judged_words
from ui.marks import priority_of, worst
from ui.selection import Selection
from ui.setpoint import SetPoint
from ui.standpoint import Standpoint
from ui.tag_row import TagRow
from ui.theme import SECONDARY, Theme, font

MOST_ATTRIBUTES = 60  # shown of one asset
MOST_RELATIONS = 60


class Inspector(QWidget):
    """Follows the selection; a click on a quantity selects it, a click on a related asset goes there.

    Below a chosen quantity that may be set stands its set-point; `intended` carries what is wanted of it.
    """

    intended = Signal(object)

    def __init__(self, theme: Theme, selection: Selection, twin: Twin, standpoint: Standpoint | None = None) -> None:
        super().__init__()
        self._theme, self._selection, self._twin = theme, selection, twin
        self._standpoint = standpoint or Standpoint(desk=False)
        self.setpoints: dict[str, SetPoint] = {}
        self._snapshot = Snapshot.empty()
        self.alarms: tuple[Event, ...] = ()
        self.rows: dict[str, TagRow] = {}
        self._asset: str | None = None
        self.heading = ElidedLabel()
        self.heading.setFont(_heading_font())
        self.heading.setProperty("heading", True)
        self._scroll = QScrollArea(widgetResizable=True, frameShape=QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column = QVBoxLayout(self, spacing=0)
        column.setContentsMargins(0, 0, 0, 0)
        self.heading.setContentsMargins(12, 10, 12, 4)
        column.addWidget(self.heading)
        column.addWidget(self._scroll)
        selection.changed.connect(self._follow)
        theme.changed.connect(self._rebuild)
        self._follow()

    def wanted(self) -> Query:
        """The commands of the last minute, where a set-point is open."""
        if not any(each.isVisible() for each in self.setpoints.values()):
            return Query()
        end = (self._snapshot.time // SECOND + 1) * SECOND
        return Query(start=end - 2 * MINUTE, end=end, events=True, kinds=(EventKind.COMMAND,))

    def present(self, snapshot: Snapshot, answers: Answers) -> None:
        """Each row shows its reading at this instant."""
        self._snapshot = snapshot
        alarms = self._standing()
        if alarms != self.alarms:
            self.alarms = alarms
            self._tell_alarms()
        self._show_values()
        for each in self.setpoints.values():
            if answers.query.events:
                each.hear_commands(answers.events)

    def _follow(self) -> None:
        if self._selection.asset not in self._twin.assets:
            return
        if self._selection.asset != self._asset:
            self._asset = self._selection.asset
            self.alarms = self._standing()
            self._rebuild()
        for path, row in self.rows.items():
            row.open(path == self._selection.tag)
        for path, setpoint in self.setpoints.items():
            setpoint.setVisible(path == self._selection.tag)
        QTimer.singleShot(0, self, self._bring_into_view)

    def _bring_into_view(self) -> None:
        """What was chosen, and all of its set-point; laid out by now."""
        path = self._selection.tag
        for each in (self.rows.get(path), self.setpoints.get(path)):  # the latter wins where both have no room
            if each is not None and self._scroll.widget().isAncestorOf(each):
                self._scroll.ensureWidgetVisible(each, 0, 8)

    def _rebuild(self) -> None:
        """The rows for another asset."""
        asset = self._twin.assets[self._asset or ""]
        self.heading.setText(self._path_text(asset))
        self.rows, self.setpoints = {}, {}
        content = QWidget()
        self._alarm_rows = QVBoxLayout(spacing=0)
        column = QVBoxLayout(content, spacing=0)
        column.setContentsMargins(0, 0, 0, 12)
        self._describe(asset, column)
        column.addLayout(self._alarm_rows)
        self._tell_alarms()
        self._list_tags(asset, column)
        self._list_parameters(asset, column)
        self._list_relations(asset, column)
        self._list_attributes(asset, column)
        column.addStretch(1)
        self._scroll.setWidget(content)
        self._show_values()

    def _describe(self, asset: Asset, column: QVBoxLayout) -> None:
        description = asset.description or (self._twin.description if not asset.path else "")
        if description:
            column.addWidget(_words(description))

    def _tell_alarms(self) -> None:
        """The rows of the alarms alone: what one is typing below stays."""
        while (item := self._alarm_rows.takeAt(0)) is not None:
            item.widget().deleteLater()
        for event in self.alarms:
            row = AlarmRow(self._theme, event)
            row.chosen.connect(self._choose_subject)
            self._alarm_rows.addWidget(row)

    def _list_tags(self, asset: Asset, column: QVBoxLayout) -> None:
        tags = self._twin.tags_of(asset.path)
        if not tags:
            inside = self._twin.children(asset.path)
            hint = f" Look inside: {', '.join(child.name for child in inside[:6])}." if inside else ""
            column.addWidget(
                _words(f"Nothing is measured here; quantities of a selected asset stand here with their quality.{hint}")
            )
        for tag in tags:
            row = TagRow(self._theme, tag)
            row.open(tag.path == self._selection.tag)
            row.chosen.connect(self._choose_tag)
            self.rows[tag.path] = row
            column.addWidget(row)
            if tag.writable:
                self._add_setpoint(tag, column)

    def _list_parameters(self, asset: Asset, column: QVBoxLayout) -> None:
        """What the estimator has found of the parameters of its model."""
        middles = [self._twin.estimated[path] for name in wandering(asset) if (path := f"{asset.path}.{name}.p50")]
        if middles:
            column.addWidget(_section("Estimated"))
        for tag in middles:
            row = TagRow(self._theme, replace(tag, label=tag.name.removesuffix(".p50").replace("_", " ").capitalize()))
            row.chosen.connect(self._choose_tag)
            self.rows[tag.path] = row
            column.addWidget(row)

    def _add_setpoint(self, tag: Tag, column: QVBoxLayout) -> None:
        setpoint = self.setpoints[tag.path] = SetPoint(self._theme, tag, self._twin, self._standpoint)
        setpoint.setVisible(tag.path == self._selection.tag)
        setpoint.intended.connect(self.intended)
        setpoint.grown.connect(lambda: QTimer.singleShot(0, self, self._bring_into_view))
        column.addWidget(setpoint)

    def _list_relations(self, asset: Asset, column: QVBoxLayout) -> None:
        """“drives → Generator”, “← drives Rotor”: both directions, each a link."""
        lines = []
        for relation in self._twin.relations:
            kind = relation.kind.replace("_", " ")
            if relation.subject == asset.path:
                lines.append((kind, relation.object))
            elif relation.object == asset.path:
                lines.append((f"{kind} this", relation.subject))
        if not lines:
            return
        column.addWidget(_section("Relations"))
        for kind, other in lines[:MOST_RELATIONS]:
            look = f"text-decoration:none; color:{self._theme.tokens.link}"  # rich text keeps the colour it was made with
            words = html.escape(_shortened(self._twin.assets[other].name, 44 - len(kind)))
            link = QLabel(
                f'{kind}&nbsp;&nbsp;<a style="{look}" href="{other}">{words}</a>', toolTip=html.escape(self._name(other))
            )
            link.setTextFormat(Qt.TextFormat.RichText)
            link.setProperty("muted", True)
            link.setFixedHeight(22)
            link.setContentsMargins(12, 0, 12, 0)
            link.setTextInteractionFlags(
                Qt.TextInteractionFlag.LinksAccessibleByMouse | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
            )
            link.linkActivated.connect(self._selection.choose)
            column.addWidget(link)
        if len(lines) > MOST_RELATIONS:
            column.addWidget(_words(f"And {len(lines) - MOST_RELATIONS:,} more."))

    def _list_attributes(self, asset: Asset, column: QVBoxLayout) -> None:
        """What the file that the twin was made from says of it."""
        said = {**(_place_on_earth(self._twin) if not asset.path else {}), **asset.attributes}
        if not said:
            return
        column.addWidget(_section("From its file"))
        for key, value in list(said.items())[:MOST_ATTRIBUTES]:
            column.addWidget(_fact(key, str(value)))
        if len(said) > MOST_ATTRIBUTES:
            column.addWidget(_words(f"And {len(said) - MOST_ATTRIBUTES} more in attributes.json."))

    def _show_values(self) -> None:
        changed: dict[str, dict[str, Event]] = {}
        for event in self._snapshot.standing.of(EventKind.LIMIT):
            changed.setdefault(event.subject, {})[str(event.data.get("limit"))] = event
        for path, row in self.rows.items():
            alarm = worst(priority_of(event) for event in self.alarms if event.subject == path)
            row.show_reading(self._snapshot.reading(path), alarm)
            row.show_limits(changed.get(path, {}))
            row.show_judged(judged_words(self._snapshot, row.tag))
        for path, setpoint in self.setpoints.items():
            if path == self._selection.tag:
                setpoint.show_snapshot(self._snapshot)

    def _standing(self) -> tuple[Event, ...]:
        """The alarms of the asset and of what is shown here."""
        if self._asset is None:
            return ()
        about = {self._asset, *(tag.path for tag in self._twin.tags_of(self._asset))} - {""}
        return tuple(event for event in self._snapshot.standing.of(EventKind.ALARM) if event.subject in about)

    def _choose_tag(self, tag: str) -> None:
        self._selection.choose(self._selection.asset, tag)

    def _choose_subject(self, subject: str) -> None:
        if subject in self.rows:
            self._choose_tag(subject)

    def _path_text(self, asset: Asset) -> str:
        """T01 / GEARBOX."""
        names = [above.name for above in self._twin.ancestors(asset.path) if above.path]
        return (" / ".join(reversed(names)) or asset.name).upper()

    def _name(self, path: str) -> str:
        names = [above.name for above in self._twin.ancestors(path) if above.path]
        return " / ".join(reversed(names)) or self._twin.name


def _heading_font() -> QFont:
    chosen = font(SECONDARY, QFont.Weight.DemiBold)
    chosen.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 0.3)
    return chosen


def _place_on_earth(twin: Twin) -> dict[str, object]:
    """Where its zero is."""
    where = twin.georeference
    if where is None:
        return {}
    degrees = {"latitude": where.latitude, "longitude": where.longitude, "elevation": where.elevation}
    origin = {"zero is at": ", ".join(f"{v:.12g}" for v in where.origin)} if any(where.origin) else {}
    return {**({"coordinates": where.crs} if where.crs else {}), **origin, **{k: v for k, v in degrees.items() if v is not None}}


def _shortened(text: str, longest: int) -> str:
    """Cut out in the middle."""
    half = max(4, longest // 2)
    return text if len(text) <= 2 * half else f"{text[:half]}…{text[-half:]}"


def _fact(key: str, value: str) -> QWidget:
    """A muted name and a value beside it; both are cut short rather than clipped."""
    row = QWidget()
    line = QHBoxLayout(row, spacing=8)
    line.setContentsMargins(12, 1, 12, 1)
    name, said = ElidedLabel(key), ElidedLabel(value)
    name.setProperty("muted", True)
    for label, share in ((name, 4), (said, 5)):
        label.setFont(font(SECONDARY))
        line.addWidget(label, share)
    row.setFixedHeight(20)
    return row


def _section(title: str) -> QLabel:
    label = QLabel(title.upper(), font=_heading_font())
    label.setProperty("heading", True)
    label.setContentsMargins(12, 14, 12, 4)
    return label


def _words(text: str) -> QLabel:
    label = QLabel(text, wordWrap=True, textFormat=Qt.TextFormat.PlainText, font=font(SECONDARY))
    label.setProperty("muted", True)
    label.setContentsMargins(12, 0, 12, 8)
    return label
