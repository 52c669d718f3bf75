"""Prognosis: every part of it beside published figures and two baselines of the same run. `bench prognosis` takes all of them."""

from __future__ import annotations

import runpy
from pathlib import Path

PARTS = Path(__file__).with_suffix("")


def main() -> None:
    """One after the other."""
    for part in sorted(PARTS.glob("*.py")):
        print(f"\n-- {part.stem}", flush=True)
        runpy.run_path(str(part), run_name="__main__")


if __name__ == "__main__":
    main()
