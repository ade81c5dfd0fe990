"""Faces row by row, as one table in memory: for notebooks and programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..numbers.queries import load
from ..numbers.report import Request, make_report
from ..numbers.selection import Selection
from ..numbers.shown import MIN_GROUP
from ..numbers.visit_rows import load_visits
from .face_rows import arrow_schema, face_tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    import pyarrow as pa
    from sqlalchemy import Engine


def read_pandas(
    engines: Sequence[Engine], selection: Selection | None = None, *, min_group: int = MIN_GROUP
) -> pd.DataFrame:
    """One row a face of the selection; without one, of everything. Hours of few people are left out, as by `--faces`.

    Args:
        engines: databases that `pipeline.store.database.connect` opened; several are read as one.
        selection: which videos, times and faces.
        min_group: hours of fewer people are left out, and those that would tell of them; 1 for all.

    Returns:
        The columns of `face_rows.FACE_COLUMNS`, sorted by location, camera, start, frame and face.

    Raises:
        UsageError: a filter matches nothing, there is no such run, or `min_group` is below 1.
    """
    import pandas as pd

    chosen = selection or Selection()
    request = Request(chosen, min_group=min_group)
    shown = None
    if min_group > 1:
        shown = make_report(load(engines, chosen), request, load_visits(engines, chosen)).rows
    head, *tables = face_tables(engines, chosen, shown)
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else head


def read_arrow(
    engines: Sequence[Engine], selection: Selection | None = None, *, min_group: int = MIN_GROUP
) -> pa.Table:
    """The same as an Arrow table; its types are those of the Parquet file. Needs the extra `parquet`.

    Raises:
        UsageError: a filter matches nothing, there is no such run, or `min_group` is below 1.
    """
    import pyarrow as pa

    rows = read_pandas(engines, selection, min_group=min_group)
    return pa.Table.from_pandas(rows, schema=arrow_schema(pa), preserve_index=False)
