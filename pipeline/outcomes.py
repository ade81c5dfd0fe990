"""How one video ended, from what is stored of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .events import Outcome
from .store import schema

if TYPE_CHECKING:
    from .store.writer import Store
    from .work import Job


def failed(job: Job, reason: str) -> Outcome:
    """Of a video of which nothing is ours."""
    place = job.video.place
    return Outcome(job.video.name, schema.FAILED, reason, place.location, place.camera, moved=job.video.moved)


def outcome_of(
    store: Store, job: Job, status: str, reason: str | None, notes: tuple[str, ...], *, reused: bool = False
) -> Outcome:
    """What is stored of the video, and what is to be known of it: of the file, its start and its frames."""
    info, place = job.video.info, job.video.place
    totals = store.totals(*job.key, job.settings.thresholds)
    return Outcome(
        path=job.video.name,
        status=status,
        reason=reason,
        location=place.location,
        camera=place.camera,
        frames=totals.frames,
        faces=totals.faces,
        problems=totals.problems,
        judged=totals.judged,
        dominant=totals.dominant,
        reused=reused,
        streams=info.streams if info else 1,
        moved=job.video.moved,
        duration_s=info.duration_s if info else None,
        known=status != schema.DONE and job.ended_before == (status, reason),
        notes=(*(info.notes if info else ()), *place.notes, *notes),
    )
