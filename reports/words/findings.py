"""Sentences that follow from the figures. Each is written only where the figures bear it out."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from pipeline.labels import LABELS
from pipeline.records import UNDECIDED
from pipeline.store.schema import FAILED, PARTIAL, RUNNING

from ..numbers.differences import COMPARED
from ..numbers.known import WIDEST, is_known
from ..numbers.quality import SMALL_PX
from ..numbers.rollup import KINDS
from ..numbers.shown import MIN_GROUP
from ..numbers.visit_groups import Per
from .leading import lead_sentence, order_sentence, two_numbers_sentence, visits_sentences
from .text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..numbers.differences import Balance
    from ..numbers.report import Report
    from .words import Words

MOST_PLACES = 4
"""So many groups are named in the first minute."""

NOTEWORTHY = {"damaged": 0.01, "undecided": 0.25, "unclear": 0.5, "small": 0.25, "moves": 0.05}
"""From these shares on the reader is told."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A sentence; `warning` if it is about what is wrong with the data."""

    text: str
    warning: bool = False


def find(report: Report, words: Words) -> list[Finding]:
    """All findings, the most important first."""
    overall = report.overall
    if "readable" not in overall.mask.shown:
        return [Finding(words("find_hidden", least=words.number(report.request.min_group))), *_data(report, words)]
    if not overall.readable:
        none = words("find_none_readable", n=words.number(overall.faces)) if overall.faces else words("find_none")
        return [Finding(none), *_data(report, words)]
    said = [*_first(report, words), *_unclear(report, words)]
    if report.balance:
        said.append(_balance(report, report.balance, words))
    if overall.corrected:
        said.append(words("find_corrected"))
    said += [order_sentence(report, words), *_places(report, words), *_small(report, words)]
    return [*(Finding(_sentence(text)) for text in said if text), *_data(report, words)]


def _first(report: Report, words: Words) -> list[str]:
    """Which expression comes first: the headline, and where visits are known the other number and why there are two."""
    visits, lead = list(visits_sentences(report, words)), lead_sentence(report, words)
    if not visits:
        return [lead]
    of_faces, why = words("of_faces", text=lead), two_numbers_sentence(report, words)
    return (
        [visits[0], of_faces, why, *visits[1:]] if report.per is Per.VISIT else [of_faces, visits[0], why, *visits[1:]]
    )


def _small(report: Report, words: Words) -> Iterator[str]:
    """Which share moves most if small faces are left out, where that is more than a little."""
    gated = {one.key: one for one in report.quality.gated} if report.quality else {}
    whole, large = gated.get("gate_none"), gated.get("gate_small")
    if not (whole and large and large.faces):
        return
    moves = [abs(one - two) for one, two in zip(whole.kinds[:3], large.kinds[:3], strict=True)]
    at = moves.index(max(moves))
    if moves[at] >= NOTEWORTHY["moves"]:
        yield words(
            "find_small",
            px=words.number(SMALL_PX),
            kind=words(KINDS[at]),
            whole=words.percent(whole.kinds[at]),
            large=words.percent(large.kinds[at]),
            n=words.number(large.faces),
        )


def _unclear(report: Report, words: Words) -> Iterator[str]:
    """How many faces are in no share, if any."""
    overall, unclear = report.overall, report.overall.unclear
    if unclear.count:
        yield words(
            "find_unclear" if unclear.low is not None else "find_unclear_plain",
            faces=words.number(overall.faces),
            unclear=words.number(unclear.count),
            share=words.percent(unclear.share),
            interval=words.interval(unclear.low, unclear.high),
        )


def _sentence(text: str) -> str:
    """With a capital at its beginning."""
    return text[:1].upper() + text[1:]


def _balance(report: Report, balance: Balance, words: Words) -> str:
    positive, _neutral, negative, *_rest = report.overall.rollup.shares
    values = {"positive": words.percent(positive), "negative": words.percent(negative)}
    if values["positive"] == values["negative"]:
        return words("find_balance_equal", share=values["positive"])
    if balance.low is None or balance.high is None:
        return words("find_unsure", **values)
    if balance.low <= 0 <= balance.high:
        return words("find_even_misread" if balance.beyond_chance else "find_even", **values)
    is_below = balance.difference < 0
    if not is_known(balance.low, balance.high):
        key = "find_below_by_unknown" if is_below else "find_above_by_unknown"
        return words(key, **values, points=words.number(100 * WIDEST))
    low, high = sorted((abs(balance.low), abs(balance.high)))
    interval = f"{words.number(100 * low, 1)}\N{EN DASH}{words.number(100 * high, 1)}"
    return words(
        "find_below" if is_below else "find_above",
        **values,
        points=words.number(100 * abs(balance.difference), 1),
        interval=interval,
    )


def _places(report: Report, words: Words) -> Iterator[str]:
    """Groups that differ from all others; of two the second says the same as the first."""
    enough = [group for group in report.sections[0].groups if group.enough]
    if len(enough) < 2:
        return
    by_name = {name: list(found) for name, found in groupby(report.departures, key=lambda one: one.name)}
    ranked = sorted(by_name.items(), key=lambda item: -max(abs(one.share - one.others) for one in item[1]))
    shown = all(one.rollup.shows(at) for one in (report.overall, *enough) for at in range(len(COMPARED)))
    if not ranked and shown:
        yield words("find_alike")
    most = 1 if len(enough) == 2 else MOST_PLACES
    for name, departures in ranked[:most]:
        sure = [one for one in departures if one.sure]
        parts = [
            words("find_more", kind=words(one.kind), share=words.percent(one.share), others=words.percent(one.others))
            for one in sure or departures
        ]
        key = "find_place" if sure else "find_place_misread"
        yield words(key, name=visible(name) or words("time_unknown"), parts=words.listing(parts))
    if len(ranked) > most > 1:
        yield words("find_places_rest", n=words.number(len(ranked) - most))


def _data(report: Report, words: Words) -> Iterator[Finding]:
    """What is wrong with the data."""
    for key, values in _problems(report, words):
        yield Finding(words(key, **values), warning=True)


def _problems(report: Report, words: Words) -> Iterator[tuple[str, dict[str, str]]]:
    total = words.number(len(report.videos))
    for status in (FAILED, PARTIAL, RUNNING):
        number = sum(video.status == status for video in report.videos)
        if number:
            yield f"data_{status}", {"n": words.number(number), "all": total}
    unknown = sum(video.run is not None and video.started_at is None for video in report.videos)
    if unknown:
        yield "data_no_start", {"n": words.number(unknown), "all": total}
    yield from _doubles(report, words)
    yield from _poor_pictures(report, words)
    places = report.places
    if places and places.proposals:
        yield "data_may_be_staff", {"n": words.number(len({one.camera for one in places.proposals}))}
    if places and places.unsaid:
        yield "data_staff_unsaid", {"n": words.number(places.unsaid), "all": words.number(places.cameras)}
    if report.hidden:
        yield "data_hidden", {"n": words.number(report.hidden), "least": words.number(report.request.min_group)}
    if report.request.min_group < MIN_GROUP:
        yield "data_min_group", {"least": words.number(report.request.min_group), "usual": words.number(MIN_GROUP)}
    few = sum(not (group.enough or group.hidden) for group in report.sections[0].groups)
    if few:
        yield "data_few", {"n": words.number(few), "all": words.number(len(report.sections[0].groups))}
    if len(report.runs) > 1:
        yield "data_mixed", {"n": words.number(len(report.runs))}


def _doubles(report: Report, words: Words) -> Iterator[tuple[str, dict[str, str]]]:
    """Minutes that two videos have: counted once, or twice."""
    once = {one.video for one in report.doubles if one.is_sure and not report.request.selection.count_overlaps}
    twice = {one.video for one in report.doubles} - once
    for key, videos in (("data_doubles", once), ("data_doubles_twice", twice)):
        if videos:
            yield key, {"n": words.number(len(videos)), "all": words.number(len(report.videos))}


def _poor_pictures(report: Report, words: Words) -> Iterator[tuple[str, dict[str, str]]]:
    overall, quality, gates = report.overall, report.quality, report.request.selection.gates
    damaged = overall.problem_frames / overall.frames if overall.frames else 0.0
    if damaged >= NOTEWORTHY["damaged"]:
        yield "data_damaged", {"share": words.percent(damaged)}
    undecided = overall.expressions.shares[LABELS.index(UNDECIDED)]
    if undecided >= NOTEWORTHY["undecided"]:
        yield "data_undecided", {"share": words.percent(undecided)}
    if overall.unclear.share >= NOTEWORTHY["unclear"]:
        yield "data_unclear", {"share": words.percent(overall.unclear.share)}
    if overall.not_judged:
        yield "data_not_judged", {"n": words.number(overall.not_judged)}
    if quality and quality.small >= NOTEWORTHY["small"]:
        yield "data_small", {"share": words.percent(quality.small), "px": words.number(SMALL_PX)}
    if gates:
        named = words(
            "gates_named",
            px=words.number(gates.min_face_px),
            sharpness=words.number(gates.min_sharpness),
        )
        few = words("fewer_than", least=words.number(report.request.min_group))
        yield "data_gated", {"n": few if report.left_out is None else words.number(report.left_out), "gates": named}
