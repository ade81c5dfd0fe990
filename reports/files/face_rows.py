"""Faces row by row, as stored: for readers who want to compute for themselves."""

from __future__ import annotations

from csv import QUOTE_NONNUMERIC
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from sqlalchemy import select

from pipeline.records import EXPRESSIONS
from pipeline.store.schema import FaceRow, FrameRow, label_column

from ..numbers.clock import local_seconds
from ..numbers.overlaps import find_covers, is_covered
from ..numbers.queries import find_sources, read_overlaps, read_times
from ..numbers.selection import wall_clock_s
from ..words.text import cell

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pandas as pd
    from sqlalchemy import Engine

    from ..numbers.columns import Reals, Run, Video
    from ..numbers.families import ShownRows
    from ..numbers.queries import Source
    from ..numbers.selection import Selection

FACE_COLUMNS = {
    "video": "file name; its folder stands before it where two videos share a name",
    "path": "where the file was seen last",
    "sha256": "hash of the file's content",
    "location": "shop or office",
    "camera": "camera within the location",
    "run": "number of the run within its database",
    "frame_index": "position of the frame in the stream, from 0",
    "timestamp_s": "seconds from the first frame",
    "time": "the moment in UTC, a timestamp in Parquet and ISO 8601 in CSV; empty if the start is unknown",
    "timezone": "time zone of the location, such as Asia/Ho_Chi_Minh: a Parquet column can have but one zone, UTC here",
    "local_time": "wall-clock time at the location, as text, ISO 8601; empty if the start is unknown",
    "face_index": "position within the frame, from 0",
    "x": "left edge of the box, pixels of the original frame",
    "y": "top edge of the box, pixels",
    "width": "width of the box, pixels",
    "height": "height of the box, pixels",
    "detector_confidence": "the detector's probability of a face, 0 to 1",
    "size_px": "shorter side of the box, pixels",
    "sharpness": "variance of the Laplacian of the 48-pixel crop",
    **{f"p_{name}": f"probability of {name}, 0 to 1" for name in EXPRESSIONS},
    "confidence": "probability of the most probable expression",
    "readable": "probability that people could say an expression, 0 to 1; empty where the model does not say",
    "is_face": "probability that it is a face at all, 0 to 1; empty where the model does not say",
    "turn": "nose beside the line from eyes to mouth, in sides of the box; 0 is frontal; empty on older rows",
    "tilt": "angle of the eyes against the horizontal, degrees; empty on older rows",
    "nod": "nose between eyes (0) and mouth (1), larger for a bent head; empty on older rows",
    "label": "an expression, undecided, unclear or no face, by the report's thresholds",
}
"""Columns of the row-level export and what they mean."""

_STORED = ("frame_index", "face_index", "x", "y", "width", "height", "detector_confidence", "size_px", "sharpness")
_MOMENT = "datetime64[us, UTC]"
_JUDGED = ("confidence", "readable", "is_face", "turn", "tilt", "nod")


def write_faces(
    engines: Sequence[Engine],
    selection: Selection,
    path: Path,
    shown: ShownRows | None = None,
    *,
    parquet: bool,
    runs: Sequence[Run] = (),
) -> int:
    """Write one row a face of the selection, but those of hours that are hidden; returns how many.

    A Parquet file has in its metadata, as JSON under `fer_video.runs`, what each of `runs` was made with.
    """
    tables = face_tables(engines, selection, shown)
    return _write_parquet(tables, path, runs) if parquet else _write_csv(tables, path)


def face_tables(
    engines: Sequence[Engine], selection: Selection, shown: ShownRows | None = None
) -> Iterator[pd.DataFrame]:
    """The rows of each video, with the columns of `FACE_COLUMNS`; never empty of columns, maybe of rows.

    Args:
        engines: databases that are read as one.
        selection: which rows.
        shown: of which hours rows may be shown; None for all.
    """
    import pandas as pd

    yield pd.DataFrame(columns=list(FACE_COLUMNS)).astype({"time": _MOMENT})
    sources = find_sources(engines, selection)
    overlaps = [] if selection.count_overlaps else read_overlaps(sources)
    covers = find_covers(overlaps, lambda at: read_times(sources[at]))
    for at, source in enumerate(sources):
        if source.video.run:
            rows = _read(source, selection)
            if at in covers:
                rows = rows[~is_covered(rows["timestamp_s"].to_numpy(np.float64), covers[at])]
            yield rows[shown.keep(at, rows["timestamp_s"].to_numpy(np.float64))] if shown else rows


def _read(source: Source, selection: Selection) -> pd.DataFrame:
    import pandas as pd

    names = (*_STORED, *(f"p_{name}" for name in EXPRESSIONS), *_JUDGED)
    label = label_column(selection.thresholds)
    key = (FaceRow.video_id == FrameRow.video_id, FaceRow.run_id == FrameRow.run_id)
    statement = (
        select(FrameRow.timestamp_s, label, *(getattr(FaceRow, name) for name in names))
        .join(FrameRow, key[0] & key[1] & (FaceRow.frame_index == FrameRow.frame_index))
        .where(FaceRow.video_id == source.video_id, FaceRow.run_id == source.run_id)
        .order_by(FaceRow.frame_index, FaceRow.face_index)
    )
    with source.engine.connect() as connection:
        rows = pd.DataFrame(connection.execute(statement).fetchall(), columns=["timestamp_s", "label", *names])
    rows = rows.astype(dict.fromkeys(_JUDGED, np.float64))  # a column of NULL alone would be one of objects
    video, time_s = source.video, rows["timestamp_s"].to_numpy(np.float64)
    local_s = local_seconds(video, time_s)
    about = {"video": video.name, "path": video.path, "sha256": video.sha256, "location": video.location}
    times = {"time": _moments(video, time_s), "timezone": video.timezone, "local_time": _iso(local_s)}
    rows = rows.assign(**about, **times, camera=video.camera, run=source.run_id)
    kept: pd.DataFrame = rows.loc[_kept(rows, local_s, selection), list(FACE_COLUMNS)]
    return kept


def _kept(rows: pd.DataFrame, local_s: Any, selection: Selection) -> Any:
    gates = selection.gates
    keep = (rows["size_px"] >= gates.min_face_px) & (rows["sharpness"] >= gates.min_sharpness)
    if selection.since:
        keep &= local_s >= wall_clock_s(selection.since)
    if selection.until:
        keep &= local_s < wall_clock_s(selection.until)
    return keep


def _moments(video: Video, time_s: Reals) -> Any:
    """The moments of frames in UTC, NaT where the start is unknown; whole microseconds, so that none is rounded."""
    import pandas as pd

    start = np.datetime64("NaT" if video.started_at is None else video.started_at, "us")
    return pd.Series(start + (time_s * 1e6).round().astype("timedelta64[us]")).dt.tz_localize("UTC")


def _iso(local_s: Any) -> Any:
    """Seconds from 1970-01-01T00:00 as ISO 8601; empty where unknown."""
    moments = np.datetime_as_string((np.nan_to_num(local_s) * 1000).round().astype("datetime64[ms]"))
    return np.where(np.isnan(local_s), "", moments)


def _write_csv(tables: Iterator[pd.DataFrame], path: Path) -> int:
    rows = 0
    with path.open("w", encoding="utf-8-sig", errors="replace", newline="") as file:
        for number, table in enumerate(tables):
            names = {name: table[name].map(cell) for name in ("video", "path", "location", "camera")}
            moments = table["time"].dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            table.assign(**names, time=moments).to_csv(
                file, index=False, header=number == 0, lineterminator="\n", quoting=QUOTE_NONNUMERIC
            )
            rows += len(table)
    return rows


def _write_parquet(tables: Iterator[pd.DataFrame], path: Path, runs: Sequence[Run]) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows, schema = 0, arrow_schema(pa).with_metadata({"fer_video.runs": _describe_runs(runs)})
    with pq.ParquetWriter(path, schema) as writer:
        for table in tables:
            writer.write_table(pa.Table.from_pandas(table, schema=schema, preserve_index=False))
            rows += len(table)
    return rows


def _describe_runs(runs: Sequence[Run]) -> bytes:
    names = ("id", "fingerprint", "model", "code_version", "sampling", "settings", "device")
    return msgspec.json.encode([{name: getattr(run, name) for name in names} for run in runs])


def arrow_schema(pa: Any) -> Any:
    """Columns, types and meanings of the rows in Arrow; `pa` is pyarrow, an extra that not everybody has."""
    text = {"video", "path", "sha256", "location", "camera", "timezone", "local_time", "label"}
    whole = {"run", "frame_index", "face_index"}
    kinds = {name: pa.string() for name in text} | {name: pa.int64() for name in whole}
    kinds["time"] = pa.timestamp("us", tz="UTC")
    return pa.schema(
        [
            pa.field(name, kinds.get(name, pa.float64()), metadata={"description": meaning})
            for name, meaning in FACE_COLUMNS.items()
        ]
    )
