"""Rows of single faces: every export leaves out the same hours, in which there were few people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pandas as pd
import pytest
from fixtures_reports import Clip, make_database
from fixtures_visits import make_shops
from sqlalchemy import select

from pipeline.errors import NoInputError, SettingError
from pipeline.store.schema import VideoRow
from reports.files.face_rows import FACE_COLUMNS
from reports.files.in_memory import read_arrow, read_pandas
from reports.make import Files, Question, make
from reports.numbers.queries import load
from reports.numbers.selection import Gates, Selection
from reports.words.words import Language, Words

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return make_shops(tmp_path_factory.mktemp("rows") / "shops.db")


def test_pandas_leaves_out_what_the_file_of_faces_leaves_out(shops: Engine, tmp_path: Path) -> None:
    """Row by row the same, and no row of the camera that few passed, nor of the one beside it."""
    make([str(shops.url.database)], Question(), Words(Language.EN), Files(faces=tmp_path / "f.csv"))
    found, written = read_pandas([shops]), pd.read_csv(tmp_path / "f.csv")
    key = ["video", "frame_index", "face_index"]

    assert found[key].to_numpy().tolist() == written[key].to_numpy().tolist()
    assert set(found["video"]) == {"door.mp4", "till.mp4"}


def test_arrow_leaves_out_the_same(shops: Engine) -> None:
    """It has the rows of pandas."""
    pytest.importorskip("pyarrow", reason="needs the extra parquet")

    assert set(read_arrow([shops])["video"].to_pylist()) == {"door.mp4", "till.mp4"}


def test_moments_are_real_in_every_table(shops: Engine, tmp_path: Path) -> None:
    """Moments in UTC with the place's zone beside them; by it they are the wall clock's; CSV has the same."""
    arrow = pytest.importorskip("pyarrow", reason="needs the extra parquet")
    files = Files(faces=tmp_path / "f.parquet")
    for one in (files, Files(faces=tmp_path / "f.csv")):
        make([str(shops.url.database)], Question(), Words(Language.EN), one)
    table, text = pd.read_parquet(tmp_path / "f.parquet"), pd.read_csv(tmp_path / "f.csv")
    fields = {one.name: one for one in read_arrow([shops]).schema}

    assert fields["time"].type == arrow.timestamp("us", tz="UTC")
    assert fields["time"].metadata[b"description"] == FACE_COLUMNS["time"].encode()
    assert table["time"].dtype == read_pandas([shops])["time"].dtype == "datetime64[us, UTC]"
    assert set(table["timezone"]) == {"Asia/Ho_Chi_Minh"}
    local = table["time"].dt.tz_convert("Asia/Ho_Chi_Minh").dt.tz_localize(None)
    assert (local - pd.to_datetime(table["local_time"])).abs().max() <= pd.Timedelta("0.5ms")
    first = shops.connect().scalar(select(VideoRow.started_at).order_by(VideoRow.id))
    assert table["time"].iloc[0] == pd.Timestamp(first, tz="UTC") + pd.Timedelta(seconds=table["timestamp_s"].iloc[0])
    assert pd.to_datetime(text["time"]).tolist() == table["time"].tolist()


def test_moments_of_a_video_without_a_start_are_empty(tmp_path: Path) -> None:
    """Nothing is made up, and the columns keep their types."""
    engine = make_database(tmp_path / "x.db", [Clip("a.mp4", start=None, seconds=20)])

    rows = read_pandas([engine], min_group=1)

    assert len(rows) > 0
    assert rows["time"].isna().all()
    assert rows["time"].dtype == "datetime64[us, UTC]"
    assert read_pandas([engine])["time"].dtype == rows["time"].dtype, "of no rows, too"


def test_all_rows_are_there_if_that_is_typed(shops: Engine) -> None:
    """`min_group=1` gives what is stored; less is refused."""
    data = load([shops], Selection())

    assert len(read_pandas([shops], min_group=1)) == len(data.faces) + data.no_face
    with pytest.raises(SettingError, match="min_group"):
        read_pandas([shops], min_group=0)


@pytest.mark.parametrize(("gates", "asked"), [(Gates(500), "`min_face_px` 500"), (Gates(0, 1e9), "`min_sharpness` 1e")])
def test_gates_that_no_face_passes_are_told(shops: Engine, gates: Gates, asked: str) -> None:
    """No empty tables, but which gate was asked for and what to do."""
    with pytest.raises(NoInputError, match=f"nothing is left: {asked}.*Ask for less"):
        make([str(shops.url.database)], Question(Selection(gates=gates)), Words(Language.EN))


def test_parquet_says_what_its_rows_were_made_with(shops: Engine, tmp_path: Path) -> None:
    """Model, version and settings of each run stand in the file."""
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs the extra parquet")
    make([str(shops.url.database)], Question(), Words(Language.EN), Files(faces=tmp_path / "f.parquet"))

    (run,) = msgspec.json.decode(parquet.read_schema(tmp_path / "f.parquet").metadata[b"fer_video.runs"])

    assert (run["model"], run["code_version"], run["settings"]) == ("vgg-face-fer2013", "0.1.0", {"min_face_px": 24})
