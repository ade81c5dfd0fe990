"""Expressions in SQL that both dialects must compute alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

if TYPE_CHECKING:
    from sqlalchemy.sql.compiler import SQLCompiler


class whole(GenericFunction[int]):  # noqa: N801 - named as functions of SQL are
    """The whole part of a number that is not negative. SQLite's cast cuts, PostgreSQL's rounds."""

    type = Integer()
    inherit_cache = True


@compiles(whole)
def _cut(element: whole, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **options)} AS INTEGER)"


@compiles(whole, "postgresql")
def _floor(element: whole, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST(floor({compiler.process(element.clauses, **options)}) AS INTEGER)"


class by_bytes(GenericFunction[str]):  # noqa: N801
    """A text to order by: by its bytes, as SQLite does, whatever language a server sorts by."""

    type = String()
    inherit_cache = True


@compiles(by_bytes)
def _as_is(element: by_bytes, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(by_bytes, "postgresql")
def _collated(element: by_bytes, compiler: SQLCompiler, **options: Any) -> str:
    return f'({compiler.process(element.clauses, **options)}) COLLATE "C"'
