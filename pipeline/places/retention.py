"""How long rows of a camera may stay, as a `cameras.toml` says it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ..errors import SettingError

if TYPE_CHECKING:
    from pathlib import Path

DAYS = {"h": 1 / 24, "d": 1.0, "w": 7.0, "y": 365.0}
"""Of the letter behind the number. There is no `m`: it would be minutes to some, months to others."""

MOST_DAYS = 100 * 365


def parse_retention(written: Any, where: Path | str | None = None, setting: str = "retention") -> timedelta:
    """A time such as `30d`.

    Args:
        written: as it stands in the file.
        where: which file, and which camera in it; None for an option.
        setting: what it is called there.

    Raises:
        SettingError: it is none; it says what to write.
    """
    found = re.fullmatch(r"\s*(\d{1,6})\s*([hdwy])\s*", written) if isinstance(written, str) else None
    length = timedelta(days=int(found[1]) * DAYS[found[2]]) if found else timedelta()
    if not timedelta() < length <= timedelta(days=MOST_DAYS):
        quoted = ' in quotes, such as "72h", "30d", "4w" or "1y"' if where else ", such as 72h, 30d, 4w or 1y"
        advice = 'Write retention = "30d" to let rows stay for thirty days.' if where else "Write 30d for thirty days."
        raise SettingError(setting, f"hours, days, weeks or years{quoted}", repr(written), advice, where=where)
    return length


def say_retention(length: timedelta) -> str:
    """A time in words."""
    hours = round(length / timedelta(hours=1))
    number, unit = (hours // 24, "day") if hours % 24 == 0 else (hours, "hour")
    return f"{number} {unit}{'' if number == 1 else 's'}"
