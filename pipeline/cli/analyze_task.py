"""What `fer-video analyze` was asked to do, in the library's terms."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from .console import printable, say, say_note

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ..places.inputs import Input
    from ..places.locate import PlaceOptions
    from ..settings import Settings


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be analysed."""

    inputs: Sequence[Input]
    settings: Settings
    places: PlaceOptions
    require_areas: bool

    @property
    def videos(self) -> list[Path]:
        """The files that are looked at."""
        return [item.path for item in self.inputs if not item.skipped]

    def in_words(self) -> str:
        """What decides the rows, as a person would say it."""
        return f"{self.settings.sampling}; faces from {self.settings.min_face_px} px"

    def in_values(self) -> dict[str, object]:
        """All settings and what was said of places, with plain values, for a log."""
        said = {name: value for name, value in asdict(self.places).items() if value and name != "roots"}
        return asdict(self.settings) | {name: str(value) for name, value in said.items()}

    def check_places(self) -> None:
        """Read every cameras.toml before the first video, and say what is most often a mistake."""
        from ..places.sayings import sayings

        videos = self.videos
        if self.places.start and len(videos) > 1:
            say(f"--start gives all {len(videos)} inputs the same start; cameras.toml can tell them apart.")
        for saying in sayings(videos, self.places):
            say_note(printable(saying))
