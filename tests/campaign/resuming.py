"""The analysis that `resume_target.py` does, to its end and in this process: starting another takes seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakes import fake_stages

from pipeline.batch import Request, analyze_all
from pipeline.events import Outcome
from pipeline.places.inputs import find_inputs
from pipeline.settings import Sampling, SamplingMode, Settings

if TYPE_CHECKING:
    from pathlib import Path

SAMPLING = Sampling(SamplingMode.FPS, 10.0)
"""What `--fps 10` asks for."""


def resume(videos: Path, db: Path, *, force: bool = False) -> list[Outcome]:
    """Analyse what is not done yet; how each video ended."""
    request = Request(str(db), Settings(SAMPLING), force=force)
    return [
        event for event in analyze_all(find_inputs([str(videos)]), request, fake_stages) if isinstance(event, Outcome)
    ]
