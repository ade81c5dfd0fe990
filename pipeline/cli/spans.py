"""Lengths of time as people say them."""

from __future__ import annotations

UNITS = ((86400.0, "day"), (3600.0, "hour"), (60.0, "minute"))


def span(seconds: float) -> str:
    """A length of time in its largest fitting unit: `45 seconds`, `1 minute`, `3.2 hours`."""
    for length_s, name in UNITS:
        if seconds >= length_s:
            number = seconds / length_s
            said = f"{number:.1f}" if number < 10 else f"{number:,.0f}"
            said = said.removesuffix(".0")
            return f"{said} {name}{'' if said == '1' else 's'}"
    whole = round(seconds)
    return f"{whole} second{'' if whole == 1 else 's'}"
