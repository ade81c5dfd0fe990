"""Sentences that say who comes first: an expression, a group. What reads equal is never said to be ahead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.labels import LABELS

from ..numbers.estimates import Verdict
from ..numbers.order import CERTAIN
from ..numbers.visit_groups import Per
from .text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..numbers.report import Report
    from .words import Words

MOST_NAMED = 4
"""So many groups of an order are named."""

LONGER = 0.02
"""From this difference on the reader is told that who stays longer looks different."""

_VERDICTS = {
    Verdict.LEADS: "find_lead",
    Verdict.MISREAD: "find_lead_misread",
    Verdict.TIED: "find_tie",
    Verdict.LITTLE: "find_lead_plain",
}

_VISIT_VERDICTS = {
    Verdict.LEADS: "find_visits",
    Verdict.MISREAD: "find_visits_misread",
    Verdict.TIED: "find_visits_tie",
}


def lead_sentence(report: Report, words: Words) -> str:
    """Which expression was read most often among faces in frames, and what can be said of that."""
    overall, lead = report.overall, report.overall.lead
    if lead.verdict is Verdict.HIDDEN:
        return words("find_lead_hidden", least=words.number(report.request.min_group))
    shares, first, second = overall.expressions, lead.first, lead.second
    of = words("n_readable", n=words.number(overall.readable))
    alike = _alike(shares.shares[:-1], first, words)
    if len(alike) > 1:
        key = "find_equal" if len({shares.counts[at] for at in alike}) == 1 else "find_nearly_equal"
        return words(key, names=_names(alike, words), share=words.percent(shares.shares[first]), of=of)
    low, high = (bound[first] if bound else None for bound in (shares.low, shares.high))
    return words(
        _VERDICTS[lead.verdict],
        name=words(LABELS[first]),
        share=words.percent(shares.shares[first]),
        next=words(LABELS[second]),
        next_share=words.percent(shares.shares[second]),
        faces=words.number(overall.readable),
        interval=words.interval(low, high),
    )


def visits_sentences(report: Report, words: Words) -> Iterator[str]:
    """Which expression has the largest share of visits, and where who stays longer looks different."""
    overall = report.visits.overall if report.visits else None
    if overall is None or overall.shares is None:
        return
    shares = overall.shares
    first, bounds = int(shares.of_visits.argmax()), shares.of_visits_interval
    alike = _alike(shares.of_visits.tolist(), first, words)
    share, of = words.percent(float(shares.of_visits[first])), words("n_visits", n=words.number(shares.visits))
    if len(alike) > 1:
        yield words("find_nearly_equal", names=_names(alike, words), share=share, of=of)
    elif bounds is None or shares.verdict is Verdict.LITTLE:
        yield words("find_visits_plain", name=words(LABELS[first]), share=share, of=of)
    else:
        interval = words.interval(float(bounds[0, first]), float(bounds[1, first]))
        if not shares.misreading:
            interval = words("interval_without_misreading", interval=interval)
        yield words(_VISIT_VERDICTS[shares.verdict], name=words(LABELS[first]), share=share, of=of, interval=interval)
    sure = shares.difference_interval
    if sure is None:
        return
    apart = [at for at in range(len(shares.difference)) if sure[0, at] > 0 or sure[1, at] < 0]
    apart.sort(key=lambda at: -abs(float(shares.difference[at])))
    parts = [
        words(
            "find_longer_part",
            name=words(LABELS[at]),
            visits=words.percent(float(shares.of_visits[at])),
            time=words.percent(float(shares.of_time[at])),
        )
        for at in apart[:MOST_NAMED]
        if abs(float(shares.difference[at])) >= LONGER
    ]
    if parts:
        yield words("find_longer", parts=words.listing(parts))


def two_numbers_sentence(report: Report, words: Words) -> str:
    """Which of the two shares is the headline, and why there are two."""
    return words("why_two_visits" if report.per is Per.VISIT else "why_two_faces")


def order_sentence(report: Report, words: Words) -> str:
    """Which group is the most positive, and how sure that is; empty where there is one group, or all are hidden."""
    order = report.order
    if order is None or all(group.hidden for group in report.sections[0].groups):
        return ""
    if order.hidden and len(order.ranked) < 2:
        return words("order_hidden", least=words.number(report.request.min_group))
    if not order.ranked:
        return words("order_none")
    names = [words("quoted", name=visible(name) or words("time_unknown")) for name, _ in order.ranked]
    if order.first is None or order.whole is None:
        return words("order_one", name=names[0])
    shares = [share for _, share in order.ranked]
    alike = _alike(shares, 0, words)
    if len(alike) > 1:
        return words("order_equal", names=words.listing([names[at] for at in alike]), share=words.percent(shares[0]))
    shown = [f"{name} ({words.percent(share)})" for name, share in zip(names, shares, strict=True)]
    rest = [words("and_more", n=words.number(len(shown) - MOST_NAMED))] if len(shown) > MOST_NAMED else []
    said = words(
        "order_sure" if order.first >= CERTAIN else "order_unsure",
        order=", ".join([*shown[:MOST_NAMED], *rest]),
        name=names[0],
        first=_certainty(order.first, words),
    )
    return f"{said} {words('order_whole', whole=_certainty(order.whole, words))}" if len(shown) > 2 else said


def _certainty(share: float, words: Words) -> str:
    """In how many of a hundred draws; never all of them, as draws are finite."""
    if round(100 * share) < 1:
        return words("draws_few")
    return words("draws", n=words.number(min(round(100 * share), 99)))


def _alike(shares: Sequence[float], first: int, words: Words) -> list[int]:
    """Positions of all that read like the first, itself before them."""
    told = words.percent(shares[first])
    return [first, *(at for at, one in enumerate(shares) if at != first and words.percent(one) == told)]


def _names(positions: Sequence[int], words: Words) -> str:
    return words.listing([words(LABELS[at]) for at in positions])
