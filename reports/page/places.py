"""The section of places: zones, where faces were seen, and areas that may be staff's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..figures.zones import seen_chart
from ..sheets.zones import polygon_of, zones_sheet
from ..words.text import visible
from .parts import MOST_WEEKS, Bullets, Exhibit, Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..numbers.report import Report
    from ..numbers.zones import Places
    from ..words.words import Words


def places_part(report: Report, words: Words) -> Part | None:
    """The section; None where there is nothing to say of the pictures."""
    places = report.places
    if places is None or not (places.zones or places.seen or places.proposals):
        return None
    exhibits = []
    if places.zones:
        exhibits.append(Exhibit(None, (zones_sheet(places, words),), open=True))
    drawn = places.seen[:MOST_WEEKS]
    folded = tuple(Exhibit(seen_chart(one, at, words)) for at, one in enumerate(drawn))
    bullets = (Bullets(words("proposals_title"), tuple(_proposed(places, words))),) if places.proposals else ()
    return Part(
        "places",
        words("places_heading"),
        tuple(_about(places, report.request.min_group, words)),
        tuple(exhibits),
        words("seen_fold"),
        folded,
        bullets,
    )


def _about(places: Places, least: int, words: Words) -> Iterator[str]:
    yield words("about_zones") if places.zones else words("about_no_zones")
    if places.seen:
        yield words("about_seen") if least > 1 else words("about_seen_all")


def _proposed(places: Places, words: Words) -> Iterator[str]:
    for one in places.proposals:
        yield words("may_be_staff", camera=visible(" · ".join(one.camera)), polygon=polygon_of(one))
