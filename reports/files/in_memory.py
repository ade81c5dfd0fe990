"""Faces row by row, as one table in memory: for notebooks and programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..numbers.selection import Selection
from .face_rows import arrow_schema, face_tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    import pyarrow as pa
    from sqlalchemy import Engine


def read_pandas(engines: Sequence[Engine], selection: Selection | None = None) -> pd.DataFrame:
    """One row a face of the selection; without one, of everything.

    Args:
        engines: databases that `pipeline.store.database.connect` opened; several are read as one.
        selection: which videos, times and faces.

    Returns:
        The columns of `face_rows.FACE_COLUMNS`, sorted by location, camera, start, frame and face.

    Raises:
        UsageError: a filter matches nothing, or there is no such run.
    """
    import pandas as pd

    head, *tables = face_tables(engines, selection or Selection())
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else head


def read_arrow(engines: Sequence[Engine], selection: Selection | None = None) -> pa.Table:
    """The same as an Arrow table; its types are those of the Parquet file. Needs the extra `parquet`.

    Raises:
        UsageError: a filter matches nothing, or there is no such run.
    """
    import pyarrow as pa

    rows = read_pandas(engines, selection)
    return pa.Table.from_pandas(rows, schema=arrow_schema(pa), preserve_index=False)
