import subprocess
import sys
from pathlib import Path

PROGRAM = """
import {module}
from PySide6.QtGui import QGuiApplication, QImage, QPainter
app = QGuiApplication([])
picture = QImage(8, 8, QImage.Format.Format_RGB32)
painter = QPainter(picture)
for _ in range(200_000):
    painter.setOpacity(1.0)
painter.end()
print("alive")
"""


def test_that_a_long_session_does_not_use_up_none():
    program = PROGRAM.format(module="ui")
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=root, timeout=60, check=False)
    assert (done.stdout.strip(), done.returncode) == ("alive", 0)
