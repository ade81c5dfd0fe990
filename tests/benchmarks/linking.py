"""How well the linker tells who is who, on annotated people in motion, beside SORT and, if it is installed, norfair.

python tests/benchmarks/linking.py        needs ../shared/data/tracks/people.csv.gz

Half of the street (its first half in time) and the door's first and third sequences were used for fitting the gates;
the table gives both halves and the whole. Boxes are perfect, or 10 and 30 % of them are dropped in bursts with 3 %
jitter. Identity switches and fragments: a person's next box has another number; numbers that a person has beyond one.
"""

from __future__ import annotations

import csv
import gzip
import importlib
import logging
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import linear_sum_assignment

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from pipeline.tracks.boxes import Boxes  # noqa: E402
from pipeline.tracks.linker import link  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TRACKS = ROOT.parent.parent / "shared" / "data" / "tracks" / "people.csv.gz"
FPS, JITTER, DROPS = 2.0, 0.03, (0.0, 0.1, 0.3)
PHASES_S, BURSTS = (0.0, 0.1, 0.2, 0.3, 0.4), (2.0, 3.0)
NOBODY = "Unknown"


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Boxes of a scene at the sampled rate, who each is of, and how many true boxes there were before any was lost."""

    boxes: Boxes
    width: np.ndarray[Any, Any]
    height: np.ndarray[Any, Any]
    person: np.ndarray[Any, Any]
    true_boxes: int


def read_scenes(path: Path) -> dict[str, np.ndarray[Any, Any]]:
    """Rows by scene: (N, 6) of objects, seconds, person, x, y, width, height."""
    rows: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    with gzip.open(path, "rt") as stream:
        for row in csv.DictReader(stream):
            numbers = (float(row[name]) for name in ("x", "y", "width", "height"))
            rows[row["scene"]].append((float(row["t_s"]), row["person"], *numbers))
    return {name: np.array(found, object) for name, found in rows.items()}


def sample(rows: np.ndarray[Any, Any], step_s: float, phase_s: float, span: tuple[float, float]) -> Scene:
    """The native frames nearest to a sampled clock, within a share of the scene's time."""
    seconds = rows[:, 0].astype(np.float64)
    start, length = seconds.min(), np.ptp(seconds)
    native = np.arange(start, seconds.max() + step_s / 2, step_s)
    clock = np.arange(start + phase_s + span[0] * length, start + span[1] * length, 1 / FPS)
    wanted = {round((each - start) / step_s): at for at, each in enumerate(clock)}
    number = np.round((seconds - start) / step_s).astype(int)
    kept = np.flatnonzero([each in wanted for each in number])
    frame = np.array([wanted[number[at]] for at in kept])
    kept, frame = kept[np.argsort(frame, kind="stable")], np.sort(frame, kind="stable")
    x, y, width, height = rows[kept, 2:].astype(np.float64).T
    times = native[[min(each, len(native) - 1) for each in wanted]]
    boxes = Boxes(times, frame, x + width / 2, y + height / 2, np.maximum(width, height), np.ones(len(kept)))
    person = rows[kept, 1].astype(str)
    return Scene(boxes, width, height, person, int((person != NOBODY).sum()))


def spoil(scene: Scene, share: float, burst: float, seed: int) -> Scene:
    """Drop a share of the boxes in bursts of so many on average, and move and scale the others a little."""
    if not share:
        return scene
    generator = np.random.default_rng(seed)
    keep = np.ones(len(scene.boxes), np.bool_)
    for person in np.unique(scene.person):
        lost = generator.random() < share
        for at in np.flatnonzero(scene.person == person):
            keep[at] = not lost
            again = generator.random()
            lost = again >= 1 / burst if lost else again < share / burst / (1 - share)
    right, down, scale = generator.normal(0, JITTER, (3, len(keep)))
    boxes, grown = scene.boxes, np.exp(scale)
    x, y = boxes.x + right * boxes.side, boxes.y + down * boxes.side
    moved = Boxes(boxes.time_s, boxes.frame, x, y, boxes.side * grown, boxes.confidence).where(keep)
    width, height = ((each * grown)[keep] for each in (scene.width, scene.height))
    return Scene(moved, width, height, scene.person[keep], scene.true_boxes)


def ours(scene: Scene) -> tuple[Any, Any]:
    """Visit and tracklet of each box."""
    links = link(scene.boxes)
    return links.visit[links.tracklet - 1], links.tracklet


def sort(scene: Scene) -> tuple[Any, Any]:
    """SORT (Bewley et al. 2016) with its defaults of a box's overlap of 0.3 and one frame of patience, constant speed.

    Its Kalman filter is replaced by the last step; every box gets a number from the first on, which favours it.
    """
    found, numbers = np.zeros(len(scene.boxes), np.int64), 0
    corners = _corners(scene)
    known: list[tuple[int, Any, Any]] = []
    for frame in range(len(scene.boxes.time_s)):
        rows = np.flatnonzero(scene.boxes.frame == frame)
        overlap = _overlaps(np.array([box + step for _, box, step in known]).reshape(-1, 4), corners[rows])
        now = []
        pairs = {int(b): int(a) for a, b in zip(*linear_sum_assignment(-overlap), strict=True) if overlap[a, b] >= 0.3}
        for at, row in enumerate(rows):
            if at in pairs:
                number, box, _ = known[pairs[at]]
                now.append((number, corners[row], corners[row] - box))
            else:
                numbers += 1
                number = numbers
                now.append((number, corners[row], np.zeros(4)))
            found[row] = number
        known = now
    return found, found


def norfair(scene: Scene) -> tuple[Any, Any]:
    """Norfair's tracker with the distance that ours begins with: between centres, in mean sides."""
    library: Any = importlib.import_module("norfair")

    def distance(detection: Any, track: Any) -> float:
        (here, there), side = (detection.points, track.estimate), detection.data[1]
        return float(np.linalg.norm(here[0] - there[0]) * 2 / (side + track.last_detection.data[1]))

    tracker = library.Tracker(distance, 4.0, hit_counter_max=3, initialization_delay=0, pointwise_hit_counter_max=3)
    found, missing = np.zeros(len(scene.boxes), np.int64), 10**6
    for frame in range(len(scene.boxes.time_s)):
        rows = np.flatnonzero(scene.boxes.frame == frame).tolist()
        made = [
            library.Detection(np.array([[scene.boxes.x[row], scene.boxes.y[row]]]), data=(row, scene.boxes.side[row]))
            for row in rows
        ]
        active = tracker.update(detections=made)
        seen = {track.last_detection.data[0]: track.id for track in active}
        for row in rows:
            missing += 1
            found[row] = seen.get(row, missing)
    return found, found


def _corners(scene: Scene) -> Any:
    boxes = scene.boxes
    half = np.stack([scene.width, scene.height], axis=1) / 2
    centre = np.stack([boxes.x, boxes.y], axis=1)
    return np.concatenate([centre - half, centre + half], axis=1)


def _overlaps(one: Any, other: Any) -> Any:
    """Intersection over union, (A, 4) and (B, 4) corners → (A, B)."""
    low, high = np.maximum(one[:, None, :2], other[None, :, :2]), np.minimum(one[:, None, 2:], other[None, :, 2:])
    both = np.prod(np.maximum(high - low, 0), axis=2)
    sizes = [np.prod(np.maximum(each[:, 2:] - each[:, :2], 1e-9), axis=1) for each in (one, other)]
    return both / (sizes[0][:, None] + sizes[1][None] - both)


def score(scene: Scene, visit: Any, tracklet: Any) -> Any:
    """People, visits, sum of IDF1's parts (3), people with one visit, switches, fragments, tracklets, mixed ones."""
    known = scene.person != NOBODY
    table, pieces = (_table(scene.person[known], each[known]) for each in (visit, tracklet))
    rows, columns = linear_sum_assignment(-table)
    numbers = [visit[scene.person == person] for person in np.unique(scene.person[known])]
    switches = sum(int((np.diff(each) != 0).sum()) for each in numbers)
    people, visits = table.shape
    held = table > 0
    mixed = int(((pieces > 0).sum(axis=0) > 1).sum())
    return np.array(
        [people, visits, 2 * table[rows, columns].sum(), scene.true_boxes, known.sum(),
         (held.sum(axis=1) == 1).sum(), switches, held.sum() - people, pieces.shape[1], mixed],
        np.float64,
    )  # fmt: skip


def _table(people: Any, numbers: Any) -> Any:
    _, person = np.unique(people, return_inverse=True)
    _, number = np.unique(numbers, return_inverse=True)
    table = np.zeros((person.max() + 1, number.max() + 1))
    np.add.at(table, (person, number), 1)
    return table


def scenes_of(rows: dict[str, Any], kind: str, half: int | None, share: float) -> Iterator[Scene]:
    """All variants of the scenes of a kind; `half` 0 for what gates were fitted on, 1 for the other, None for all."""
    for name, found in sorted(rows.items()):
        if not name.startswith(kind):
            continue
        street = kind == "street"
        if not street and half is not None and ("_S1_" in name or "_S3_" in name) != (half == 0):
            continue
        span = (0.0, 1.0) if half is None or not street else (half / 2, half / 2 + 0.5)
        for phase_s in PHASES_S if street else PHASES_S[:3:2]:
            for burst in BURSTS if share else BURSTS[:1]:
                scene = sample(found, 0.04 if street else 1 / 30, phase_s, span)
                yield spoil(scene, share, burst, int(phase_s * 100) + int(burst))


def measure(rows: dict[str, Any], tracker: Callable[[Scene], tuple[Any, Any]], *which: Any) -> str:
    """One line of figures."""
    parts = [score(scene, *tracker(scene)) for scene in scenes_of(rows, *which)]
    people, visits, right, true, found, whole, switches, fragments, tracklets, mixed = np.sum(parts, axis=0)
    return (
        f"IDF1 {right / (true + found):.3f}   visits/people {visits / people:.3f}   one visit {whole / people:.3f}   "
        f"switches {switches / len(parts):6.1f}   fragments {fragments / len(parts):6.1f}   "
        f"mixed tracklets {mixed / tracklets:.3f}"
    )


def time_hour() -> float:
    """Seconds of the processor to link an hour of four faces a frame, walking through."""
    generator, frames = np.random.default_rng(1), 7200
    columns = []
    for person in range(4):
        step = np.arange(frames) + 7 * person
        lane = generator.integers(0, 1000, frames // 30 + 2)[step // 30]
        columns.append(np.stack([100 + step % 30 * 30.0, lane, np.full(frames, 40.0)]))
    x, y, side = (np.stack([each[row] for each in columns], axis=1).ravel() for row in range(3))
    noise = generator.normal(0, 1, (3, 4 * frames))
    frame = np.repeat(np.arange(frames), 4)
    boxes = Boxes(np.arange(frames) / 2, frame, x + noise[0], y + noise[1], side + noise[2], np.ones(4 * frames))
    began = time.process_time()
    link(boxes)
    return time.process_time() - began


def main() -> None:
    """Print the tables."""
    logging.disable(logging.WARNING)  # norfair says at each frame how it could be faster
    rows = read_scenes(TRACKS)
    for kind in ("street", "door"):
        for share in DROPS:
            for name, half in (("fitted", 0), ("judged", 1), ("all", None)):
                print(
                    f"{kind:6} {share:4.0%} lost  ours, {name:7} {measure(rows, ours, kind, half, share)}", flush=True
                )
            print(f"{kind:6} {share:4.0%} lost  SORT          {measure(rows, sort, kind, None, share)}", flush=True)
            try:
                print(
                    f"{kind:6} {share:4.0%} lost  norfair       {measure(rows, norfair, kind, None, share)}", flush=True
                )
            except ImportError:
                print("               norfair is not installed")
    print(f"an hour of 4 faces a frame: {time_hour():.2f} s of the processor")


if __name__ == "__main__":
    main()
