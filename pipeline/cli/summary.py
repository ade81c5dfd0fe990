"""The table at the end of `fer-video analyze`: what was read, what had been, and the sum."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..events import SKIPPED, Outcome
from ..labels import LABELS
from ..plurals import count
from ..records import EXPRESSIONS, NO_FACE, UNCLEAR, UNDECIDED
from .console import printable, results_console
from .flags import spell
from .night import BAD

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NO_EXPRESSION = (UNDECIDED, UNCLEAR, NO_FACE)
"""What faces can count as that have no expression, in the order of the summary."""


def print_summary(outcomes: Iterable[Outcome], *, verbose: bool = False) -> None:
    """The table of all inputs that are videos, on stdout.

    `faces` is all that was detected; what of it is undecided, unclear or no face stands behind the expression, whose
    share is of the readable faces. A model that does not judge what can be read has no numbers there.

    Args:
        outcomes: of all inputs.
        verbose: a line for each that an earlier run had finished, too, in place of one for all of them.
    """
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for heading in ("video", "location"):
        table.add_column(heading, overflow="fold")
    for heading in ("frames", "faces"):
        table.add_column(heading, justify="right")
    table.add_column("top expression")
    for label in NO_EXPRESSION:
        table.add_column(label, justify="right")
    table.add_column("status", overflow="fold")
    videos = [one for one in outcomes if one.status != SKIPPED]
    rows = list(_rows(videos, verbose=verbose))
    if len(rows) > 1:
        rows.append(_row(count(len(videos), "video"), "", _sum(videos), "in all"))
    for row in rows:
        table.add_row(*map(Text, row))
    results_console().print(table)


def _rows(videos: Sequence[Outcome], *, verbose: bool) -> Iterable[tuple[str, ...]]:
    old = [one for one in videos if _is_old(one) and not verbose]
    for one in videos if verbose else [one for one in videos if not _is_old(one)]:
        why = f": {spell(one.reason)}" if one.reason and one.status in BAD else ""
        yield _row(printable(one.path), printable(one.location), one, printable(f"{one.status}{why}"))
    if old:
        yield _row(f"{len(old):,} done already", "", _sum(old), "done")


def _is_old(one: Outcome) -> bool:
    """An earlier run had done it; what is damaged or failed is shown each time, with its reason."""
    return one.reused and one.status not in BAD


def _row(name: str, location: str, one: Outcome, status: str) -> tuple[str, ...]:
    others = (count_label(one, label) for label in NO_EXPRESSION)
    return (name, location, f"{one.frames:,}", f"{one.faces:,}", top_expression(one), *others, status)


def _sum(outcomes: Sequence[Outcome]) -> Outcome:
    counts: Counter[str] = Counter()
    for one in outcomes:
        counts.update(one.dominant)
    frames, faces = sum(one.frames for one in outcomes), sum(one.faces for one in outcomes)
    judged = sum(one.judged for one in outcomes)
    return replace(Outcome(Path(), "done"), frames=frames, faces=faces, judged=judged, dominant=dict(counts))


def count_label(outcome: Outcome, label: str) -> str:
    """How many faces count as this; `-` for what the model does not judge."""
    if label != UNDECIDED and outcome.faces and not outcome.judged:
        return "-"
    return f"{outcome.dominant.get(label, 0):,}"


def top_expression(outcome: Outcome) -> str:
    """The most frequent expression with its share of the readable faces, for example `neutral 61 % of 31`."""
    seen = {label: number for label, number in outcome.dominant.items() if label in EXPRESSIONS}
    if not seen:
        return "-"
    label = max(seen, key=lambda name: (seen[name], -EXPRESSIONS.index(name)))
    readable = sum(outcome.dominant.get(name, 0) for name in LABELS)
    share = f"{seen[label] / readable:.0%}".replace("%", " %")
    return f"{label} {share} of {readable:,}"
