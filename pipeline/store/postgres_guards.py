"""The triggers of `guards` in PostgreSQL's words, for what its foreign keys do not hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Table

_REFUSE = """
CREATE OR REPLACE FUNCTION fer_video_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
RAISE EXCEPTION USING MESSAGE = 'fer-video: ' || TG_ARGV[0]; END $$"""

_CONTENT = """
CREATE OR REPLACE FUNCTION fer_video_check_content() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
IF NEW.sha256 IS NULL OR NEW.sha256 IS DISTINCT FROM (SELECT sha256 FROM videos WHERE id = NEW.video_id) THEN
RAISE EXCEPTION 'fer-video: analyses.sha256 must be that of its video'; END IF; RETURN NEW; END $$"""

_ANALYSED = """
CREATE OR REPLACE FUNCTION fer_video_keep_content() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
IF EXISTS (SELECT 1 FROM analyses WHERE video_id = OLD.id) THEN
RAISE EXCEPTION 'fer-video: a video that was analysed stays that content; delete it and analyse the other one';
END IF; RETURN NEW; END $$"""


def postgresql_triggers(tables: Sequence[Table]) -> Iterator[str]:
    """The statements that make them; again where some are missing."""
    yield from (_REFUSE, _CONTENT, _ANALYSED)
    yield _trigger("analyses", "content", "BEFORE INSERT OR UPDATE OF sha256", "", "check_content()")
    changed = "WHEN (NEW.sha256 IS DISTINCT FROM OLD.sha256) "
    yield _trigger("videos", "content", "BEFORE UPDATE OF sha256", changed, "keep_content()")
    for table in tables:
        if [column.name for column in table.primary_key] == ["id"]:
            advice = f"a row of {table.name} keeps its number"
            yield _trigger(table.name, "stay", "BEFORE UPDATE OF id", _moved(["id"]), f"refuse('{advice}')")
        for key in table.foreign_key_constraints:
            parent, columns = key.referred_table.name, [one.parent.name for one in key.elements]
            advice = f"a row of {table.name} stays with its row of {parent}"
            when = f"BEFORE UPDATE OF {', '.join(columns)}"
            yield _trigger(table.name, f"stay_with_{parent}", when, _moved(columns), f"refuse('{advice}')")


def _moved(columns: Sequence[str]) -> str:
    return f"WHEN ({' OR '.join(f'NEW.{one} IS DISTINCT FROM OLD.{one}' for one in columns)}) "


def _trigger(table: str, name: str, when: str, condition: str, function: str) -> str:
    return (
        f"CREATE OR REPLACE TRIGGER {table}_{name} {when} ON {table} FOR EACH ROW {condition}"
        f"EXECUTE FUNCTION fer_video_{function}"
    )
