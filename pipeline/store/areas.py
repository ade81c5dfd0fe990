"""What was said of each video's picture, as it was told last: kept, and read back."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select, update

from ..areas import Areas, Blank, Kind, Staff, Why, Zone
from .area_tables import AreaRow, ToldAreasRow
from .locks import lock_video
from .rows import now, stored_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection, Select

    from ..areas import Polygon


@dataclass(frozen=True, slots=True)
class Told:
    """What was said of a video's picture, and the `cameras.toml` that said it."""

    areas: Areas
    source: str


def tell_areas(connection: Connection, video_id: int, areas: Areas, source: str) -> bool:
    """Keep what is said of a video's picture now; whether it is something else than before."""
    lock_video(connection, video_id)
    before = read_told(connection, [video_id]).get(video_id)
    where = stored_path(source)
    if before and before.areas == areas:
        if before.source != where:
            row = update(ToldAreasRow).where(ToldAreasRow.video_id == video_id)
            connection.execute(row.values(source=where))
        return False
    connection.execute(delete(AreaRow).where(AreaRow.video_id == video_id))
    connection.execute(delete(ToldAreasRow).where(ToldAreasRow.video_id == video_id))
    told = {"video_id": video_id, "staff": areas.staff.value, "source": where, "told_at": now()}
    connection.execute(insert(ToldAreasRow).values(told))
    rows = [{"video_id": video_id, "number": number} | values for number, values in enumerate(_values(areas))]
    if rows:
        connection.execute(insert(AreaRow), rows)
    return True


def read_told(connection: Connection, videos: Sequence[int] | Select[Any] | None = None) -> dict[int, Told]:
    """What was said of pictures, by the number of the video; those of which nothing was said are missing.

    Args:
        connection: within a transaction.
        videos: of these, numbers or what selects them; None for all.
    """
    told, areas = select(ToldAreasRow), select(AreaRow.__table__).order_by(AreaRow.video_id, AreaRow.number)
    if videos is not None:
        told, areas = told.where(ToldAreasRow.video_id.in_(videos)), areas.where(AreaRow.video_id.in_(videos))
    found: defaultdict[int, list[Any]] = defaultdict(list)
    for row in connection.execute(areas):
        found[row.video_id].append(row)
    return {row.video_id: Told(_areas(row.staff, found[row.video_id]), row.source) for row in connection.execute(told)}


def _values(areas: Areas) -> Iterator[dict[str, Any]]:
    nothing = {"name": None, "kind": None, "min_s": None, "why": None}
    for blank in areas.blanks:
        yield nothing | {"why": blank.why.value, "polygon": json.dumps(blank.polygon)}
    for zone in areas.zones:
        kept = {"name": zone.name, "kind": zone.kind.value, "min_s": zone.min_s, "polygon": json.dumps(zone.polygon)}
        yield nothing | kept


def _areas(staff: str, rows: Sequence[Any]) -> Areas:
    blanks = tuple(Blank(Why(row.why), _polygon(row.polygon)) for row in rows if row.why is not None)
    zones = (row for row in rows if row.why is None)
    return Areas(
        Staff(staff), blanks, tuple(Zone(row.name, Kind(row.kind), _polygon(row.polygon), row.min_s) for row in zones)
    )


def _polygon(stored: str) -> Polygon:
    return tuple((float(x), float(y)) for x, y in json.loads(stored))
