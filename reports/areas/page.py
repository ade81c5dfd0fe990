"""The page on which areas are drawn: one file that needs no connection, with one picture and the lines to paste."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
from markupsafe import Markup

from pipeline import __version__
from pipeline.areas import MIN_S, Kind, Staff, Why

from ..page.html import content_policy
from ..words.words import Language, Words

if TYPE_CHECKING:
    from pipeline.annotate.still import Still
    from pipeline.areas import Areas

_TEMPLATES = Path(__file__).parent / "templates"

_SAID = (
    "areas_title", "areas_about", "areas_pictures", "areas_new_blank", "areas_new_zone", "areas_finish", "areas_undo",
    "areas_remove", "areas_more", "areas_canvas", "areas_keys", "areas_touch", "areas_none", "areas_blank",
    "areas_zone", "areas_name", "areas_kind", "areas_why", "areas_min_s", "areas_staff", "areas_staff_none",
    "areas_staff_blanked",
    "areas_staff_unknown", "areas_why_staff", "areas_why_private", "areas_why_screen", "areas_kind_queue",
    "areas_kind_counter", "areas_kind_entrance", "areas_kind_display", "areas_kind_ignore", "areas_lines",
    "areas_paste_new", "areas_paste_known", "areas_copy", "areas_copied", "areas_copy_by_hand", "areas_wrong_name",
    "areas_wrong_twice", "areas_wrong_cross", "areas_wrong_small", "areas_wrong_seconds", "areas_wrong_staff",
    "areas_wrong", "areas_drawing", "areas_corner", "areas_language", "areas_put", "areas_covered", "areas_settings",
)  # fmt: skip

_OWN_NAMES = {Language.EN: "English", Language.VI: "Tiếng Việt"}


@dataclass(frozen=True, slots=True)
class Sketch:
    """What the page begins with.

    Attributes:
        still: the picture.
        pattern: of the camera in `cameras.toml`.
        known: there is such a camera already.
        areas: those that it has.
    """

    still: Still
    pattern: str
    known: bool
    areas: Areas


def render(sketch: Sketch, lang: Language) -> str:
    """The whole page, in the language that it starts in."""
    words, script = Words(lang), _read("areas.js")
    # Inside a script element only `<` could end the data early.
    data = json.dumps(_content(sketch, lang), ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return (
        _environment()
        .get_template("areas.html")
        .render(
            words=words,
            lang=lang,
            languages=list(_OWN_NAMES.items()),
            version=__version__,
            policy=content_policy(script),
            style=Markup(_read("areas.css")),  # noqa: S704 our own file
            script=Markup(script),  # noqa: S704 our own file
            data=Markup(data),  # noqa: S704 escaped above
        )
    )


def _content(sketch: Sketch, lang: Language) -> dict[str, Any]:
    still = sketch.still
    blanks = [{"role": "blank", "why": blank.why.value, "points": blank.polygon} for blank in sketch.areas.blanks]
    zones = [
        {"role": "zone", "name": zone.name, "kind": zone.kind.value, "min_s": zone.min_s, "points": zone.polygon}
        for zone in sketch.areas.zones
    ]
    return {
        "lang": lang,
        "words": {each: _said(Words(each)) for each in Language},
        "picture": f"data:image/jpeg;base64,{b64encode(still.jpeg).decode()}",
        "size": [still.width, still.height],
        "covered": still.covered,
        "pattern": sketch.pattern,
        "known": sketch.known,
        "staff": sketch.areas.staff.value,
        "areas": [*blanks, *zones],
        "min_s": MIN_S,
        "kinds": [kind.value for kind in Kind],
        "whys": [why.value for why in Why],
        "staffs": [staff.value for staff in Staff],
    }


def _said(words: Words) -> dict[str, str]:
    """What the page says, by the names that its script knows."""
    return {key.removeprefix("areas_"): words(key) for key in _SAID}


@lru_cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@lru_cache
def _read(name: str) -> str:
    return (_TEMPLATES / name).read_text("utf-8")
