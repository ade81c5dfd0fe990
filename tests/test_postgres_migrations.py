"""PostgreSQL databases of older versions, with rows in them, brought up to date."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from contents import digest_of
from fixtures_postgres import empty_database, rows_of
from sqlalchemy import make_url
from test_contract_store import finish, together

from pipeline.errors import StoreError
from pipeline.store.database import Upgrade, connect, upgrade
from pipeline.store.schema import SCHEMA_VERSION
from pipeline.store.videos import list_videos
from pipeline.store.writer import Store

if TYPE_CHECKING:
    from fixtures_postgres import Server

pytestmark = pytest.mark.postgres

COLUMNS = """
SELECT c.table_name, c.column_name, c.data_type, c.character_maximum_length, c.is_nullable,
    col_description((quote_ident(c.table_name))::regclass, c.ordinal_position) IS NOT NULL OR c.table_name = 'readings'
FROM information_schema.columns c WHERE c.table_schema = 'public' ORDER BY 1, 2"""
TRIGGERS = "SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal"
KEYS = "SELECT conrelid::regclass::text, contype::text, pg_get_constraintdef(oid) FROM pg_constraint"
KEPT = {
    "videos": "id, sha256, path, location, camera, started_at, timezone, size_bytes, width, height, status",
    "analyses": "video_id, run_id, status, reason, finished_at",
    "chunks": "*",
    "frames": "*",
    "faces": "video_id, run_id, frame_index, face_index, x, y, width, height, confidence, p_happy, p_neutral",
}
"""Columns that all these versions have."""


@pytest.fixture(params=[4, 5, 6], ids=lambda version: f"version{version}")
def old(request: pytest.FixtureRequest, postgres_db: str) -> str:
    """A database of an older version, with an analysed video in it."""
    script = Path(__file__).with_name(f"version{request.param}.postgres.sql")
    url = make_url(postgres_db)
    host = str(url.query["host"])
    with psycopg.connect(host=host, user=url.username, dbname=url.database) as connection:
        connection.execute(script.read_text("utf-8").encode())
    return postgres_db


def content(db: str) -> dict[str, list[tuple]]:
    """The rows of an old database, as far as all versions have them."""
    return {table: sorted(rows_of(db, f"SELECT {columns} FROM {table}")) for table, columns in KEPT.items()}


def shape(db: str) -> set[tuple]:
    """Columns with their types and whether they have comments, whose words change; triggers and keys."""
    return {row for query in (COLUMNS, TRIGGERS, KEYS) for row in rows_of(db, query)}


def test_rows_are_kept_and_tables_are_those_of_a_new_one(old: str, postgres_server: Server):
    """Every row is there with its numbers; columns, comments, keys and triggers are those of a new database."""
    before = content(old)
    version = rows_of(old, "SELECT version FROM schema_version")[0][0]

    assert upgrade(old) == Upgrade(version, SCHEMA_VERSION, 1)

    assert content(old) == before
    assert upgrade(old) == Upgrade(SCHEMA_VERSION, SCHEMA_VERSION, 1)
    with empty_database(postgres_server) as new:
        Store(new).close()
        assert shape(old) ^ shape(new) == set()


def test_a_reader_refuses_and_a_writer_goes_on(old: str):
    """Who reads says what to run, and changes nothing; who writes has brought it up to date, and writes."""
    with pytest.raises(StoreError, match=r"of an older fer-video\. Run 'fer-video upgrade --db "):
        connect(old)
    told: list[Upgrade] = []

    with Store(old, told.append) as store:
        finish(store)

    assert [one.after for one in told] == [SCHEMA_VERSION]
    engine = connect(old)
    assert [one.status for one in list_videos(engine)] == ["done", "done"]
    engine.dispose()


def test_six_bring_it_up_to_date_once(old: str):
    """Of six that start together one migrates, and all go on."""
    told: list[Upgrade] = []

    together(lambda _number: Store(old, told.append).close())

    assert len(told) == 1
    assert digest_of(old)["videos"][0] == 1
