"""The model card: from what, how, and how well, in a page of Markdown."""

from __future__ import annotations

import hashlib
from pathlib import Path

from twins.prognosis.remaining_life.crossvalidation import TELLING
from twins.prognosis.remaining_life.intervals import SURE
from twins.prognosis.remaining_life.model import Card

BETTER = 0.95  # of the RMSE of the usual life: an RMSE above it is no foretelling


def as_markdown(card: Card) -> str:
    """A page for people."""
    figures, weights, cap = card["cross_validation"], card["weights"], card["cap"]
    least, median, most = (f"{life:g}" for life in card["lives"])
    short, middle, long = figures["coverage_by_thirds"]
    alone = ", ".join(f"{name} {value:.2f}" for name, value in figures["each"].items())
    lines = [
        "# Remaining useful life: model card",
        "",
        f"Trained {card['date']} (model version {card['version']}) on `{card['file']}`, SHA-256 `{card['sha256']}`.",
        "",
        f"- **Units** {card['units']} that ran to failure, {card['rows']:,} rows; lives {least} to {most}, median {median}.",
        f"- **Too short** {card['too_short']} units, left out.",
        f"- **Without a number** {card['filled']:,} cells, which took the value before.",
        f"- **Without a unit or a time** {card['left_out']:,} rows, left out.",
        f"- **Cap** {f'{cap:g}: longer lives count as this' if cap else 'none: lives are told in full'}.",
        f"- **Operating regimes** {_regimes(card)}",
        f"- **Sensors kept** ({len(card['sensors'])}) {', '.join(card['sensors'])}.",
        *(f"- **Left out** {', '.join(names)}: {why}." for why, names in _by_reason(card["dropped"]).items()),
        f"- **Learners** {', '.join(f'{name} {weight:.2f}' for name, weight in weights.items())} (weights of sum 1).",
        "",
        "## Cross-validated by units",
        "",
        f"{figures['questions']:,} questions about units that were held back, each cut off at a random instant:",
        "",
        "| RMSE | bias | NASA score per question | 90 % interval covers | its mean width |",
        "|---|---|---|---|---|",
        f"| {figures['rmse']:.2f} | {figures['bias']:+.2f} | {_score(figures['score_per_unit'])} "
        f"| {figures['coverage']:.1%} | {figures['mean_width']:.3g} |",
        "",
        f"The intervals cover {short:.1%} where the answer is in the shortest third, {middle:.1%} in the middle one, "
        f"{long:.1%} in the longest.",
        f"RMSE of each learner alone: {alone}.",
        "",
        *((said, "") if (said := doubt(card)) else ()),
        _caution(card),
        "",
    ]
    return "\n".join(lines)


def _score(mean: float | None) -> str:
    """Models of before have a number where it says nothing."""
    return f"{mean:.3g}" if mean is not None and mean < TELLING else "–"


def doubt(card: Card) -> str | None:
    """A sentence where the sensors foretell nothing; models of before don't know."""
    figures = card["cross_validation"]
    ours, usual = figures["rmse"], figures.get("rmse_usual")
    if usual is None or ours < BETTER * usual:
        return None
    return f"Nothing foretells: the sensors tell no better (RMSE {ours:.4g}) than the usual life at that age does ({usual:.4g})."


def _by_reason(dropped: dict[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, why in dropped.items():
        found.setdefault(why, []).append(name)
    return found


def _regimes(card: Card) -> str:
    if not card["settings"]:
        return "one."
    shown = "; ".join(", ".join(f"{value:.4g}" for value in centre) for centre in card["centres"])
    return f"{card['regimes']}, told apart by {', '.join(card['settings'])}: {shown}."


def _caution(card: Card) -> str:
    if card["units"] < SURE:
        few = f"With {card['units']} units nobody knows the tails: the intervals are those of Student's t, and wide."
        return few + " They hold for units of the same kind in the same use."
    return "The intervals hold for units of the same kind in the same use; where a unit runs as none before, the answer says so."


def dated(card: Card, table: Path) -> Card:
    """With the file it was made from, when, and by which version."""
    from datetime import UTC, datetime

    from twins.clock import SECOND, now
    from twins.historian.tally import clipped

    with table.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    date = datetime.fromtimestamp(now() // SECOND, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return {**card, "file": clipped(table.name), "sha256": digest, "date": date}
