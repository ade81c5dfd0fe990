"""What comes with a base: terms of use, also of teachers and faces, and how it judges what can be read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.models.folder import find_model
from pipeline.models.seen import NONE, decode_seen

from .licence import PICTURES, STARTS, VOTES, describe, took
from .runs import BEST, read_origin, read_run, read_seen
from .targets import identify

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipeline.models.card import Readability
    from pipeline.models.folder import StoredModel
    from pipeline.models.seen import Fingerprints

    from .runs import FinishedRun
    from .settings import TrainSettings

PUBLIC = ("fer2013", "icml_face_data")
"""Beginnings of the names of FER-2013's files, and of the FER+ votes."""

FERPLUS = "fer2013new"


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
        model = find_model(None if base == "active" else base)
        begun = (took("was started from", identify(model), model.card.licence),)
    taught = (took("learned the answers of", identify(teacher), teacher.card.licence) for teacher in teachers)
    return tuple(dict.fromkeys([*begun, *taught]))


def judged_by(base: str) -> Readability | None:
    """What a base says of faces that can be read; None where it does not, or is no model."""
    if base in STARTS:
        return None
    if (Path(base) / BEST).is_file():
        return read_origin(Path(base)).readability
    return find_model(None if base == "active" else base).card.readability


def seen_by(base: str) -> Fingerprints | None:
    """Fingerprints of the faces that a base was trained on; none for random weights, None where nobody knows.

    Weights that learned other pictures than faces with expressions, ImageNet's and Parkhi's, count as random.
    """
    if base in STARTS:
        return NONE
    if (Path(base) / BEST).is_file():
        content = read_seen(Path(base))
        return decode_seen(content) if content else None
    return find_model(None if base == "active" else base).seen()


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
    return describe(_collect(settings, inherited, names))


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
    if any(name.startswith(PUBLIC) and not name.startswith(FERPLUS) for name in names):
        yield PICTURES
    if any(name.startswith(FERPLUS) for name in names):
        yield VOTES
    if own:
        yield f"The labelled faces ({' + '.join(own)}) have terms of their own."
