"""What comes with a base: terms of use, also of teachers and faces, and how it judges what can be read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.models.folder import find_model

from .runs import BEST, read_origin, read_run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipeline.models.card import Readability
    from pipeline.models.folder import StoredModel

    from .runs import FinishedRun
    from .settings import TrainSettings

PUBLIC = ("fer2013", "icml_face_data")
"""Beginnings of the names of FER-2013's files, and of the FER+ votes."""


STARTS = {
    "scratch": "MIT for the weights.",
    "vgg-face": "Non-commercial research: the weights were started from VGG-Face (Parkhi et al. 2015, Oxford).",
    "imagenet": "The weights were started from Keras Applications' ImageNet weights; ImageNet is for research.",
}
"""Terms of what a network may begin with, by the name that `retrain --base` knows it by."""


def inherit(base: str, teachers: Sequence[StoredModel]) -> tuple[str, ...]:
    """Terms that come with a base and with teachers; noted as a run begins, for models are published anew.

    Args:
        base: as given to `retrain --base`.
        teachers: models whose answers are learned.
    """
    if base in STARTS:
        begun: tuple[str, ...] = ()
    elif (Path(base) / BEST).is_file():
        begun = terms_of(read_run(Path(base)))
    else:
        card = find_model(None if base == "active" else base).card
        begun = (f"It was started from {card.name}: {card.licence}",)
    taught = (f"It learned the answers of {teacher.card.name}: {teacher.card.licence}" for teacher in teachers)
    return tuple(dict.fromkeys([*begun, *taught]))


def judged_by(base: str) -> Readability | None:
    """What a base says of faces that can be read; None where it does not, or is no model."""
    if base in STARTS:
        return None
    if (Path(base) / BEST).is_file():
        return read_origin(Path(base)).readability
    return find_model(None if base == "active" else base).card.readability


def terms_of(run: FinishedRun) -> tuple[str, ...]:
    """All terms of a run: of its beginning, of what it inherited, of the faces that it learned."""
    sources = run.origin.sources
    paths = (*sources.data[:1], sources.ferplus, *sources.data[1:], sources.replay)
    return _collect(run.settings, run.origin.terms, [Path(path).name for path in paths if path])


def describe_licence(settings: TrainSettings, inherited: Sequence[str], sources: Sequence[str]) -> str:
    """What may be done with a model: the terms of what it was started from and taught by, and of its faces.

    Args:
        settings: of its run.
        inherited: terms from its base and teachers, as in the run's origin.
        sources: names of the labelled faces, replayed ones included.
    """
    names = [part for source in sources for part in source.split(" + ")]
    parts = _collect(settings, inherited, names)
    return say_once(" ".join(_without(part, [other for other in parts if other != part]) for part in parts))


TOOK = re.compile(r"It (was started from|learned the answers of|was averaged with) ([^\s:,]+): (.+)")
"""A sentence on what a model took from another: how, its name, and the beginning of its terms."""


def say_once(licence: str) -> str:
    """Terms in which each sentence stands once, and each model that something was taken from, in whatever ways."""
    ways: dict[tuple[str, str], list[str]] = {}
    sentences: dict[str | tuple[str, str], None] = {}
    for sentence in re.split(r"(?<=\.) (?=[A-Z])", licence):
        took = TOOK.fullmatch(sentence)
        key = (took[2], took[3]) if took else sentence
        sentences[key] = None
        if took and took[1] not in ways.setdefault((took[2], took[3]), []):
            ways[took[2], took[3]].append(took[1])
    return " ".join(key if isinstance(key, str) else _say_ways(ways[key], *key) for key in sentences)


def _say_ways(ways: Sequence[str], name: str, terms: str) -> str:
    *others, last = ways
    return f"It {', '.join(others)} and {last} {name}: {terms}" if others else f"It {last} {name}: {terms}"


def _collect(settings: TrainSettings, inherited: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    """Terms of a beginning, of what was inherited, and of faces by the names of their sources, each once."""
    begun = settings.base.split(",", maxsplit=1)[0]
    start = [STARTS[begun]] if begun in STARTS else []
    unknown = [name for name in (begun, *settings.teachers) if name not in STARTS]
    if unknown and not inherited:
        start.append(f"The terms of what it was started from or taught by were not noted: {', '.join(unknown)}.")
    return tuple(dict.fromkeys([*start, *inherited, *_face_terms(names)]))


def _face_terms(names: Sequence[str]) -> Iterator[str]:
    own = [name for name in names if not name.startswith(PUBLIC)]
    if len(own) < len(names):
        yield "The pictures of FER-2013 came from web search: research and evaluation."
    if own:
        yield f"The labelled faces ({' + '.join(own)}) have terms of their own."


def _without(term: str, others: Sequence[str]) -> str:
    """A term without sentences that stand elsewhere."""
    for other in others:
        term = " ".join(term.replace(other, "").split())
    return f"{term[:-1]}, under the same terms." if term.endswith(":") else term
