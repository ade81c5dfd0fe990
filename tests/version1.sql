-- A database of schema version 1, as fer-video made it before videos knew where their time zone came from, with rows.
CREATE TABLE schema_version (version INTEGER NOT NULL, PRIMARY KEY (version));
CREATE TABLE videos (
    id INTEGER NOT NULL, sha256 VARCHAR(64) NOT NULL, path TEXT NOT NULL, location TEXT NOT NULL, camera TEXT NOT NULL,
    started_at DATETIME, start_source VARCHAR(20), timezone VARCHAR(64) NOT NULL, codec VARCHAR(40),
    size_bytes INTEGER NOT NULL, width INTEGER, height INTEGER, fps FLOAT, duration_s FLOAT,
    status VARCHAR(10) NOT NULL, reason TEXT, PRIMARY KEY (id), UNIQUE (sha256)
);
CREATE TABLE runs (
    id INTEGER NOT NULL, fingerprint VARCHAR(64) NOT NULL, created_at DATETIME NOT NULL, code_version VARCHAR(20) NOT NULL,
    model TEXT NOT NULL, model_card TEXT NOT NULL, sampling TEXT NOT NULL, settings TEXT NOT NULL, device TEXT NOT NULL,
    PRIMARY KEY (id), UNIQUE (fingerprint)
);
CREATE TABLE analyses (
    video_id INTEGER NOT NULL, run_id INTEGER NOT NULL, status VARCHAR(10) NOT NULL, reason TEXT, finished_at DATETIME,
    PRIMARY KEY (video_id, run_id),
    FOREIGN KEY(video_id) REFERENCES videos (id) ON DELETE CASCADE,
    FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE
);
CREATE INDEX analyses_by_run ON analyses (run_id, status);
CREATE TABLE chunks (
    video_id INTEGER NOT NULL, run_id INTEGER NOT NULL, number INTEGER NOT NULL, frames INTEGER NOT NULL,
    done_at DATETIME NOT NULL, PRIMARY KEY (video_id, run_id, number),
    FOREIGN KEY(video_id, run_id) REFERENCES analyses (video_id, run_id) ON DELETE CASCADE
);
CREATE TABLE frames (
    video_id INTEGER NOT NULL, run_id INTEGER NOT NULL, frame_index INTEGER NOT NULL, timestamp_s FLOAT NOT NULL,
    faces INTEGER NOT NULL, problem TEXT, PRIMARY KEY (video_id, run_id, frame_index),
    FOREIGN KEY(video_id, run_id) REFERENCES analyses (video_id, run_id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE TABLE faces (
    video_id INTEGER NOT NULL, run_id INTEGER NOT NULL, frame_index INTEGER NOT NULL, face_index INTEGER NOT NULL,
    x FLOAT NOT NULL, y FLOAT NOT NULL, width FLOAT NOT NULL, height FLOAT NOT NULL, detector_confidence FLOAT NOT NULL,
    size_px FLOAT NOT NULL, sharpness FLOAT NOT NULL, p_angry FLOAT NOT NULL, p_disgust FLOAT NOT NULL,
    p_fear FLOAT NOT NULL, p_happy FLOAT NOT NULL, p_sad FLOAT NOT NULL, p_surprise FLOAT NOT NULL,
    p_neutral FLOAT NOT NULL, dominant VARCHAR(10) NOT NULL, confidence FLOAT NOT NULL,
    PRIMARY KEY (video_id, run_id, frame_index, face_index),
    FOREIGN KEY(video_id, run_id, frame_index) REFERENCES frames (video_id, run_id, frame_index) ON DELETE CASCADE
) WITHOUT ROWID;
INSERT INTO schema_version VALUES (1);
INSERT INTO videos VALUES (1, 'abc', 'a.mp4', 'quay', 'door', '2024-03-26 02:00:00', 'option', 'Asia/Ho_Chi_Minh', 'h264',
    1000, 640, 480, 25.0, 10.0, 'done', NULL);
INSERT INTO runs VALUES (1, 'print', '2024-04-01 00:00:00', '0.1', 'old', '{}', '2 frames a second', '{}', 'cpu');
INSERT INTO analyses VALUES (1, 1, 'done', NULL, '2024-04-01 00:01:00');
INSERT INTO chunks VALUES (1, 1, 0, 1, '2024-04-01 00:01:00');
INSERT INTO frames VALUES (1, 1, 0, 0.0, 1, NULL);
INSERT INTO faces VALUES (1, 1, 0, 0, 1, 2, 30, 40, 0.9, 30, 100, 0.1, 0, 0, 0.6, 0.1, 0.1, 0.1, 'happy', 0.6);
