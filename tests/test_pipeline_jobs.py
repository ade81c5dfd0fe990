"""A batch: what is done is not done again, what fails fails alone, and everything ends in an outcome."""

from __future__ import annotations

import os
import shutil
import signal
import struct
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fakes import FakeClassifier, FakeDetector, fake_stages, write_video
from fixtures_video import cut, flip_bits, write_bad_inputs, write_two_sizes
from sqlalchemy import update

from pipeline.analyze import CHUNK_FRAMES, FIRST_CHUNK_FRAMES, Stages
from pipeline.errors import ModelError, UsageError
from pipeline.events import ChunkStored, Outcome, VideoDeferred, VideoStarted
from pipeline.jobs import Batch, run
from pipeline.models.folder import find_model
from pipeline.places.inputs import Input
from pipeline.places.locate import PlaceOptions
from pipeline.plan import plan
from pipeline.records import Hints, Place, VideoInfo, VideoRecord
from pipeline.settings import Sampling, SamplingMode, Settings
from pipeline.store import schema
from pipeline.store.videos import list_videos
from pipeline.store.writer import Store
from pipeline.video.decoding import Decoder
from pipeline.video.identity import identify
from pipeline.video.sampling import expected_frames
from pipeline.video.source import VideoFile
from pipeline.work import Failed, Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipeline.events import Event
    from pipeline.records import Face, Image
    from pipeline.work import Event as WorkEvent
    from pipeline.work import Job, OpenStages

ALL = Settings(Sampling(SamplingMode.FPS, 1000))


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    """One decoding process for the whole file."""
    with Decoder(patience_s=30) as decoder:
        yield decoder


@dataclass
class Bench:
    """A store in a folder of its own, and how batches are run against it."""

    store: Store
    decoder: Decoder
    opened: list[int] = field(default_factory=list)

    def events(
        self, *paths: Path, settings: Settings | None = None, force: bool = False, stages=None
    ) -> Iterator[Event]:
        settings = settings or Settings()
        run_id = self.store.add_run(settings, find_model(), "cpu")

        def open_stages(*_: object) -> Stages:
            self.opened.append(run_id)
            return stages or fake_stages()

        return self.run([Input(path) for path in paths], run_id, open_stages, settings, force=force)

    def run(
        self,
        inputs: list[Input],
        run_id: int,
        open_stages: OpenStages,
        settings: Settings | None = None,
        *,
        force: bool = False,
    ) -> Iterator[Event]:
        settings = settings or Settings()
        batch = Batch(self.store, run_id, settings, find_model(), "cpu", self.open_source, force=force)
        return run(inputs, batch, Worker(open_stages, self.open_source))

    def open_source(self, path: Path, hints: Hints) -> VideoFile:
        return VideoFile(path, self.decoder, hints)

    def outcomes(self, *paths: Path, **options) -> list[Outcome]:
        return [event for event in self.events(*paths, **options) if isinstance(event, Outcome)]


@pytest.fixture
def bench(tmp_path: Path, decoder: Decoder) -> Iterator[Bench]:
    """An empty store, with the shared decoder."""
    with Store(str(tmp_path / "store.db")) as store:
        yield Bench(store, decoder)


@dataclass
class InterruptedDetector:
    """Finds what the fake finds, until it is interrupted as by Ctrl-C."""

    batches: int
    act: Callable[[], None]

    def detect(self, images: Image) -> list[tuple[Face, ...]]:
        self.batches -= 1
        if self.batches == 0:
            self.act()
        return FakeDetector().detect(images)


def _interrupt() -> None:
    raise KeyboardInterrupt


def test_a_video_becomes_rows(tmp_path: Path, bench: Bench):
    """Every sampled frame is stored, those without faces too, and the outcome counts them."""
    (outcome,) = bench.outcomes(write_video(tmp_path / "shop__till__2024-03-26T09-00.mp4", 50, 10))

    assert (outcome.status, outcome.reason, outcome.location, outcome.camera) == ("done", None, "shop", "till")
    assert outcome.frames == 10
    assert outcome.faces == sum(number.bit_count() % 3 for number in range(0, 50, 5)) == sum(outcome.dominant.values())


def test_events_tell_the_progress(tmp_path: Path, bench: Bench):
    """A video is announced with what is expected of it, each chunk is told when it is safe, and the outcome ends it."""
    started, *chunks, outcome = bench.events(write_video(tmp_path / "a.mp4", 150, 10), settings=ALL)

    assert isinstance(started, VideoStarted)
    assert (started.number, started.of, started.expected_frames, started.resumed_frames) == (1, 1, 150, 0)
    assert [chunk.frames for chunk in chunks if isinstance(chunk, ChunkStored)] == [
        FIRST_CHUNK_FRAMES,
        CHUNK_FRAMES,
        CHUNK_FRAMES,
        14,
    ]
    assert isinstance(outcome, Outcome)


def test_finished_videos_are_skipped(tmp_path: Path, bench: Bench):
    """The same batch again reads nothing and opens no network, and says that it was done already."""
    path = write_video(tmp_path / "a.mp4")
    (first,) = bench.outcomes(path)

    (second,) = bench.outcomes(path)

    assert second == replace(first, reused=True)
    assert len(bench.opened) == 1


def test_an_interrupted_video_goes_on(tmp_path: Path, bench: Bench):
    """After Ctrl-C the stored chunks are kept, the next run goes on behind them, and the end is the same."""
    path = write_video(tmp_path / "a.mp4", 150, 10)
    stages = Stages(InterruptedDetector(12, _interrupt), FakeClassifier())

    with pytest.raises(KeyboardInterrupt):
        list(bench.events(path, settings=ALL, stages=stages))
    (state,) = list_videos(bench.store._engine)
    started, *_, outcome = bench.events(path, settings=ALL)

    assert (state.status, state.frames) == ("running", FIRST_CHUNK_FRAMES + CHUNK_FRAMES)
    assert isinstance(started, VideoStarted)
    assert started.resumed_frames == FIRST_CHUNK_FRAMES + CHUNK_FRAMES
    with Store(str(tmp_path / "unbroken.db")) as store:
        assert outcome == Bench(store, bench.decoder).outcomes(path, settings=ALL)[0]


def test_a_decoder_that_is_killed_midway_costs_nothing(tmp_path: Path):
    """Another one goes on behind the last chunk: the video is done, and the next one is read."""
    paths = [write_video(tmp_path / "a.mp4", 400, 10), write_video(tmp_path / "b.mp4", 20)]
    with Store(str(tmp_path / "store.db")) as store, Decoder() as decoder:
        detector = InterruptedDetector(10, lambda: os.kill(decoder.pid or 0, signal.SIGKILL))

        killed, sound = Bench(store, decoder).outcomes(*paths, settings=ALL, stages=Stages(detector, FakeClassifier()))
        (again,) = Bench(store, decoder).outcomes(paths[0], settings=ALL, force=True)

    assert (killed.status, killed.frames) == ("done", 400)
    assert (sound.status, sound.frames) == ("done", 20)
    assert killed == again


def test_bad_files_fail_alone(tmp_path: Path, bench: Bench):
    """Each file that is no video fails with its own reason; the videos around it are done."""
    (tmp_path / "bad").mkdir()
    bad = write_bad_inputs(tmp_path / "bad")
    os.mkfifo(tmp_path / "bad/pipe.mp4")
    good = write_video(tmp_path / "good.mp4", 20)

    outcomes = {each.path.name: each for each in bench.outcomes(*bad.values(), tmp_path / "bad/pipe.mp4", good)}

    assert outcomes.pop("good.mp4").status == "done"
    assert {each.status for each in outcomes.values()} == {"failed"}
    assert all(each.reason for each in outcomes.values())
    assert outcomes["empty.mp4"].reason == "the file is empty"
    assert "regular file" in str(outcomes["pipe.mp4"].reason)
    assert {state.status for state in list_videos(bench.store._engine)} == {"failed", "done"}


def test_failed_videos_are_tried_again(tmp_path: Path, bench: Bench):
    """A file that was still being copied fails, and is done once it is whole, leaving no stale failure behind."""
    path = tmp_path / "a.mp4"
    path.touch()
    (failed,) = bench.outcomes(path)
    write_video(path)

    (done,) = bench.outcomes(path)

    assert (failed.status, done.status) == ("failed", "done")
    assert [state.status for state in list_videos(bench.store._engine)] == ["done"]


@pytest.mark.parametrize("suffix", ["ts", "mp4"])
def test_a_file_that_has_grown_is_one_video(tmp_path: Path, bench: Bench, suffix: str):
    """A recording or copy that is read before its end, and again when it is whole, is counted once."""
    path = write_video(tmp_path / f"a.{suffix}", 100, 10)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2 // 188 * 188])
    bench.outcomes(path)
    path.write_bytes(whole)

    (done,) = bench.outcomes(path, settings=ALL)

    assert (done.status, done.frames) == ("done", 100)
    assert [(state.status, state.frames) for state in list_videos(bench.store._engine)] == [("done", 100)]


def test_a_name_that_is_used_again_keeps_both_videos(tmp_path: Path, bench: Bench):
    """Recorders reuse names: another recording under an old name does not delete what was seen in the first."""
    path = write_video(tmp_path / "a.ts", 20)
    bench.outcomes(path)
    write_video(path, 50, size=(240, 320))

    bench.outcomes(path)

    assert [state.status for state in list_videos(bench.store._engine)] == ["done", "done"]


def _at_a_batch(act: Callable[[], Any], batches: int = 3) -> Stages:
    """Stages that do something while a video is read."""
    return Stages(InterruptedDetector(batches, act), FakeClassifier())


def test_a_file_that_changes_while_it_is_read(tmp_path: Path, bench: Bench):
    """Another content under the name, of whatever it is, is not stored under the hash of the first."""
    path = write_video(tmp_path / "a.mp4", 100, 10)
    other = write_video(tmp_path / "b.mp4", 50, 10).read_bytes()
    sound = write_video(tmp_path / "c.mp4", 20, 10)

    changed, after = bench.outcomes(path, sound, settings=ALL, stages=_at_a_batch(lambda: path.write_bytes(other)))
    states = [state.path for state in list_videos(bench.store._engine)]
    again = bench.outcomes(path, settings=ALL)

    assert (changed.status, after.status) == ("failed", "done")
    assert changed.reason == (
        "the file changed while it was read, so nothing of it is stored; run the same command again"
    )
    assert states == [str(sound)]
    assert [(each.status, each.frames) for each in again] == [("done", 50)]


def test_a_file_that_is_touched_or_grows_while_it_is_read(tmp_path: Path, bench: Bench):
    """A new time of change alone is no change; of a recording that grows, what was hashed stays for now."""
    touched, growing = write_video(tmp_path / "a.mp4", 50, 10), write_video(tmp_path / "b.ts", 60, 10)
    whole = growing.read_bytes()
    growing.write_bytes(whole[: len(whole) // 2 // 188 * 188])

    (first,) = bench.outcomes(touched, settings=ALL, stages=_at_a_batch(lambda: os.utime(touched, (1, 1))))
    (second,) = bench.outcomes(growing, settings=ALL, stages=_at_a_batch(lambda: growing.write_bytes(whole)))
    (third,) = bench.outcomes(growing, settings=ALL)

    assert first.status == "done"
    assert second.status in {"done", "partial"}
    assert (third.status, third.frames) == ("done", 60)
    assert len(list_videos(bench.store._engine)) == 2


def test_rows_that_vanish_are_that_videos_outcome(tmp_path: Path, bench: Bench):
    """Where another process deletes a video that is being read, it is looked at again, and the batch goes on."""
    path, sound = write_video(tmp_path / "a.mp4", 100, 10), write_video(tmp_path / "b.mp4", 20, 10)
    gone = _at_a_batch(lambda: bench.store.forget(identify(path).sha256))

    events = list(bench.events(path, sound, settings=ALL, stages=gone))

    (deferred,) = (event for event in events if isinstance(event, VideoDeferred))
    assert deferred.path == path
    assert "deleted meanwhile" in deferred.reason
    ends = [(event.path, event.status, event.frames) for event in events if isinstance(event, Outcome)]
    assert ends == [(sound, "done", 20), (path, "done", 100)]


def test_a_video_killed_between_its_last_chunk_and_its_end(tmp_path: Path, bench: Bench):
    """The last, shorter chunk is stored and nothing is left to read: the video is done."""
    path = write_video(tmp_path / "a.mp4", 100, 10)
    bench.outcomes(path, settings=ALL)
    with bench.store._engine.begin() as connection:
        connection.execute(update(schema.AnalysisRow).values(status="running", finished_at=None))

    (outcome,) = bench.outcomes(path, settings=ALL)

    assert (outcome.status, outcome.frames, outcome.reused) == ("done", 100, False)


def test_a_decoder_that_was_lost_from_outside_goes_on(tmp_path: Path, bench: Bench):
    """What ended for a reason outside the file is partial, but not for good: a rerun goes on behind its last chunk."""
    path = write_video(tmp_path / "a.mp4", 200, 10)
    run_id = bench.store.add_run(ALL, find_model(), "cpu")
    batch = Batch(bench.store, run_id, ALL, find_model(), "cpu", bench.open_source)
    whole = Worker(fake_stages, bench.open_source)

    def lost(job: Job) -> Iterator[WorkEvent]:
        begun, first, *_ = whole(job)
        yield from (begun, first, Failed("the decoder was killed", again=True))

    (broken,) = (event for event in run([Input(path)], batch, lost) if isinstance(event, Outcome))
    started, *_, outcome = bench.events(path, settings=ALL)

    assert (broken.status, broken.frames, broken.reason) == ("partial", FIRST_CHUNK_FRAMES, "the decoder was killed")
    assert isinstance(outcome, Outcome)
    assert isinstance(started, VideoStarted)
    assert (started.resumed_frames, outcome.status, outcome.frames) == (FIRST_CHUNK_FRAMES, "done", 200)


def test_what_an_older_version_misread_is_read_anew(tmp_path: Path, bench: Bench):
    """A stream without a container is read anew once after an update; a sound file stays done."""
    bare, sound = write_video(tmp_path / "a.h264", 50, 10), write_video(tmp_path / "b.mp4", 50, 10)
    bench.outcomes(bare, sound)
    with bench.store._engine.begin() as connection:
        connection.execute(update(schema.AnalysisRow).values(reader=None))

    events = list(bench.events(bare, sound))
    third = bench.outcomes(bare, sound)

    assert [event.anew for event in events if isinstance(event, VideoStarted)] == [
        "an older fer-video read such files differently"
    ]
    assert [event.reused for event in events if isinstance(event, Outcome)] == [False, True]
    assert all(outcome.reused for outcome in third)


def test_what_is_said_of_a_file_since_reads_it_anew(tmp_path: Path, bench: Bench):
    """Another aspect is another reading, under every run; a rate counts only where the file holds no timestamps."""
    path = write_video(tmp_path / "a.mp4", 20, 10)
    bench.outcomes(path)
    bench.outcomes(path, settings=ALL)
    place = Place("q", "d", "option", None, None, "UTC", "option")
    with Decoder() as decoder:
        info = decoder.probe(path)
    video = VideoRecord(path, identify(path), place, info, Hints(rate=12.0))

    bench.store.add_video(video)
    unchanged = [bench.outcomes(path)[0].reused, bench.outcomes(path, settings=ALL)[0].reused]
    bench.store.add_video(replace(video, hints=Hints(aspect=Fraction(16, 9))))
    events = [*bench.events(path), *bench.events(path, settings=ALL)]

    assert unchanged == [True, True]
    assert [event.anew for event in events if isinstance(event, VideoStarted)] == [
        "something else was said of how to read it before"
    ] * 2


def test_damaged_videos_are_partial(tmp_path: Path, bench: Bench):
    """A readable video with damage or without its end is stored as far as it goes, and is visibly partial."""
    short = cut(write_video(tmp_path / "short.mkv", 200, 10), 0.6)
    options = {"movflags": "faststart"}
    flipped = flip_bits(write_video(tmp_path / "flipped.mp4", 100, 10, options=options))

    first, second = bench.outcomes(short, flipped, settings=ALL)

    assert (first.status, second.status) == ("partial", "partial")
    assert "cut short" in str(first.reason)
    assert second.problems > 0
    assert first.frames > 50


def test_a_promised_duration_that_is_wrong(tmp_path: Path, bench: Bench):
    """A header that promises ten times the frames makes the video partial; all its frames are stored."""
    path = write_video(tmp_path / "a.mkv", 50, 10)
    content = path.read_bytes()
    duration = b"\x44\x89\x88"  # Matroska's element for the duration, eight bytes long
    assert duration + struct.pack(">d", 5000.0) in content
    path.write_bytes(content.replace(duration + struct.pack(">d", 5000.0), duration + struct.pack(">d", 50_000.0)))

    (outcome,) = bench.outcomes(path, settings=ALL)

    assert (outcome.frames, outcome.status) == (50, "partial")
    assert outcome.reason == "frames end at 5.0 s of 50.0 s: the file is cut short or damaged"


def test_the_same_content_under_two_names(tmp_path: Path, bench: Bench):
    """A copy is analysed once, and is said to be one."""
    original = write_video(tmp_path / "a.mp4", 20)
    copy = tmp_path / "copy.mp4"
    shutil.copy(original, copy)

    first, second = bench.outcomes(original, copy)

    assert (first.status, second.status) == ("done", "duplicate")
    assert second.reason == f"the same content as {original}"
    assert len(list_videos(bench.store._engine)) == 1


def test_force_replaces(tmp_path: Path, bench: Bench):
    """By force a finished video is read again, and its rows are replaced, not doubled."""
    path = write_video(tmp_path / "a.mp4", 20)
    (first,) = bench.outcomes(path)

    (second,) = bench.outcomes(path, force=True)

    assert second == first
    assert len(bench.opened) == 2


def test_force_without_a_model_costs_nothing(tmp_path: Path, bench: Bench):
    """Where the networks cannot be opened, --force leaves the rows that it was to replace."""
    path = write_video(tmp_path / "a.mp4", 20)
    (before,) = bench.outcomes(path)

    def no_stages(*_: object) -> Stages:
        raise ModelError("changed since it was published")

    run_id = bench.store.add_run(Settings(), find_model(), "cpu")
    with pytest.raises(ModelError):
        list(bench.run([Input(path)], run_id, no_stages, force=True))

    assert bench.outcomes(path) == [replace(before, reused=True)]


def test_changed_settings_are_a_run_beside_the_old_one(tmp_path: Path, bench: Bench):
    """Other settings read the video anew; going back finds the first run finished."""
    path = write_video(tmp_path / "a.mp4", 50, 10)
    (first,) = bench.outcomes(path)

    (other,) = bench.outcomes(path, settings=ALL)
    (back,) = bench.outcomes(path)

    assert (first.frames, other.frames) == (10, 50)
    assert (back.frames, back.reused) == (10, True)


def test_two_sizes_in_one_batch(tmp_path: Path, bench: Bench):
    """Where the picture size changes in the middle of a batch, every frame is read in its own size."""
    (outcome,) = bench.outcomes(write_two_sizes(tmp_path / "a.h264"), settings=ALL)

    assert (outcome.status, outcome.frames) == ("done", 20)
    assert outcome.faces == 2 * sum(number.bit_count() % 3 for number in range(10))


def test_the_same_minutes_are_told(tmp_path: Path, bench: Bench):
    """A recording of a camera that overlaps another one says so in its outcome; one that follows does not."""
    names = ("quay__door__2024-03-26T09-00-00", "quay__door__2024-03-26T09-00-04", "quay__door__2024-03-26T09-01")
    paths = [write_video(tmp_path / f"{name}.mp4", 100 + at, 10 + 9 * at) for at, name in enumerate(names)]

    first, second, third = bench.outcomes(*paths)

    assert (first.notes, third.notes) == ((), ())
    (note,) = second.notes
    assert note.startswith("5 s of it are the same minutes as those of")
    assert paths[0].name in note


def test_missing_inputs_are_failures(tmp_path: Path, bench: Bench):
    """A name that is not there fails with its reason; a file that is no video is skipped with its own."""
    inputs = [Input(tmp_path / "no.mp4", "there is no such file", missing=True), Input(tmp_path / "a.txt", "no video")]

    outcomes = list(bench.run(inputs, 1, fake_stages))

    assert [(each.status, each.reason) for each in outcomes if isinstance(each, Outcome)] == [
        ("failed", "there is no such file"),
        ("skipped", "no video"),
    ]


def test_errors_that_concern_all_stop_the_batch(tmp_path: Path, bench: Bench):
    """A model that cannot be opened is no fault of the video, and the video stays open for the next run."""

    def no_stages(*_: object) -> Stages:
        raise ModelError("changed since it was published")

    run_id = bench.store.add_run(Settings(), find_model(), "cpu")
    path = write_video(tmp_path / "a.mp4", 20)

    with pytest.raises(ModelError):
        list(bench.run([Input(path)], run_id, no_stages))
    assert bench.outcomes(path)[0].status == "done"


def test_the_plan_says_what_and_why(tmp_path: Path, decoder: Decoder):
    """Each input of the plan carries its place, or why it is left out or will fail; nothing is stored."""
    good, empty = write_video(tmp_path / "shop__till.mp4", 5), tmp_path / "empty.mp4"
    empty.touch()
    inputs = [Input(good), Input(empty), Input(tmp_path / "a.txt", "no video"), Input(Path("x"), "gone", missing=True)]

    video, failing, skipped, missing = plan(inputs, lambda path, hints: VideoFile(path, decoder, hints), PlaceOptions())

    assert video.place is not None
    assert (video.place.location, video.info is not None, video.problem) == ("shop", True, None)
    assert failing.problem == "the file is empty"
    assert skipped.skipped == "no video"
    assert (missing.problem, missing.place) == ("gone", None)


def test_a_wrong_cameras_file_stops_the_plan(tmp_path: Path, decoder: Decoder):
    """A mistake in cameras.toml is the user's to mend, not the video's failure."""
    (tmp_path / "cameras.toml").write_text("colour = 1")
    path = write_video(tmp_path / "a.mp4", 3)

    with pytest.raises(UsageError, match="unknown key 'colour'"):
        list(plan([Input(path)], lambda path, hints: VideoFile(path, decoder, hints), PlaceOptions()))


@pytest.mark.parametrize(
    ("sampling", "expected"),
    [
        (Sampling(SamplingMode.FPS, 2), 20),
        (Sampling(SamplingMode.FPS, 100), 250),
        (Sampling(SamplingMode.EVERY, 4), 3),
        (Sampling(SamplingMode.FRAMES, 7), 7),
        (Sampling(SamplingMode.KEYFRAMES), 0),
    ],
    ids=str,
)
def test_expected_frames(sampling: Sampling, expected: int):
    """The estimate for the progress bar follows the rule; a picture has one frame, an unknown duration none."""
    info = VideoInfo(Path("a.mp4"), 640, 480, 25.0, 10.0, "h264")

    assert expected_frames(info, sampling) == expected
    assert expected_frames(replace(info, is_still=True), sampling) == 1
    if sampling.mode in {SamplingMode.FPS, SamplingMode.EVERY}:
        assert expected_frames(replace(info, duration_s=None), sampling) == 0


def test_identity_is_the_content(tmp_path: Path):
    """The same bytes are the same video under any name; files that cannot be read are each their own."""
    for name, content in (("a", b"x"), ("b", b"x"), ("c", b""), ("d", b"")):
        (tmp_path / name).write_bytes(content)

    identities = [identify(tmp_path / name) for name in "abcd"]

    assert identities[0] == identities[1]
    assert len({*identities, identify(tmp_path / "missing"), identify(tmp_path)}) == 5


def test_statuses_are_those_of_the_schema():
    """What the store knows is what the outcomes say."""
    assert (schema.DONE, schema.PARTIAL, schema.FAILED, schema.RUNNING) == ("done", "partial", "failed", "running")
