"""Numbers that are not to be shown, taken out of a report: what is written afterwards cannot tell them any more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pipeline.labels import LABELS
from pipeline.records import UNCLEAR

from .estimates import Lead, Verdict
from .over_time import Stretches, VideoTimeline, Week
from .rollup import KINDS
from .shown import merge_small
from .summary import Distribution, Portion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .differences import Balance, Comparison, Departure
    from .quality import Quality
    from .shown import Mask
    from .summary import Group, Section

_KINDS = tuple(f"kind: {kind}" for kind in KINDS)
_NO_LEAD = Lead(0, 1, Verdict.HIDDEN)


def veil_section(section: Section, masks: Sequence[Mask]) -> Section:
    """The groups of one kind with what may be shown of them."""
    return replace(section, groups=tuple(veil(one, mask) for one, mask in zip(section.groups, masks, strict=True)))


def veil(group: Group, mask: Mask) -> Group:
    """A group with what may be shown of it."""
    faces, readable = ("faces" in mask.shown), ("readable" in mask.shown)
    expressions, kinds = mask.of(LABELS), mask.of(_KINDS)
    return replace(
        group,
        mask=mask,
        frames_with_faces=0 if mask.hidden else group.frames_with_faces,
        faces=group.faces if faces else 0,
        readable=group.readable if readable else 0,
        unclear=group.unclear if UNCLEAR in mask.shown else Portion(0, 0.0, None, None, shown=False),
        not_judged=group.not_judged if faces else 0,
        expressions=_veil(group.expressions, expressions),
        rollup=_veil(group.rollup, kinds),
        lead=group.lead if expressions[group.lead.first] and expressions[group.lead.second] else _NO_LEAD,
        blocks=0 if mask.hidden else group.blocks,
        unit=None if mask.hidden else group.unit,
        enough=group.enough and not mask.hidden and readable,
    )


def _veil(distribution: Distribution, shown: tuple[bool, ...]) -> Distribution:
    if all(shown):
        return distribution
    low, high, sampling = distribution.low, distribution.high, distribution.sampling
    return Distribution(
        counts=tuple(count if one else 0 for count, one in zip(distribution.counts, shown, strict=True)),
        shares=_zeroed(distribution.shares, shown),
        low=_zeroed(low, shown) if low else None,
        high=_zeroed(high, shown) if high else None,
        sampling=(_zeroed(sampling[0], shown), _zeroed(sampling[1], shown)) if sampling else None,
        shown=shown,
    )


def _zeroed(values: Sequence[float], shown: Sequence[bool]) -> tuple[float, ...]:
    return tuple(value if one else 0.0 for value, one in zip(values, shown, strict=True))


def veil_balance(balance: Balance, mask: Mask) -> Balance | None:
    """Positive minus negative, if both are shown."""
    return balance if {"kind: positive", "kind: negative"} <= mask.shown else None


def veil_departures(departures: Sequence[Departure], masks: dict[str, Mask], overall: Mask) -> tuple[Departure, ...]:
    """Those whose share is shown, of the group and of everything, from which that of the others follows."""
    return tuple(one for one in departures if f"kind: {one.kind}" in masks[one.name].shown & overall.shown)


def veil_comparison(comparison: Comparison, masks: Sequence[Mask]) -> Comparison:
    """Two sides, and the differences of what is shown of both."""
    both = masks[0].shown & masks[1].shown
    shown = tuple(name in both for name in (*LABELS, *_KINDS[:4], UNCLEAR))
    return replace(
        comparison,
        first=veil(comparison.first, masks[0]),
        second=veil(comparison.second, masks[1]),
        differences=_zeroed(comparison.differences, shown),
        low=_zeroed(comparison.low, shown) if comparison.low else None,
        high=_zeroed(comparison.high, shown) if comparison.high else None,
        shown=shown,
    )


def veil_quality(quality: Quality | None, mask: Mask, least: int) -> Quality | None:
    """What changes with poor pictures left out: the steps at which no few people are left, or go."""
    if quality is None or least <= 1:
        return quality
    if not {"readable", *_KINDS} <= mask.shown:
        return None
    return replace(quality, gated=tuple(one for one in quality.gated if not one.few))


def veil_weeks(weeks: Sequence[Week], masks: Sequence[Mask]) -> tuple[Week, ...]:
    """Weeks with an hour that is shown; 168 masks for each location of the report."""
    found = [_veil_week(one, masks[168 * one.place : 168 * one.place + 168]) for one in weeks]
    return tuple(one for one in found if any(any(row) for row in one.readable))


def _veil_week(week: Week, masks: Sequence[Mask]) -> Week:
    table = [masks[day * 24 : day * 24 + 24] for day in range(7)]
    return Week(
        week.location,
        week.place,
        _hours(week.readable, table, "readable"),
        _hours(week.unclear, table, UNCLEAR),
        *(_kinds_of_hours(values, table) for values in (week.kinds, week.low, week.high)),
    )


def _kinds_of_hours(
    values: Sequence[Sequence[Sequence[float | None]]], table: Sequence[Sequence[Mask]]
) -> tuple[tuple[tuple[float | None, ...], ...], ...]:
    return tuple(
        tuple(
            tuple(one if name in mask.shown else None for one, name in zip(cell, _KINDS[:3], strict=True))
            for cell, mask in zip(*row, strict=True)
        )
        for row in zip(values, table, strict=True)
    )


def _hours(
    counts: Sequence[Sequence[int | None]], table: Sequence[Sequence[Mask]], name: str
) -> tuple[tuple[int | None, ...], ...]:
    return tuple(
        tuple(count if name in mask.shown else None for count, mask in zip(*row, strict=True))
        for row in zip(counts, table, strict=True)
    )


def veil_timeline(stretches: Stretches, mask: Mask, least: int) -> VideoTimeline | None:
    """A video's length in stretches of enough people each, or None: what is seldom seen is put together."""
    counts = np.array(stretches.counts)
    if least <= 1:
        return VideoTimeline(stretches.video, stretches.width_s, stretches.counts)
    if not {"faces", "readable"} <= mask.shown:
        return None
    labels = counts[:, : len(LABELS)]
    apart = merge_small(labels, np.array(mask.of(LABELS)), least)
    if apart is None:
        return None
    unclear = counts[:, len(LABELS)]
    seen = UNCLEAR in mask.shown and not ((unclear > 0) & (unclear < least)).any()
    shown = np.where([*apart, seen], counts, 0)
    rest = labels[:, ~apart].sum(axis=1)
    return VideoTimeline(
        stretches.video,
        stretches.width_s,
        tuple(map(tuple, shown.tolist())),
        tuple(apart.tolist()),
        tuple(rest.tolist()) if rest.any() else (),
        seen,
    )
