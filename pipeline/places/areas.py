"""`staff`, `[[camera.blank]]` and `[[camera.zone]]` of a `cameras.toml`."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from ..areas import MIN_S, Areas, Blank, Kind, Staff, Why, Zone
from ..errors import UsageError
from ..nearest import nearest
from .polygons import read_polygon
from .spelling import nfc, refuse_unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..areas import Polygon

Choice = TypeVar("Choice", bound=StrEnum)

AREA_KEYS = {"staff", "blank", "zone"}
BLANK_KEYS = {"why", "polygon"}
ZONE_KEYS = {"name", "kind", "min_s", "polygon"}

MOST_MIN_S = 3600.0
LONGEST_NAME = 80


def read_areas(camera: str, table: dict[str, Any]) -> Areas:
    """The areas of one `[[camera]]`; a staff area says that staff are blanked.

    Args:
        camera: file and camera, for messages.
        table: the camera's keys.

    Raises:
        UsageError: a key, a kind or a polygon cannot be followed, a zone's name is there twice, or staff and areas
            contradict each other.
    """
    blanks = tuple(_read_blank(where, each) for where, each in _tables(camera, table, "blank"))
    zones: dict[str, Zone] = {}
    for where, each in _tables(camera, table, "zone"):
        zone = _read_zone(where, each)
        if zone.name in zones:
            raise UsageError(
                f"{where}, name: expected each zone once on a camera; found {zone.name!r} twice. "
                "Give it another name, or draw one polygon around both."
            )
        zones[zone.name] = zone
    has_staff = any(blank.why is Why.STAFF for blank in blanks)
    staff = Staff.BLANKED if has_staff else Staff.UNKNOWN
    if table.get("staff") is not None:
        staff = _choose(f"{camera}, staff", table["staff"], Staff)
        _check_staff(camera, staff, has_staff=has_staff)
    return Areas(staff, blanks, tuple(zones.values()))


def _check_staff(camera: str, staff: Staff, *, has_staff: bool) -> None:
    if staff is Staff.BLANKED and not has_staff:
        raise UsageError(
            f'{camera}, staff: expected a [[camera.blank]] with why = "staff", as staff is "blanked"; found none. '
            "'fer-video zones VIDEO' draws one."
        )
    if staff is not Staff.BLANKED and has_staff:
        raise UsageError(
            f'{camera}, staff: expected "blanked", as a [[camera.blank]] has why = "staff"; found {staff.value!r}.'
        )


def _tables(camera: str, table: dict[str, Any], key: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each `[[camera.KEY]]` with what messages call it."""
    tables = table.get(key, [])
    if not isinstance(tables, list) or not all(isinstance(each, dict) for each in tables):
        raise UsageError(f"{camera}, {key}: expected [[camera.{key}]] tables with double brackets; found {tables!r}.")
    for number, each in enumerate(tables, 1):
        name = each.get("name")
        called = f" ({name!r})" if isinstance(name, str) and name else ""
        yield f"{camera}, {key} {number}{called}", each


def _read_blank(where: str, table: dict[str, Any]) -> Blank:
    refuse_unknown(where, table, BLANK_KEYS)
    return Blank(_choose(f"{where}, why", table.get("why"), Why), _polygon(where, table))


def _read_zone(where: str, table: dict[str, Any]) -> Zone:
    refuse_unknown(where, table, ZONE_KEYS)
    kind, polygon = _choose(f"{where}, kind", table.get("kind"), Kind), _polygon(where, table)
    return Zone(_name(where, table.get("name")), kind, polygon, _seconds(where, table.get("min_s", MIN_S)))


def _polygon(where: str, table: dict[str, Any]) -> Polygon:
    return read_polygon(table.get("polygon"), f"{where}, polygon")


def _name(where: str, written: object) -> str:
    name = nfc(written) if isinstance(written, str) else ""
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise UsageError(
            f"{where}, name: expected a name in quotes, of 1 to {LONGEST_NAME} letters on one line; found {written!r}."
        )
    return name


def _seconds(where: str, written: object) -> float:
    is_number = isinstance(written, int | float) and not isinstance(written, bool)
    if not is_number or not math.isfinite(written) or not 0 <= written <= MOST_MIN_S:  # type: ignore[arg-type, operator]
        raise UsageError(f"{where}, min_s: expected seconds, 0 to {MOST_MIN_S:g}, without quotes; found {written!r}.")
    return float(written)  # type: ignore[arg-type]


def _choose(where: str, written: object, choices: type[Choice]) -> Choice:
    known = [choice.value for choice in choices]
    if isinstance(written, str) and written in known:
        return choices(written)
    listed = ", ".join(f'"{name}"' for name in known)
    found = "found none" if written is None else f"found {written!r}"
    raise UsageError(f"{where}: expected one of {listed}; {found}.{nearest(written, known)}")
