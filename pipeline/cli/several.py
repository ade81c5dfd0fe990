"""Several videos at the same time: how many workers are asked for."""

from __future__ import annotations

from dataclasses import dataclass

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Beside:
    """Videos that are read beside each other, and cores for the networks of each: 0 for all of one, 1 of several."""

    workers: int = 1
    threads: int = 0


def read_workers(text: str, threads: int) -> int:
    """How many workers a number or `auto` asks for.

    Raises:
        SettingError: neither of both.
    """
    from ..engines.workers import choose_count
    from ..errors import SettingError

    if text == AUTO:
        return choose_count(max(threads, 1))
    if not text.isdecimal() or not 1 <= int(text) <= 1024:
        raise SettingError("workers", "a number from 1 to 1024, or auto", repr(text))
    return int(text)
