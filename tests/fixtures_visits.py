"""Two shops with visits, zones and a camera that few people passed, filled in through the real tables."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from fixtures_reports import Clip, make_database
from tracks import STEP_S, Walk, write_walks

from pipeline.areas import Areas, Kind, Staff, Zone
from pipeline.store.areas import tell_areas

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

NINE = datetime(2024, 3, 26, 2)  # noqa: DTZ001 the tables hold no zone
QUEUE = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
DOOR = ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0))
ZONES = (Zone("hàng đợi", Kind.QUEUE, QUEUE, 2.0), Zone("cửa", Kind.ENTRANCE, DOOR, 2.0))
EVERY_FRAMES = 80
"""Half a minute and more between two who come one after the other, so that they cannot be one."""


def crowd(
    people: int, *, at_once: int = 4, stay: int = 10, moods: tuple[str, ...] = ("happy", "neutral")
) -> list[Walk]:
    """So many people, some at once in places of their own; who comes later stays longer, up to three times as long.

    The first two are there for a moment, and alone with what their faces show.
    """
    passing = [Walk(2, 4, at=(120.0, 560.0), expression="fear"), Walk(2, 6, at=(520.0, 560.0), expression="angry")]
    return passing[:people] + [
        Walk(
            2 + EVERY_FRAMES * (n // at_once),
            stay + (n * 7) % (2 * stay),
            at=(120.0 + 300 * (n % at_once), 200.0 + 90 * (n % 3)),
            step=(1.0, 0.5),
            expression=moods[(n * 3 + n // 4) % len(moods)],
        )
        for n in range(2, people)
    ]


def frames_for(people: int, at_once: int = 4) -> int:
    """How many frames hold that crowd."""
    return EVERY_FRAMES * (people // at_once + 2)


def make_shops(
    path: Path, people: dict[str, tuple[str, str, int]] | None = None, *, staff: Staff = Staff.NONE
) -> Engine:
    """A database: by file, its location, camera and number of people; each begins an hour after the one before."""
    chosen = people or {
        "door.mp4": ("Bến Thành", "door", 64),
        "till.mp4": ("Bến Thành", "till", 44),
        "hall.mp4": ("Vinh", "hall", 48),
        "desk.mp4": ("Vinh", "desk", 4),
    }
    clips = [
        Clip(name, place, camera, NINE + timedelta(hours=at), seconds=int(frames_for(count) * STEP_S))
        for at, (name, (place, camera, count)) in enumerate(chosen.items())
    ]
    engine = make_database(path, clips)
    for number, (_, _, count) in enumerate(chosen.values(), start=1):
        moods = ("happy", "neutral", "neutral", "sad") if number % 2 else ("happy", "happy", "neutral", "surprise")
        write_walks(engine, number, crowd(count, moods=moods), frames_for(count))
        with engine.begin() as connection:
            tell_areas(connection, number, Areas(staff, (), ZONES), "/videos/cameras.toml")
    return engine
