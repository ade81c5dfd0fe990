"""What goes into the rows: records of the pipeline in the columns of the schema."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..models.card import encode_card
from ..records import EXPRESSIONS, Hints
from .fingerprints import describe_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..models.folder import StoredModel
    from ..records import FrameReadings, VideoRecord
    from ..settings import Settings


def now() -> datetime:
    """This moment in UTC, as the database keeps times."""
    return datetime.now(UTC).replace(tzinfo=None)


def run_values(settings: Settings, model: StoredModel, device: str, fingerprint: str) -> dict[str, Any]:
    """A row of `runs`."""
    return {
        "fingerprint": fingerprint,
        "created_at": now(),
        "code_version": __version__,
        "model": model.card.name,
        "model_card": encode_card(model.card).decode(),
        "sampling": str(settings.sampling),
        "settings": json.dumps(describe_settings(settings), sort_keys=True),
        "device": device,
    }


def stored_path(path: str) -> str:
    """A path as text that a database can hold; Linux allows bytes in names that are none."""
    return path.encode("utf-8", "backslashreplace").decode()


def video_values(video: VideoRecord) -> dict[str, Any]:
    """A row of `videos`, but for its status."""
    info, place = video.info, video.place
    started = place.started_at.astimezone(UTC).replace(tzinfo=None) if place.started_at else None
    return {
        "sha256": video.identity.sha256,
        "path": stored_path(str(video.path)),
        "stream": video.stream,
        "size_bytes": video.identity.size_bytes,
        "location": place.location,
        "camera": place.camera,
        "location_source": place.place_source,
        "camera_source": place.camera_source,
        "started_at": started,
        "start_source": place.start_source,
        "timezone": place.timezone,
        "timezone_source": place.timezone_source,
        "codec": info.codec if info else None,
        "width": info.width if info else None,
        "height": info.height if info else None,
        "fps": info.fps if info else None,
        "duration_s": info.duration_s if info else None,
        "coded_width": (info.coded_width or None) if info else None,
        "coded_height": (info.coded_height or None) if info else None,
        "start_is_guess": place.start_is_guess,
        "hints": stored_hints(_hints_that_count(video)),
        "notes": "\n".join((*(info.notes if info else ()), *place.notes)) or None,
    }


def _hints_that_count(video: VideoRecord) -> Hints:
    """Without the rate for a file whose own timestamps decide: telling one for others must not read it anew."""
    return replace(video.hints, rate=None) if video.info and not video.info.uses_rate else video.hints


def stored_hints(hints: Hints) -> str | None:
    """What was said of a file, as the database keeps it; the stream has a column of its own."""
    said = {"aspect": str(hints.aspect) if hints.aspect else None, "rate": hints.rate}
    known = {name: value for name, value in said.items() if value}
    return json.dumps(known, sort_keys=True) if known else None


def read_hints(stored: str | None, stream: int) -> Hints:
    """What was said of a file, from its row: the other way round."""
    said = json.loads(stored) if stored else {}
    aspect, rate = said.get("aspect"), said.get("rate")
    return Hints(Fraction(aspect) if aspect else None, rate, stream if stream > 1 else None)


def frame_values(frame: FrameReadings) -> dict[str, Any]:
    """A row of `frames`, but for its key."""
    return {
        "frame_index": frame.index,
        "timestamp_s": frame.timestamp_s,
        "faces": len(frame.readings),
        "problem": frame.problem,
    }


def face_values(frame: FrameReadings) -> Iterator[dict[str, Any]]:
    """The rows of `faces` of one frame, but for the key of the analysis."""
    for number, reading in enumerate(frame.readings):
        face = reading.face
        yield {
            "frame_index": frame.index,
            "face_index": number,
            "x": round(face.x, 2),
            "y": round(face.y, 2),
            "width": round(face.width, 2),
            "height": round(face.height, 2),
            "detector_confidence": face.confidence,
            "size_px": round(min(face.width, face.height), 2),
            "sharpness": reading.sharpness,
            "confidence": reading.confidence,
            "readable": reading.readable,
            "is_face": reading.is_face,
            "turn": round(reading.pose.turn, 4),
            "tilt": round(reading.pose.tilt, 2),
            "nod": round(reading.pose.nod, 4),
        } | {f"p_{expression}": value for expression, value in zip(EXPRESSIONS, reading.probabilities, strict=True)}
