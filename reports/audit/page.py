"""The page on which people answer: one file that needs no connection, and knows nothing of what was recognised."""

from __future__ import annotations

import json
from base64 import b64encode
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
from markupsafe import Markup

from pipeline import __version__
from pipeline.audits.answers import NO_FACE_VOTE, UNCLEAR_VOTE
from pipeline.audits.cutting import AROUND

from ..page.html import content_policy
from ..words.words import Language, Words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .sample import DrawnFace

_TEMPLATES = Path(__file__).parent / "templates"

BUTTONS = ("neutral", "happy", "sad", "surprise", "angry", "fear", "disgust", UNCLEAR_VOTE, NO_FACE_VOTE)
"""What can be answered, in the order of the keys 1 to 9: what people say most often comes first."""

_SAID = (
    "audit_title", "audit_about", "audit_question", "audit_marks", "audit_unclear_means", "audit_no_face_means",
    "audit_hand_on", "audit_pictures", "audit_name", "audit_start", "audit_go_on", "audit_back", "audit_save",
    "audit_progress", "audit_last", "audit_keys", "audit_kept", "audit_not_kept", "audit_done", "audit_done_about",
    "audit_saved", "audit_picture", "audit_language",
)  # fmt: skip

_OWN_NAMES = {Language.EN: "English", Language.VI: "Tiếng Việt"}


def render(sample: str, faces: Sequence[tuple[DrawnFace, float, bytes]], lang: Language) -> str:
    """The whole page.

    Args:
        sample: by which the answers will be known.
        faces: each face in the order in which it is shown, how many stored faces it stands for, and its picture (JPEG).
        lang: the language that the page starts in.
    """
    words, script = Words(lang), _read("audit.js")
    content = {
        "sample": sample,
        "lang": lang,
        "votes": BUTTONS,
        "words": {each: _said(Words(each)) for each in Language},
        "faces": [_shown(face, weight, picture) for face, weight, picture in faces],
    }
    # Inside a script element only `<` could end the data early.
    data = json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return (
        _environment()
        .get_template("audit.html")
        .render(
            words=words,
            lang=lang,
            languages=list(_OWN_NAMES.items()),
            version=__version__,
            policy=content_policy(script),
            style=Markup(_read("audit.css")),  # noqa: S704 our own file
            script=Markup(script),  # noqa: S704 our own file
            data=Markup(data),  # noqa: S704 escaped above
        )
    )


def _said(words: Words) -> dict[str, str]:
    """What the page says, by the names that its script knows."""
    named = {key.removeprefix("audit_"): words(key) for key in _SAID}
    votes = {vote: words(vote) for vote in BUTTONS[:7]}
    return named | votes | {UNCLEAR_VOTE: words("unclear"), NO_FACE_VOTE: words("audit_no_face")}


def _shown(face: DrawnFace, weight: float, picture: bytes) -> dict[str, Any]:
    """A face as the page has it: its picture, where in it the box lies, and what its answer will carry."""
    box = face.box
    width, height = box.right - box.left, box.bottom - box.top
    return {
        "picture": f"data:image/jpeg;base64,{b64encode(picture).decode()}",
        "marks": [round(side / (AROUND * box.side), 4) for side in (width, height)],
        "known": {
            "video": face.video.name.rpartition("/")[2],
            "sha256": face.video.sha256,
            "frame": face.frame,
            "time_s": round(face.time_s, 3),
            "box": [round(value, 2) for value in (box.left, box.top, width, height)],
            "location": face.video.location,
            "weight": round(weight, 4),
            "random": True,
        },
    }


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
