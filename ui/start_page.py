"""The start page: every twin that ships as a card, what was open lately, and the ways to one's own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QFont, QIcon, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ui.application import RECENT
from ui.elided import ElidedLabel
from ui.opened import Opened
from ui.settings import Settings, default_path
from ui.shelf import Shelf
from ui.shell import STRIP, THEME, stand
from ui.shipped import Shipped, shipped
from ui.terminal import leaves
from ui.theme import GREY, ICON_FILE, SECONDARY, THEMES, Theme, font, palette, stylesheet
from ui.told import QUIT, SHOWN, START, teller
from ui.twin_card import TwinCard

SIDE, MOST_LATELY = 264, 8
FILTER = "Recordings and packages (*.twin-recording *.zip *.yaml);;All files (*)"


def run() -> int:
    """Shows the page until it and all that was opened from it are closed."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName("Twindeck")
    app.setQuitOnLastWindowClosed(False)
    settings = Settings(default_path())
    page = StartPage(app, settings, shipped())
    page.done.connect(app.quit)
    leaves(lambda: QTimer.singleShot(0, lambda: page.done.emit()))
    ticking = QTimer(interval=200)  # the page rests, and Python would not hear who asks it to go
    ticking.timeout.connect(lambda: None)
    ticking.start()
    page.show()
    if (tell := teller()) is not None:
        QTimer.singleShot(0, lambda: tell(SHOWN))
    return app.exec()


def opened_beside() -> None:
    """A start page of its own, for a window that came from none."""
    main = Path(__file__).resolve().parent.parent / "main.py"
    subprocess.Popen([sys.executable, str(main)], start_new_session=True)


class StartPage(QWidget):
    """Each twin opens in a process of its own. The page stands aside meanwhile and comes back when the last one is closed;
    closing the page itself, or Quit, ends it: `done`."""

    done = Signal()

    def __init__(self, app: QApplication, settings: Settings, cards: Sequence[Shipped]) -> None:
        super().__init__(objectName="shell")
        self.setWindowTitle("Twindeck")
        self.setWindowIcon(QIcon(str(ICON_FILE)))
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._app, self._settings = app, settings
        self.theme = Theme(THEMES.get(settings.get(THEME, GREY.name), GREY))
        self._dress()
        self.theme.changed.connect(self._dress)
        self.themes: dict[str, QToolButton] = {}
        self.cards = [TwinCard(card, self.theme) for card in cards]
        self.opened: list[Opened] = []
        self._left = False  # the user closed the page while twins were open
        self._lately = QVBoxLayout(spacing=0)
        self._notice = QLabel(wordWrap=True, visible=False)
        self._lay_out()
        for card in self.cards:
            card.clicked.connect(partial(self._open_card, card))
        QShortcut(QKeySequence("Ctrl+Q"), self, self.quit)
        QShortcut(QKeySequence("Ctrl+O"), self, self.ask_file)
        self._mark_theme()
        self.theme.changed.connect(self._mark_theme)
        stand(self, settings)
        if self.cards:
            self.cards[0].setFocus()

    def showEvent(self, event: QEvent) -> None:
        """What was open lately may be more now."""
        super().showEvent(event)
        self._left = False
        self._settings.reread()
        self.theme.choose(THEMES.get(self._settings.get(THEME, GREY.name), GREY))
        self._tell_lately()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ends the program, unless twins are open: they stay, and the last one ends it."""
        super().closeEvent(event)
        self._left = True
        if not self.opened:
            self.done.emit()

    def quit(self) -> None:
        """Closes all that was opened here, and the page."""
        self._left = True
        for one in self.opened:
            one.close()
        self.close()

    def open_path(self, path: Path) -> None:
        """A recording or a package of the user's own."""
        self._begin(Opened(["open", str(path)], self), path.name)

    def ask_file(self) -> None:
        """Which file to open."""
        name, _ = QFileDialog.getOpenFileName(self, "Open a recording or a package", "", FILTER)
        if name:
            self.open_path(Path(name).parent if Path(name).name == "twin.yaml" else Path(name))

    def ask_folder(self) -> None:
        """Which package's folder to open."""
        if name := QFileDialog.getExistingDirectory(self, "Open the folder of a package, or a record of several days"):
            self.open_path(Path(name))

    def notify(self, sentence: str) -> None:
        """One sentence for the user."""
        self._notice.setText(sentence)
        self._notice.setVisible(bool(sentence))

    # ------------------------------------------------------------------

    def _open_card(self, card: TwinCard) -> None:
        card.tell("Starting the plant…")
        self._begin(Opened(["demo", str(card.card.path)], self), card.card.name, card)

    def _begin(self, opened: Opened, name: str, card: TwinCard | None = None) -> None:
        self.notify("" if card else f"Opening {name}…")
        self.opened.append(opened)
        opened.said.connect(partial(self._hear, opened, card))
        opened.ended.connect(partial(self._end, opened, card))
        opened.start()

    def _hear(self, opened: Opened, card: TwinCard | None, word: str) -> None:
        if word == SHOWN:
            if card is not None:
                card.tell("")
            self.notify("")
            self.hide()
        elif word == START:
            self.show()
            self.raise_()
            self.activateWindow()
        elif word == QUIT:
            self._left = True
            for one in self.opened:
                one.close()

    def _end(self, opened: Opened, card: TwinCard | None, complaint: str) -> None:
        self.opened.remove(opened)
        opened.deleteLater()
        if card is not None:
            card.tell("")
        if complaint:
            self._left = False
            self.notify(complaint)
        if self._left and not self.opened and not self.isVisible():
            self.done.emit()
        elif not self._left and (complaint or not self.opened):
            self.show()

    # ------------------------------------------------------------------ how it looks

    def _lay_out(self) -> None:
        column = QVBoxLayout(self, spacing=0)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._banner())
        row = QHBoxLayout(spacing=0)
        row.addWidget(self._shelf(), 1)
        row.addWidget(self._side())
        column.addLayout(row, 1)

    def _banner(self) -> QWidget:
        banner = QFrame(objectName="banner")
        banner.setFixedHeight(STRIP)
        row = QHBoxLayout(banner, spacing=12)
        row.setContentsMargins(16, 0, 12, 0)
        row.addWidget(QLabel("Twindeck", font=font(weight=QFont.Weight.DemiBold)))
        row.addStretch(1)
        for name in THEMES:
            button = QToolButton(
                text=name.title(), toolTip=f"The {name} theme", focusPolicy=Qt.FocusPolicy.TabFocus, checkable=True
            )
            button.setProperty("quiet", True)
            button.clicked.connect(partial(self._choose_theme, name))
            row.addWidget(button)
            self.themes[name] = button
        return banner

    def _shelf(self) -> QWidget:
        inside = QWidget()
        column = QVBoxLayout(inside, spacing=12)
        column.setContentsMargins(20, 18, 20, 18)
        column.addWidget(_heading("Twins"))
        column.addWidget(Shelf(self.cards))
        column.addStretch(1)
        scroll = QScrollArea(widgetResizable=True, frameShape=QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inside)
        return scroll

    def _side(self) -> QWidget:
        side = QFrame(objectName="startside")
        side.setFixedWidth(SIDE)
        column = QVBoxLayout(side, spacing=8)
        column.setContentsMargins(16, 18, 16, 18)
        column.addWidget(_heading("Your own"))
        open_button = QPushButton("Open…", toolTip="A recording, a zip or the folder of a package (Ctrl+O)")
        menu = QMenu(open_button)
        menu.addAction("A recording or a zipped package…", self.ask_file)
        menu.addAction("A folder…", self.ask_folder)
        open_button.setMenu(menu)
        column.addWidget(open_button)
        column.addWidget(self._new_button())
        column.addWidget(self._notice)
        column.addSpacing(14)
        column.addWidget(_heading("Lately"))
        column.addLayout(self._lately)
        column.addStretch(1)
        return side

    def _new_button(self) -> QPushButton:
        from ui.new_twin import NewTwin

        button = QPushButton("New from files…", toolTip="A twin from your own meshes, models and tag lists")
        button.clicked.connect(NewTwin(self, self.notify).ask)
        return button

    def _tell_lately(self) -> None:
        while (item := self._lately.takeAt(0)) is not None:
            item.widget().deleteLater()
        paths = [path for one in self._settings.get(RECENT, []) if isinstance(one, str) and (path := Path(one)).exists()]
        for path in paths[:MOST_LATELY]:
            self._lately.addWidget(_Lately(path, self.open_path))
        if not paths:
            words = QLabel("Recordings and packages that you open stand here.", wordWrap=True)
            words.setProperty("muted", True)
            self._lately.addWidget(words)

    def _choose_theme(self, name: str) -> None:
        self._settings.reread()
        self._settings.put(THEME, name)
        self.theme.choose(THEMES[name])
        self._mark_theme()

    def _mark_theme(self) -> None:
        """The one in force is the one that is chosen."""
        for name, button in self.themes.items():
            button.setChecked(name == self.theme.tokens.name)

    def _dress(self) -> None:
        self._app.setStyle("Fusion")
        self._app.setFont(font())
        self._app.setPalette(palette(self.theme.tokens))
        self._app.setStyleSheet(stylesheet(self.theme.tokens))


class _Lately(QFrame):
    """One thing that was open: its name, and where it is."""

    def __init__(self, path: Path, open_path: object) -> None:
        super().__init__(objectName="lately")
        self._path, self._open = path, open_path
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(f"Open {path}")
        column = QVBoxLayout(self, spacing=1)
        column.setContentsMargins(6, 5, 6, 5)
        where = ElidedLabel(str(path.parent))
        where.setFont(font(SECONDARY))
        where.setProperty("muted", True)
        for label in (ElidedLabel(path.stem), where):
            column.addWidget(label)

    def sizeHint(self) -> QSize:
        return QSize(SIDE - 32, 44)

    def mouseReleaseEvent(self, event: QEvent) -> None:
        self._open(self._path)  # type: ignore[operator]

    def keyPressEvent(self, event: QEvent) -> None:
        from PySide6.QtGui import QKeyEvent

        if isinstance(event, QKeyEvent) and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._open(self._path)  # type: ignore[operator]
        else:
            super().keyPressEvent(event)  # type: ignore[arg-type]


def _heading(words: str) -> QLabel:
    label = QLabel(words, font=font(15, QFont.Weight.DemiBold))
    return label
