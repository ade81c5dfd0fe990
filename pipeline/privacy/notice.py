"""The sign for the door: one page to print, which needs nothing from anywhere."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

_STYLE = """
@page { size: A4; margin: 14mm; }
* { box-sizing: border-box; }
body { font: 13pt/1.4 system-ui, "Noto Sans", sans-serif; color: #000; background: #fff; margin: 0 auto; padding: 1rem;
  max-width: 46rem; }
.sign { display: block; width: 5.5rem; height: 5.5rem; margin: 0 auto .5rem; }
section { border: 3px solid #000; border-radius: .6rem; padding: .8rem 1.2rem; margin-bottom: 1rem;
  break-inside: avoid; }
h1 { font-size: 1.6em; line-height: 1.2; margin: 0 0 .4rem; }
p, dl { margin: 0 0 .4rem; }
dt { font-weight: 700; margin-top: .35rem; }
dd { margin: 0; overflow-wrap: anywhere; }
@media print { body { padding: 0; max-width: none; font-size: 11pt; } }
"""

_CAMERA = (
    '<svg class="sign" viewBox="0 0 64 64" aria-hidden="true"><rect x="6" y="18" width="36" height="28" rx="5"/>'
    '<path d="M42 28l16-9v26l-16-9z"/><circle cx="24" cy="32" r="8" fill="#fff"/></svg>'
)


@dataclass(frozen=True, slots=True)
class Notice:
    """What the sign says that only its owner knows.

    Attributes:
        controller: who is responsible, as people would write it on a letter.
        contact: how they are reached.
        purpose: what for; None for the usual sentence about statistics.
        retention: how long rows are kept; None leaves a line to fill in by hand.
    """

    controller: str
    contact: str
    purpose: str | None = None
    retention: timedelta | None = None

    def __post_init__(self) -> None:
        for name in ("controller", "contact"):
            if not getattr(self, name).strip():
                raise SettingError(name, "a name or address to print on the sign", "an empty text")


def parse_languages(written: str) -> tuple[str, ...]:
    """Languages with commas between them, in the order of the sign.

    Raises:
        SettingError: there is none, or one is not known.
    """
    named = tuple(dict.fromkeys(part.strip().lower() for part in written.split(",") if part.strip()))
    if not named or set(named) - set(_words()):
        raise SettingError("lang", f"languages such as vi,en, of {', '.join(sorted(_words()))}", repr(written))
    return named


@cache
def _words() -> dict[str, dict[str, str]]:
    return tomllib.loads(Path(__file__).with_name("notice.toml").read_text("utf-8"))


def render(notice: Notice, languages: Sequence[str]) -> str:
    """The page: one section a language, the first one's title for the page."""
    first = _words()[languages[0]]
    sections = "\n".join(_section(notice, language) for language in languages)
    return (
        f'<!doctype html>\n<html lang="{languages[0]}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(first['title'])}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{_CAMERA}\n{sections}\n"
        "</body>\n</html>\n"
    )


def _section(notice: Notice, language: str) -> str:
    words = _words()[language]
    facts = {
        "controller": notice.controller,
        "contact": notice.contact,
        "purpose": notice.purpose or words["usual_purpose"],
        "kept": words["kept_text"],
        "length": _say_length(notice.retention, words),
        "rights": words["rights_text"],
    }
    listed = "\n".join(f"<dt>{escape(words[name])}</dt><dd>{escape(text)}</dd>" for name, text in facts.items())
    title, what = escape(words["title"]), escape(words["what"])
    return f'<section lang="{language}">\n<h1>{title}</h1>\n<p>{what}</p>\n<dl>\n{listed}\n</dl>\n</section>'


def _say_length(length: timedelta | None, words: dict[str, str]) -> str:
    if length is None:
        return words["unsaid"]
    hours = round(length.total_seconds() / 3600)
    unit, number = ("day", hours // 24) if hours % 24 == 0 else ("hour", hours)
    said = words[unit].format(number=number)
    return said.removesuffix("s") if number == 1 else said
