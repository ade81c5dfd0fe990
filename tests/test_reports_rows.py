"""Rows of single faces: every export leaves out the same hours, in which there were few people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pandas as pd
import pytest
from fixtures_visits import make_shops

from pipeline.errors import NoInputError, SettingError
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
