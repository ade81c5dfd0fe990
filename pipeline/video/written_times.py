"""Times as cameras, phones and recorders write them into files and names, each maker in its own spelling."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

ZONE = r"(?P<zone>Z|(?:UTC|GMT)?[+-]\d\d?(?::?\d\d)?|UTC|GMT)"

NUMBERED = re.compile(
    # 2024-03-26T09:00:00+0700, 2024:03:26 09:00:00, 2024/ 3/26/ 9:00PM, 20240326T090000Z
    r"(?P<year>\d{4})(?:[-:/.]\s*)?(?P<month>\d\d?)(?:[-:/.]\s*)?(?P<day>\d\d?)"
    r"(?:/?\s+|[Tt_])(?P<hour>\d\d?):?\s*(?P<minute>\d\d)(?::?(?P<second>\d\d)(?:[.,](?P<fraction>\d+))?)?"
    rf"\s*(?P<half>[AaPp][Mm]?)?\s*{ZONE}?"
)
NAMED = re.compile(
    # Tue Mar 26 09:00:00 2024, as C's ctime writes it
    r"(?:[A-Za-z]{3},?\s+)?(?P<month_name>[A-Za-z]{3})\s+(?P<day>\d\d?)\s+(?P<hour>\d\d?):(?P<minute>\d\d):(?P<second>\d\d)"
    rf"(?:\s+{ZONE})?\s+(?P<year>\d{{4}})"
)


def parse_time(text: str) -> datetime | None:
    """The moment that a text says: with a zone where it names one, else as a wall clock's; None if it says none.

    A day alone is no moment.
    """
    text = text.replace("\0", " ").strip()
    found = NUMBERED.fullmatch(text) or NAMED.fullmatch(text)
    return from_parts(found.groupdict()) if found else None


def from_parts(parts: dict[str, str | None]) -> datetime | None:
    """The moment of a year, month (or its name), day, hour, minute, second, fraction, half (am, pm) and zone.

    What is missing of the time of day is 0. None where a part of the day is missing or out of range.
    """
    given = {name: value.strip() for name, value in parts.items() if value and value.strip()}
    name = given.get("month_name", "").lower()
    if name:
        given["month"] = str(MONTHS.index(name) + 1) if name in MONTHS else "0"
    try:
        year, month, day, hour, minute, second = (
            int(given.get(part, "")) if part in {"year", "month", "day"} else int(given.get(part, "0"))
            for part in ("year", "month", "day", "hour", "minute", "second")
        )
        fraction = round(float(f"0.{given.get('fraction', '0')}") * 1e6)
        time = datetime(year, month, day, _whole_hour(hour, given.get("half")), minute, second)  # noqa: DTZ001
        return (time + timedelta(microseconds=fraction)).replace(tzinfo=parse_zone(given.get("zone")))
    except (ValueError, OverflowError):
        return None


def _whole_hour(hour: int, half: str | None) -> int:
    """12 a.m. is 0, 12 p.m. is 12."""
    if not half:
        return hour
    if not 1 <= hour <= 12:
        # Some write 13:00 PM; what they mean is plain.
        return hour
    return hour % 12 + (12 if half[0] in "pP" else 0)


def parse_zone(text: str | None) -> timezone | None:
    """`Z`, `+07:00`, `+0700`, `+7` or `GMT+7`; None for no zone.

    Raises:
        ValueError: no zone is that far from UTC.
    """
    if not text:
        return None
    offset = re.fullmatch(r"(?:UTC|GMT)?([+-])(\d\d?)(?::?(\d\d))?", text)
    if not offset:
        return UTC
    sign, hours, minutes = offset[1], int(offset[2]), int(offset[3] or 0)
    return timezone((1 if sign == "+" else -1) * timedelta(hours=hours, minutes=minutes))


def is_unset(time: datetime) -> bool:
    """Whether a clock that was never set says so: the days on which clocks begin to count, and beyond all footage.

    1904 is QuickTime's first year, 1970 Unix's, 1980 that of DOS and of GPS, 2000 that of most recorders, 2001-01-01
    00:00 Matroska's; in 2036 the network's time (NTP) begins anew. The evening before is the same in another zone.
    """
    day = time.date()
    first_days = {(1979, 12, 31), (1980, 1, 1), (1980, 1, 6), (1999, 12, 31), (2000, 1, 1)}
    matroska = time.replace(tzinfo=None) == datetime(2001, 1, 1)  # noqa: DTZ001
    return not 1971 <= time.year < 2036 or (day.year, day.month, day.day) in first_days or matroska
