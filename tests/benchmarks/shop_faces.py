"""How true a report is of shop faces that were rated: what is read against what raters say, and what intervals hold.

    python tests/benchmarks/shop_faces.py LABELS VIDEOS... [--model NAME] [--min-confidence X] [--min-readable X] ...

LABELS: {"faces": [{"video", "frame", "box": [x, y, width, height], "votes": [label, ...], "random"}]}, as of an audit.
VIDEOS: folders with the clips; those that are in none are named and left out. The real `analyze` runs on the others (a
temporary database, 2 frames/s, every other setting as it comes), boxes are matched at an overlap (IoU) of 0.5, and the
report is computed as for a page, without the ratings. A face is readable where most raters name an expression, and its
truth is what most name. The last line fits `misreading.CONCENTRATION` to these clips, each left out in turn.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from pipeline.audits.answers import read_answers  # noqa: E402
from pipeline.batch import Request, analyze_all  # noqa: E402
from pipeline.errors import FerVideoError  # noqa: E402
from pipeline.events import Outcome  # noqa: E402
from pipeline.labels import LABELS, Thresholds  # noqa: E402
from pipeline.places.inputs import Input  # noqa: E402
from pipeline.records import EXPRESSIONS, NO_FACE, UNCLEAR  # noqa: E402
from pipeline.settings import Sampling, SamplingMode, Settings  # noqa: E402
from pipeline.store.database import connect  # noqa: E402
from reports.audit.read import read  # noqa: E402
from reports.numbers.accuracy import measure_agreement  # noqa: E402
from reports.numbers.audited import NOT_FOUND, SAID, SPLIT, read_audited  # noqa: E402
from reports.numbers.intervals import to_shares  # noqa: E402
from reports.numbers.misreading import CONCENTRATION, response_of  # noqa: E402
from reports.numbers.queries import load  # noqa: E402
from reports.numbers.report import Request as Question  # noqa: E402
from reports.numbers.report import make_report  # noqa: E402
from reports.numbers.selection import Selection  # noqa: E402
from reports.numbers.visit_rows import load_visits  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pipeline.models.card import ModelCard
    from reports.numbers.columns import Audited, Flags, Ints, Reals
    from reports.numbers.report import Report

FPS = 2.0
PRINTED = 0.0005
"""A share is inside where it is as printed, to a tenth of a per cent."""

CANDIDATES = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 14.0, 20.0, 30.0)


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """A report of rated clips, and each rated face with what is read there."""

    report: Report
    audited: Audited


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many (clip, expression) pairs have their rated share within the page's interval.

    Attributes:
        pairs, inside: all pairs of clips with a readable face, and the share of them inside.
        width: mean width of the intervals.
        present, present_inside, present_width: the same of pairs whose expression was rated or read at all.
        missed: clip, expression, rated share, read share, low and high of those outside.
    """

    pairs: int
    inside: float
    width: float
    present: int
    present_inside: float
    present_width: float
    missed: tuple[tuple[str, str, float, float, float, float], ...]


def main() -> None:
    """Parse, analyse, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labels", type=Path)
    parser.add_argument("videos", nargs="+", type=Path)
    parser.add_argument("--model")
    for name, value in (("min-confidence", Thresholds().min_confidence), ("min-readable", Thresholds().min_readable)):
        parser.add_argument(f"--{name}", type=float, default=value)
    parser.add_argument("--min-is-face", type=float, default=Thresholds().min_is_face)
    options = parser.parse_args()
    thresholds = Thresholds(options.min_confidence, options.min_readable, options.min_is_face)
    clips, missing = find_clips(options.labels, options.videos)
    if missing:
        say(f"left out, as they are in none of the folders: {', '.join(missing)}")
    with tempfile.TemporaryDirectory() as folder:
        database = f"{folder}/rows.db"
        analyse(clips, database, options.model)
        measured = measure(database, options.labels, thresholds)
    for line in (*describe(measured.audited), *describe_intervals(measured)):
        say(line)


def find_clips(labels: Path, folders: Iterable[Path]) -> tuple[list[Path], list[str]]:
    """The clips that were rated, and the names of those that are in none of the folders."""
    names = dict.fromkeys(Path(face.video).name for face in read_answers([labels]).faces)
    files = {path.name: path for folder in folders for path in sorted(folder.rglob("*")) if path.name in names}
    return [files[name] for name in names if name in files], [name for name in names if name not in files]


def analyse(clips: Sequence[Path], database: str, model: str | None = None) -> None:
    """The main job, at the settings under which the faces were rated."""
    settings = Settings(sampling=Sampling(SamplingMode.FPS, FPS))
    settings = replace(settings, model=model) if model else settings
    for event in analyze_all([Input(path) for path in clips], Request(database, settings)):
        if isinstance(event, Outcome) and event.reason:
            say(f"{event.path.name}: {event.status}, {event.reason}")


def measure(database: str, labels: Path, thresholds: Thresholds | None = None) -> Measured:
    """The report without the ratings, then the rated faces with what it reads there."""
    selection = Selection(thresholds=thresholds or Thresholds())
    engine = connect(database, writes=True)
    try:
        question = Question(selection, min_group=1)
        report = make_report(load([engine], selection), question, load_visits([engine], selection))
        read(engine, [labels], selection.thresholds)
        audited = read_audited([engine], selection)
    finally:
        engine.dispose()
    assert audited
    return Measured(report, audited)


def describe(audited: Audited) -> Iterator[str]:
    """What `score.py` of the rated set prints, and what becomes of readable and unclear faces and of no faces."""
    said, read_as, given, readable = audited.said, audited.read, audited.given, audited.readable
    names = Counter("split" if one == SPLIT else SAID[one] for one in said)
    pairwise = measure_agreement(audited.votes).pairwise
    yield f"{len(said)} faces, raters agree pairwise on {pairwise or 0:.1%}; {dict(names.most_common())}"
    yield f"not found by analyze: {(read_as == NOT_FOUND).sum()}"
    right = readable & (said == read_as)
    yield (
        f"readable {readable.sum()}: given an expression {_share(given, readable)}, of those right "
        f"{_share(right, readable & given)}, of all right {_share(right, readable)}; kept as readable "
        f"{_share((read_as >= 0) & (read_as < len(LABELS)), readable)}"
    )
    for name in ("neutral", "happy"):
        mine = said == SAID.index(name)
        yield f"  {name} {mine.sum()}: {dict(Counter(_read_names(read_as[mine])).most_common())}"
    neutral, happy = (said == SAID.index(name) for name in ("neutral", "happy"))
    yield f"neutral called sad {_share(read_as == SAID.index('sad'), neutral)}, happy found {_share(right, happy)}"
    unclear, nothing = (said == SAID.index(name) for name in (UNCLEAR, NO_FACE))
    left = f"left out: unclear {_share(~given, unclear)} of {unclear.sum()}, no faces {_share(~given, nothing)}"
    yield f"{left} of {nothing.sum()}"
    yield from _describe_shares(audited)


def _describe_shares(audited: Audited) -> Iterator[str]:
    drawn = audited.random
    rated, found = _shares(audited.said, drawn & audited.readable), _shares(audited.read, drawn & audited.given)
    both = zip(EXPRESSIONS, rated, found, strict=True)
    yield "random sample, rated / read: " + "  ".join(f"{name} {one:.0%}/{two:.0%}" for name, one, two in both)
    clips = [
        _distance(_shares(audited.said, mine & audited.readable), _shares(audited.read, mine & audited.given))
        for at in np.unique(audited.video[drawn & audited.readable])
        if (drawn & (mine := audited.video == at) & audited.given).any()
    ]
    median = f", in the median clip {100 * np.median(clips):.1f}" if clips else ""
    yield f"distance {100 * _distance(rated, found):.1f} points{median}"


def describe_intervals(measured: Measured) -> Iterator[str]:
    """Whether intervals hold what raters say, clip by clip and over all, and the concentration that these clips ask."""
    found = cover(measured)
    yield (
        f"rated share within the interval: {found.inside:.1%} of {found.pairs} (clip, expression) pairs, mean width "
        f"{100 * found.width:.1f} points; where it was rated or read at all {found.present_inside:.1%} of "
        f"{found.present}, {100 * found.present_width:.1f} points"
    )
    for clip, name, rated, read_as, low, high in found.missed:
        yield f"  outside: {clip} {name}: rated {rated:.0%}, read {read_as:.0%}, interval {low:.0%} to {high:.0%}"
    yield _describe_time(measured)
    overall, rated_all = measured.report.overall.expressions, _shares(measured.audited.said, measured.audited.readable)
    if overall.low and overall.high:
        bounds = zip(EXPRESSIONS, rated_all, overall.low, overall.high, strict=False)
        yield "all clips, rated in interval: " + "  ".join(f"{n} {s:.1%} in {a:.1%}-{b:.1%}" for n, s, a, b in bounds)
    lead = measured.report.overall.lead
    yield f"first: {EXPRESSIONS[lead.first]}, then {EXPRESSIONS[lead.second]}: {lead.verdict}"
    yield from _describe_fit(measured)


def cover(measured: Measured) -> Coverage:
    """Rated shares against the intervals of the page's groups by video."""
    audited, groups = measured.audited, measured.report.by_video.groups
    named = {video.sha256: at for at, video in enumerate(measured.report.videos)}
    rows: list[tuple[str, str, float, float, float, float]] = []
    for at in np.unique(audited.video[audited.readable]):
        rated = _shares(audited.said, audited.readable & (audited.video == at))
        group = groups[named[audited.videos[at].sha256]]
        shares = group.expressions
        for index, name in enumerate(EXPRESSIONS):
            low, high = (bound[index] if bound else np.nan for bound in (shares.low, shares.high))
            rows.append((group.name, name, float(rated[index]), shares.shares[index], low, high))
    numbers = np.array([row[2:] for row in rows])
    inside = (numbers[:, 2] - PRINTED <= numbers[:, 0]) & (numbers[:, 0] <= numbers[:, 3] + PRINTED)
    width, present = numbers[:, 3] - numbers[:, 2], numbers[:, :2].max(axis=1) > 0
    return Coverage(
        len(rows), inside.mean(), np.nanmean(width), int(present.sum()), inside[present].mean(),
        np.nanmean(width[present]), tuple(row for row, one in zip(rows, inside, strict=True) if not one),
    )  # fmt: skip


def _describe_time(measured: Measured) -> str:
    """Rated shares against the intervals of face-time, of clips with enough visits for one."""
    audited, visits = measured.audited, measured.report.visits
    assert visits
    named = {video.sha256: at for at, video in enumerate(measured.report.videos)}
    rows = []
    for at in np.unique(audited.video[audited.readable]):
        group = visits.groups["video"][named[audited.videos[at].sha256]]
        shares = group.shares if group else None
        if shares and shares.of_time_interval is not None:
            rated = _shares(audited.said, audited.readable & (audited.video == at))
            rows.append(np.stack([rated, *shares.of_time_interval]))
    if not rows:
        return "face-time of visits: no clip has enough visits for an interval"
    rated, low, high = np.concatenate(rows, axis=1)
    inside = (low - PRINTED <= rated) & (rated <= high + PRINTED)
    return (
        f"rated share within the interval of face-time, mean probabilities of visits: {inside.mean():.1%} of "
        f"{inside.size} pairs of {len(rows)} clips, mean width {100 * (high - low).mean():.1f} points"
    )


def _describe_fit(measured: Measured) -> Iterator[str]:
    cards = [run.card for run in measured.report.runs if run.card]
    counts = [count for count in _confusions(measured.audited) if count.any()]
    if not cards or not counts:
        return
    likely = fit_concentration(cards[0], counts)
    best = CANDIDATES[int(likely.sum(axis=0).argmax())]
    others = sorted({CANDIDATES[int(one)] for one in (likely.sum(axis=0) - likely).argmax(axis=1)})
    yield (
        f"concentration most likely on these {len(counts)} clips {best:g}, with one left out {others[0]:g} to "
        f"{others[-1]:g}; in use {CONCENTRATION:g}"
    )


def _confusions(audited: Audited) -> Iterator[Reals]:
    """What raters say by what is read, of the faces of each clip that both call readable: (7, 8)."""
    both = audited.readable & (audited.read >= 0) & (audited.read < len(LABELS))
    for at in np.unique(audited.video[both]):
        mine = both & (audited.video == at)
        place = audited.said[mine] * len(LABELS) + audited.read[mine]
        yield np.bincount(place, minlength=len(EXPRESSIONS) * len(LABELS)).reshape(-1, len(LABELS)).astype(np.float64)


def fit_concentration(card: ModelCard, confusions: Sequence[Reals]) -> Reals:
    """Log likelihood (clips, candidates) of each concentration: rows of a clip are Dirichlet-multinomial."""
    from scipy.special import gammaln

    response = response_of(card, 1.0)
    assert response
    found = []
    for counts in confusions:
        weights = np.multiply.outer(np.array(CANDIDATES), response.weights)
        rows = gammaln(weights.sum(axis=2)) - gammaln(weights.sum(axis=2) + counts.sum(axis=1))
        found.append((rows + (gammaln(weights + counts) - gammaln(weights)).sum(axis=2)).sum(axis=1))
    return np.array(found)


def _read_names(read_as: Ints) -> list[str]:
    names = (*LABELS, UNCLEAR, NO_FACE)
    return ["not found" if one == NOT_FOUND else names[one] for one in read_as]


def _shares(labels: Ints, keep: Flags) -> Reals:
    return to_shares(np.bincount(labels[keep], minlength=len(EXPRESSIONS)).astype(np.float64))


def _distance(one: Reals, other: Reals) -> float:
    """Half the sum of the differences (total variation)."""
    return float(np.abs(one - other).sum() / 2)


def _share(part: Flags, whole: Flags) -> str:
    return f"{(part & whole).sum() / max(whole.sum(), 1):.1%}"


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        main()
    except FerVideoError as error:
        sys.exit(f"{Path(__file__).name}: {error}")
