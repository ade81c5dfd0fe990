"""The analysis that `resume_target.py` does, to its end and in this process: starting another takes seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakes import fake_stages

from pipeline.events import Outcome
from pipeline.inference.runtime import choose_device
from pipeline.jobs import Batch, run
from pipeline.models.folder import find_model
from pipeline.places.inputs import find_inputs
from pipeline.settings import Sampling, SamplingMode, Settings
from pipeline.store.writer import Store
from pipeline.video.source import VideoFile
from pipeline.work import Worker

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.records import Hints
    from pipeline.video.decoding import Decoder

SETTINGS = Settings(Sampling(SamplingMode.FPS, 10.0))
"""What `--fps 10` asks for."""


def resume(videos: Path, db: Path, decoder: Decoder) -> list[Outcome]:
    """Analyse what is not done yet; how each video ended."""

    def open_source(path: Path, hints: Hints) -> VideoFile:
        return VideoFile(path, decoder, hints)

    model, device = find_model(SETTINGS.model), choose_device("auto")
    with Store(str(db)) as store:
        batch = Batch(store, store.add_run(SETTINGS, model, device), SETTINGS, model, device, open_source)
        events = run(find_inputs([str(videos)]), batch, Worker(fake_stages, open_source))
        return [event for event in events if isinstance(event, Outcome)]
