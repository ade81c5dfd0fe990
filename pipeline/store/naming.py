"""The database's name as people may see it: never with a password."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine

HIDDEN = "***"

_SECRET = re.compile(r"pass|secret|token|key", re.IGNORECASE)
"""Names of a URL's options whose values are nobody's business: libpq takes `password` and `sslpassword` there."""


def shown(db: str) -> str:
    """The database's name as it may be printed: a path as it is, a URL without its password.

    What cannot be read as a URL is shown without all that stands where a user and a password would.
    """
    if "://" not in db:
        return db
    try:
        return shown_url(read_url(db))
    except (ArgumentError, ValueError):
        scheme, _, rest = db.partition("://")
        return f"{scheme}://{HIDDEN}@{rest.rpartition('@')[2].partition('?')[0]}"


def read_url(db: str) -> URL:
    """A database's URL.

    Raises:
        ArgumentError, ValueError: it is none, or its host begins within what was meant as a password.
    """
    url = make_url(db)
    if "@" in (url.host or ""):
        raise ValueError("a host with an @")
    return url


def shown_url(url: URL) -> str:
    """A URL without its passwords, wherever in it they stand."""
    query = {name: HIDDEN if _SECRET.search(name) else value for name, value in url.query.items()}
    return url.set(query=query).render_as_string(hide_password=True).replace("%2A%2A%2A", HIDDEN)


def name_of(engine: Engine) -> str:
    """The path of an open database, or its URL without the password."""
    return shown_url(engine.url).removeprefix("sqlite:///")
