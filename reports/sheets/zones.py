"""Tables of zones, and of areas that may be staff's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .sheets import Column, Kind, Sheet

if TYPE_CHECKING:
    from ..numbers.zones import Places, Proposal, ZoneNumbers
    from ..words.words import Words
    from .sheets import Cell


def zones_sheet(places: Places, words: Words) -> Sheet:
    """One row a zone: visits, their share, time in it, and how many were in it at once."""
    columns = (
        Column(words("zone")),
        Column(words("kind_of_zone")),
        Column(words("cameras"), Kind.COUNT),
        Column(words("visits"), Kind.COUNT),
        Column(words("share_of_visits"), Kind.SHARE),
        Column(words("mean_time"), Kind.DECIMAL),
        Column(words("mean_at_once"), Kind.DECIMAL),
        Column(words("most_at_once"), Kind.COUNT),
    )
    return Sheet("zones", words("zones_title"), columns, tuple(_row(zone, words) for zone in places.zones))


def _row(zone: ZoneNumbers, words: Words) -> tuple[Cell, ...]:
    visits: Cell = words("hidden") if zone.visits is None else zone.visits
    kind = words(f"zone_{zone.kind}")
    return zone.name, kind, zone.cameras, visits, zone.share, zone.mean_s, zone.at_once, zone.longest


def proposals_sheet(places: Places, words: Words) -> Sheet:
    """Areas in which somebody stays long, as a `cameras.toml` has them."""
    rows = tuple((" · ".join(one.camera), polygon_of(one)) for one in places.proposals)
    columns = (Column(words("camera")), Column(words("polygon")))
    return Sheet("may_be_staff", words("proposals_title"), columns, rows)


def polygon_of(proposal: Proposal) -> str:
    """The area as it is written in a `cameras.toml`."""
    return f"[{', '.join(f'[{x:.2f}, {y:.2f}]' for x, y in proposal.polygon)}]"
