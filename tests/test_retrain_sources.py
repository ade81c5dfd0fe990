"""Several sources together, what is held out of them, and what must not be trained on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from fixtures_retrain import write_ck_folder, write_csv, write_folder, write_votes

from pipeline.errors import DataError, SettingError
from retrain.data import checks, fer2013, loading, sources
from retrain.data import faces as records
from retrain.training.folds import assign

FER2013 = Path(__file__).parent.parent.parent / "shared/data/fer2013/fer2013.csv.gz"


def test_persons_are_never_on_both_sides(tmp_path: Path):
    """Holding out and folding keep all pictures of a person together."""
    data = loading.load(write_ck_folder(tmp_path / "CK+48"))

    split = records.hold_out(data)
    parts = assign(data, 5)

    people = [set(split.split(name).subjects) for name in ("Training", "PublicTest")]
    assert not people[0] & people[1]
    assert all(people)
    assert [len(set(data.subjects[part])) for part in parts] == [1] * 5
    assert sorted(np.concatenate(parts)) == list(range(len(data)))


def test_folds_hold_each_face_once_with_all_classes(tmp_path: Path):
    """Without persons, each face is in one part and each part has every class."""
    data = loading.load(write_folder(tmp_path / "faces", per_class=6))

    parts = assign(data, 3)

    assert sorted(np.concatenate(parts)) == list(range(42))
    assert all(set(data.labels[part]) == set(range(7)) for part in parts)


def test_source_without_splits_has_a_fifth_of_each_class_held_out(tmp_path: Path):
    """A plain folder gets a PublicTest part, a fifth of each class, the same each time, and says so."""
    data = loading.load(write_folder(tmp_path / "faces", per_class=10))

    one, two = records.hold_out(data), records.hold_out(data)

    assert one.counts() == {"Training": (8,) * 7, "PublicTest": (2,) * 7}
    assert one.sha256 == two.sha256 != data.sha256
    assert "held out as PublicTest" in one.notes[-1]


def test_faces_without_a_person_are_held_out_by_class(tmp_path: Path):
    """Where only some file names carry a person, persons stay together and the others are drawn from each class."""
    root = write_ck_folder(write_folder(tmp_path / "mixed", per_class=10))

    data = records.hold_out(loading.load(root))

    public, training = data.split("PublicTest"), data.split("Training")
    assert len(set(public.subjects) - {""}) == 1
    assert not set(public.subjects) & set(training.subjects) - {""}
    alone = public.take(np.flatnonzero(public.subjects == ""))
    assert np.bincount(alone.labels).tolist() == [2] * 7
    assert "20% of the persons and of each class (20 faces) held out" in data.notes[-1]


def test_persons_of_two_sources_are_two_persons(tmp_path: Path):
    """S001 of one data set and S001 of another are not taken for one person; a face without a person stays so."""
    parts = [loading.load(write_ck_folder(tmp_path / name / "CK", persons=2)) for name in ("a", "b")]
    parts.append(loading.load(write_folder(tmp_path / "faces", per_class=1)))

    data = records.combine(parts, [1.0] * 3)

    people = set(data.subjects)
    assert len(people) == 5
    assert {"", "CK (1), S001", "CK (2), S001"} < people


def test_detecting_in_a_csv_is_refused(tmp_path: Path):
    """A csv holds faces, not pictures: asking for a detector is an error, not ignored."""
    with pytest.raises(SettingError, match="detect: expected a folder of pictures; found the file"):
        loading.load(write_csv(tmp_path / "a.csv", 1, 1), detect=True)


def test_sources_are_weighted(tmp_path: Path):
    """Faces of a source with weight 3 are seen three times an epoch."""
    options = sources.DataOptions(
        (str(write_csv(tmp_path / "a.csv", 2, 1)), str(write_folder(tmp_path / "faces", 5, seed=9))), (1.0, 3.0)
    )

    data, _ = sources.read_sources(options)

    training = data.split("Training")
    assert training.weights.tolist() == [1.0] * 14 + [3.0] * 28
    assert data.source == "a.csv + faces"


def test_replay_is_the_share_that_was_asked_for(tmp_path: Path):
    """Replayed faces make up their share of an epoch, and none of their held-out faces is used to choose by."""
    new = records.hold_out(loading.load(write_folder(tmp_path / "faces", per_class=5)))
    known = loading.load(write_csv(tmp_path / "a.csv", per_class=20, held_out=5, seed=4))

    mixed = sources.add_replay(new, known, 0.25)

    training = mixed.split("Training")
    replayed = np.char.startswith(training.origins, "a.csv")
    assert (training.known == replayed).all()
    assert training.weights[replayed].sum() / training.weights.sum() == pytest.approx(0.25, rel=1e-3)
    assert len(mixed.split("PublicTest")) == len(new.split("PublicTest"))


@pytest.mark.parametrize(("per_class", "share"), [(1, 0.95), (50, 140 / 490)])
def test_replay_without_a_share_repeats_no_face_of_many(tmp_path: Path, per_class: int, share: float):
    """Unless told otherwise 19 of 20 faces are replayed ones, but none of them more than once an epoch."""
    new = loading.load(write_csv(tmp_path / "new.csv", per_class=per_class, held_out=1))
    known = loading.load(write_csv(tmp_path / "a.csv", per_class=20, held_out=1, seed=4))

    training = sources.add_replay(new, known, None).split("Training")

    replayed = np.char.startswith(training.origins, "a.csv")
    assert training.weights[replayed].sum() / training.weights.sum() == pytest.approx(share)


def test_replay_brings_only_training_faces_that_its_own_held_out_part_does_not_show(tmp_path: Path):
    """Replayed are Training faces of the chosen expressions, without those that show a held-out picture of their own
    source; figures are named after the new faces, of which none is lost to that.
    """
    known = loading.load(write_csv(tmp_path / "a.csv", per_class=20, held_out=5, seed=4))
    rows = (tmp_path / "a.csv").read_text().splitlines()
    happy, shown = 1 + 3, 1 + int(np.flatnonzero(known.splits == "PublicTest")[3])
    rows[happy] = rows[shown].replace("PublicTest", "Training")
    (tmp_path / "a.csv").write_text("\n".join(rows) + "\n")
    faces = write_folder(tmp_path / "faces", per_class=5)
    cv2.imwrite(str(faces / "happy" / "shown.png"), known.faces[shown - 1])

    data, _ = sources.read_sources(
        sources.DataOptions((str(faces),), classes=("happy", "sad"), replay=str(tmp_path / "a.csv"))
    )

    training, held_out = data.split("Training"), data.split("PublicTest")
    replayed = training.take(np.flatnonzero(np.char.startswith(training.origins, "a.csv")))
    assert set(data.labels) == {3, 4}
    assert len(replayed) == 39
    assert f"a.csv, line {happy + 1}" not in set(replayed.origins)
    assert len(training) - 39 + len(held_out) == 11
    assert all(np.char.startswith(held_out.origins, "faces"))
    assert data.source == "faces"
    assert data.replayed[0] == "a.csv"


def test_votes_are_those_of_the_replayed_csv_beside_a_folder(tmp_path: Path):
    """A folder has no FER+ votes: named beside it, they belong to the FER-2013 that is replayed."""
    folder, known = write_folder(tmp_path / "faces", per_class=10), write_csv(tmp_path / "a.csv", per_class=4)
    votes = write_votes(tmp_path / "votes.csv", [*range(7)] * 6)
    options = sources.DataOptions((str(folder),), ferplus=str(votes), replay=str(known))

    data, _ = sources.read_sources(options)
    held_out = sources.read_replay_held_out(options)

    assert data.voted.tolist() == data.known.tolist()
    assert held_out is not None
    assert held_out.called.tolist() == held_out.labels.tolist()
    with pytest.raises(SettingError, match="FER-2013 csv beside it"):
        sources.read_sources(replace(options, replay=None))


def test_many_new_faces_may_replay_few_very_often(tmp_path: Path):
    """A share is kept even where each replayed face has to come more than a thousand times an epoch."""
    new = loading.load(write_csv(tmp_path / "new.csv", per_class=10))
    known = loading.load(write_csv(tmp_path / "old.csv", per_class=1, seed=1))

    training = sources.add_replay(new, known, 0.999).split("Training")

    assert training.weights[training.known].min() > 1000
    assert training.weights[training.known].sum() / training.weights.sum() == pytest.approx(0.999)


def test_replay_without_training_faces_is_refused(tmp_path: Path):
    """A csv without Training faces has nothing to replay, and is named."""
    new = loading.load(write_csv(tmp_path / "new.csv", per_class=2, held_out=1))
    known = loading.load(write_csv(tmp_path / "a.csv", per_class=0, held_out=2, seed=1))

    with pytest.raises(SettingError, match=r"expected Training faces in a\.csv; found none"):
        sources.add_replay(new, known, 0.5)


def test_data_of_one_split_is_looked_through(tmp_path: Path):
    """A csv of held-out faces only, or of Training faces only, has nothing to compare and no duplicates."""
    for held_out in (0, 2):
        data = loading.load(write_csv(tmp_path / "a.csv", per_class=2 - held_out, held_out=held_out))

        kept, report = sources.check(data)

        assert len(kept) == len(data) == 14
        assert report.exact == report.near == ()


def test_duplicates_across_splits_are_kept_out_of_training(tmp_path: Path):
    """Training faces that are a held-out picture, equal, darker or blurred, are left out and listed."""
    data = loading.load(write_csv(tmp_path / "a.csv", per_class=10, held_out=5))
    faces, test = data.faces.copy(), int(np.flatnonzero(data.splits == "PublicTest")[0])
    faces[3] = faces[test]
    faces[4] = np.clip(faces[test].astype(int) * 0.8 + 20, 0, 255)
    faces[5] = cv2.GaussianBlur(faces[test + 1], (0, 0), 0.7)

    kept, report = checks.check(replace(data, faces=faces))

    assert [leak.training for leak in report.exact] == ["a.csv, line 5"]
    assert {leak.training for leak in report.near} == {"a.csv, line 6", "a.csv, line 7"}
    assert len(kept) == len(data) - 3
    assert len(kept.split("PublicTest")) == 35
    assert "3 Training faces were left out" in " ".join(kept.notes)


def test_blank_pictures_are_listed_and_not_trained_on(tmp_path: Path):
    """Pictures that show nothing are listed by their line; those in Training are left out, the others stay."""
    data = loading.load(write_csv(tmp_path / "a.csv", per_class=3, held_out=2))
    faces = data.faces.copy()
    faces[[0, -1]] = 0

    kept, report = checks.check(replace(data, faces=faces))

    assert report.blank == ("a.csv, line 2", "a.csv, line 36")
    assert len(kept.split("Training")) == 20
    assert len(kept.split("PublicTest")) == 14


def test_few_pictures_of_a_class_are_warned_of(tmp_path: Path):
    """A class with fewer than fifty Training pictures is warned of by name and number; repeated pixels are counted."""
    data = loading.load(write_csv(tmp_path / "a.csv", per_class=50, held_out=2))
    faces = data.faces.copy()
    faces[1] = faces[0]

    _, full = checks.check(replace(data, faces=faces))
    _, few = checks.check(data.take(np.arange(7, len(data))))

    assert full.warnings == ()
    assert full.repeated == (("a.csv, line 3", "a.csv, line 2"),)
    assert len(few.warnings) == 7
    assert few.warnings[3].startswith("happy: only 49 Training pictures")


def test_few_new_faces_are_warned_of_though_many_are_replayed(tmp_path: Path):
    """Counts and warnings are about the new faces, of expressions that are trained; replayed faces do not hide them."""
    known = write_csv(tmp_path / "known.csv", per_class=50, held_out=1, seed=3)
    new = write_csv(tmp_path / "new.csv", per_class=3, held_out=2)
    options = sources.DataOptions((str(new),), classes=("happy", "sad"), replay=str(known))

    data, report = sources.read_sources(options)

    assert report.counts["Training"] == (0, 0, 0, 3, 3, 0, 0)
    assert [warning.split(" Training")[0] for warning in report.warnings] == ["happy: only 3", "sad: only 3"]
    assert "known.csv (100 faces) against forgetting" in " ".join(data.notes)


def test_every_problem_is_listed_and_the_first_are_shown(tmp_path: Path):
    """All unreadable, blank and duplicate pictures are listed, named from their source on; five of a kind are shown."""
    root = write_folder(tmp_path / "faces", per_class=10)
    for number in range(7):
        (root / "sad" / f"broken{number}.png").write_bytes(b"no picture")
    cv2.imwrite(str(root / "sad" / "grey.png"), np.full((48, 48), 90, np.uint8))
    write_folder(tmp_path / "other", per_class=1)
    (tmp_path / "other" / "happy" / "again.png").write_bytes((tmp_path / "other" / "happy" / "0.png").read_bytes())
    options = sources.DataOptions((str(root), str(tmp_path / "other")), skip_bad=True)

    data, report = sources.read_sources(options)

    listed, shown = checks.list_problems(report).splitlines(), sources.describe(data, report)
    assert listed[0] == "unreadable: faces/sad/broken0.png: expected a picture; it cannot be decoded."
    assert [line.split(":")[0] for line in listed].count("unreadable") == 7
    assert "blank: faces/sad/grey.png" in listed
    assert "repeated: other/happy/again.png shows other/happy/0.png, both in Training" in listed
    assert sum(line.startswith("unreadable: faces") for line in shown) == 5
    assert "unreadable: 2 more" in shown
    assert str(tmp_path) not in " ".join([*listed, *shown])


def test_detector_is_for_the_folders_among_the_sources(tmp_path: Path):
    """With a folder and a csv, the folder's faces are cut out and the csv's are taken as they are."""
    table = write_csv(tmp_path / "a.csv", per_class=1, held_out=1)
    options = sources.DataOptions((str(tmp_path), str(table)), detect=True)

    assert len(sources.load_source(options, 1)) == 14
    with pytest.raises(SettingError, match="detect: expected a folder"):
        sources.load_source(replace(options, data=(str(table),)), 0)


def test_bad_rows_and_pictures_are_skipped_and_counted_on_request(tmp_path: Path):
    """With skip_bad, unreadable rows and pictures are left out and counted, and FER+ votes stay aligned."""
    path = write_csv(tmp_path / "a.csv", per_class=1, held_out=0)
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:3], "9,1 2 3,Training", *lines[3:]]) + "\n")
    votes = tmp_path / "votes.csv"
    rows = [f"Training,f.png,{number + 2},0,0,0,0,0,0,9" for number in range(8)]
    votes.write_text("\n".join([",".join(["Usage", "Image name", *records.VOTE_COLUMNS]), *rows]) + "\n")
    folder = write_folder(tmp_path / "faces", per_class=1)
    (folder / "sad" / "broken.png").write_bytes(b"no picture")

    table, pictures = loading.load(path, votes, skip_bad=True), loading.load(folder, skip_bad=True)

    assert (len(table), len(pictures)) == (7, 7)
    assert table.notes == ("a.csv + votes.csv: 1 unreadable row or picture was skipped.",)
    assert table.unreadable == ("a.csv, line 4: expected an emotion from 0 to 6; found '9'.",)
    assert pictures.unreadable == ("faces/sad/broken.png: expected a picture; it cannot be decoded.",)
    assert "broken" not in " ".join(pictures.notes)
    assert table.votes[2, 0] == pytest.approx(5 / 14)
    with pytest.raises(DataError, match=r"broken.png: expected a picture"):
        loading.load(folder)


@pytest.mark.parametrize("name", ["fer2013.csv", "data/icml_face_data.csv"])
def test_fer2013_is_found_where_people_put_it(tmp_path: Path, name: str):
    """Without DATA, the csv is found in the working directory and in its data folder."""
    (tmp_path / "data").mkdir()
    (tmp_path / name).touch()

    assert fer2013.find(tmp_path) == tmp_path / name


@pytest.mark.shared
@pytest.mark.skipif(not FER2013.is_file(), reason="needs FER-2013 beside the project")
@pytest.mark.slow
def test_fer2013_has_duplicates_across_its_splits():
    """In FER-2013 itself hundreds of Training faces show a PublicTest picture, and a dozen pictures are blank."""
    _, report = checks.check(loading.load(FER2013))

    assert len(report.exact) > 300
    assert len(report.near) > 200
    assert 5 < len(report.blank) < 20
    assert len(report.repeated) > 1000
