"""The model card of a predictor: what it is, what it looks at, where its line is, how well it did, and what it can't do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from twins.asset import Twin
from twins.clock import SECOND, format_duration
from twins.prognosis.calls import HELD
from twins.prognosis.predictors.declared import Predictor
from twins.prognosis.predictors.standstill import FEWEST, TIMES
from twins.prognosis.predictors.training import Taught

_UNKNOWN = "Nobody has measured here how often it is right. Run it over a recording whose story is known: `main.py predict FILE "
_HELD = "A call needs half a minute at 80 % or more; it is over after two minutes below 30 %."


@dataclass(frozen=True, slots=True)
class Source:
    """What a model was learnt from."""

    file: str
    sha256: str
    start: str
    end: str
    step_ns: int
    per_month: float
    where: str


def card_of(predictor: Predictor, twin: Twin) -> str:
    """Of one that was brought: what can be read in it."""
    form = predictor.form
    lines = [*_head(predictor), "", *_inputs(predictor, twin), ""]
    if form.limits is not None:
        lines += ["## Levels", "", "| where | over | probability | severity |", "|---|---|---|---|"]
        lines += [
            f"| `{each.when}` | {each.over} | {each.probability:.0%} | {each.severity:.0%} |" for each in form.limits.levels
        ]
        lines += [f"| as in `{form.limits.table}` | | | |"] if form.limits.table else []
        if (trend := form.limits.trend) is not None:
            goal = trend.limit if trend.value is None else f"{trend.value:g}"
            lines += ["", f"The trend of `{trend.tag}` over {trend.over} is run on to {goal} (docs/degradation.md)."]
    if form.onnx is not None:
        outputs = form.onnx.outputs
        lines += [
            f"- **File** `{form.onnx.file}`, run in the sandbox on one thread.",
            f"- **Probability** output `{outputs.probability}`.",
        ]
        lines += [f"- **Remaining life** output `{outputs.life.output}` in {outputs.life.unit}."] if outputs.life else []
    lines += ["", "## How well", "", f"{_UNKNOWN}--predictor {predictor.name}`.", "", *_limits_of_use(predictor), ""]
    return "\n".join(lines)


def card_of_trained(name: str, label: str, version: str, source: Source, found: Sequence[Taught]) -> str:
    """Of one that was learnt here."""
    alarms = f"{source.per_month:g} false alarm{'s' if source.per_month != 1 else ''} a month and asset"
    where = f", where `{source.where}`" if source.where else ""
    ranges = [(each.asset, tag, *span) for each in found for tag, span in each.ranges.items()]
    lines = [
        f"# {label}: model card",
        "",
        f"Anomaly detector `{name}`, version `{version}`. It says whether an asset's tags, and how they hang together, are",
        "as they were; not what is broken.",
        "",
        f"- **Learnt from** `{source.file}`, SHA-256 `{source.sha256}`, {source.start} to {source.end}, a row each "
        f"{format_duration(source.step_ns)}.",
        f"- **Clean** are rows without a standing alarm or prediction of the asset{where}; what was BAD or stale is no number.",
        "  The first half taught; tags that were far off in the next quarter are left out; the last quarter was held back.",
        f"- **Operating point** {alarms} was asked for. The line is drawn by Gumbel's distribution through the highest scores",
        f"  that lasted {format_duration(HELD)} in what was held back.",
        "",
        "| asset | rows | clean | held back | line | highest held back | blocks past the line | held back, days |",
        "|---|---|---|---|---|---|---|---|",
        *(_row(each, source.step_ns) for each in found),
        "",
        *caution(found, source),
        "",
        "## Inputs",
        "",
        "| asset | tag | taught from | to |",
        "|---|---|---|---|",
        *(f"| {asset} | `{tag}` | {low:.4g} | {high:.4g} |" for asset, tag, low, high in ranges),
        "",
        *_left_out(found),
        "",
        "## Limits of use",
        "",
        "- A condition outside its taught range (5 % more either way) gives no verdict: it doesn't know.",
        f"- A sensor that tells the same for {FEWEST} rows, and {TIMES:g} times as long as it ever did, is stuck,",
        "  unless most others have hardly moved meanwhile.",
        "- What was wrong while it was taught is normal to it. It follows slow drift that stays below 60 % of its own line.",
        f"- 80 % is the line by definition, no frequency. {_HELD}",
        "- After a restart it begins from the level that it was taught.",
        "",
    ]
    return "\n".join(lines)


def _row(each: Taught, step_ns: int) -> str:
    days, highest = each.held_back * step_ns / 86_400e9, max(each.peaks.tolist(), default=0.0)
    return (
        f"| {each.asset} | {each.rows:,} | {each.clean:,} | {each.held_back:,} | {each.line:.2f} | {highest:.2f} "
        f"| {each.false_alarms} of {len(each.peaks)} | {days:.2f} |"
    )


def caution(found: Sequence[Taught], source: Source) -> Iterator[str]:
    """What whoever uses it should know of how it was judged."""
    days = min(each.held_back for each in found) * source.step_ns / 86_400e9
    if days * source.per_month / 30 < 3:
        yield (
            f"{days:.2f} days were held back: {days * source.per_month / 30:.3f} false alarms were to be expected in them. "
            "The rate that was asked for is extrapolated, not shown."
        )


def _left_out(found: Sequence[Taught]) -> Iterator[str]:
    reasons: dict[str, list[str]] = {}
    for each in found:
        for tag, why in each.left_out.items():
            reasons.setdefault(why, []).append(f"{each.asset}.{tag}")
    for why, tags in reasons.items():
        yield f"- **Left out** {', '.join(tags)}: {why}."


def _head(predictor: Predictor) -> Iterator[str]:
    form = predictor.form
    yield f"# {predictor.label}: model card"
    yield ""
    yield f"Predictor `{predictor.name}` ({form.kind}), version `{predictor.version}`, of {', '.join(predictor.assets)}."
    yield ""
    yield from (f"- **{key}** {text}" for key, text in (("What", predictor.description), ("Action", predictor.action)) if text)
    within, downtime = (format_duration(round(each * SECOND)) for each in (predictor.within, predictor.downtime))
    yield f"- **Within** {within}; " + (f"standstill {downtime}." if predictor.downtime else "nothing stands still for it.")
    yield f"- **It looks** every {format_duration(predictor.step_ns)}{f', where `{form.where}`' if form.where else ''}."
    yield f"- **Calls** {_HELD}"


def _inputs(predictor: Predictor, twin: Twin) -> Iterable[str]:
    yield from ("## Inputs", "", "| tag | unit | range |", "|---|---|---|")
    for path in predictor.kind.names[0]:
        tag = twin.tag(path)
        if tag is not None:
            span = f"{tag.range[0]:g} to {tag.range[1]:g}" if tag.range else ""
            yield f"| `{path}` | {tag.unit} | {span} |"


def _limits_of_use(predictor: Predictor) -> Iterator[str]:
    yield "## Limits of use"
    yield ""
    yield "- A BAD or stale input gives no verdict: what stands goes on standing, nothing new is called."
    if predictor.form.onnx is not None:
        yield "- Whether an input lies in the range that the model was trained in is not known here; its `where:` can say so."
    if predictor.form.limits is not None:
        yield "- Probabilities are those of the table: whoever wrote it answers for them."
