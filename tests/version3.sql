-- A database of fer-video 0.2.0: sample_videos/door.mp4, analysed at one frame a second.
BEGIN TRANSACTION;
CREATE TABLE analyses (
	video_id INTEGER NOT NULL /* the video */, 
	run_id INTEGER NOT NULL /* the run */, 
	status VARCHAR(10) NOT NULL /* running, done, partial or failed */, 
	reason TEXT /* why it is partial or failed */, 
	finished_at DATETIME /* when it ended, UTC */, 
	PRIMARY KEY (video_id, run_id), 
	FOREIGN KEY(video_id) REFERENCES videos (id) ON DELETE CASCADE, 
	FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE
);
INSERT INTO "analyses" VALUES(1,1,'done',NULL,'2026-11-25 07:47:21.001805');
CREATE TABLE chunks (
	video_id INTEGER NOT NULL /* the video */, 
	run_id INTEGER NOT NULL /* the run */, 
	number INTEGER NOT NULL /* position within the video, from 0 */, 
	frames INTEGER NOT NULL /* sampled frames in it */, 
	done_at DATETIME NOT NULL /* when it was stored, UTC */, 
	PRIMARY KEY (video_id, run_id, number), 
	FOREIGN KEY(video_id, run_id) REFERENCES analyses (video_id, run_id) ON DELETE CASCADE
);
INSERT INTO "chunks" VALUES(1,1,0,13,'2026-11-25 07:47:20.982442');
CREATE TABLE faces (
	video_id INTEGER NOT NULL /* the video */, 
	run_id INTEGER NOT NULL /* the run */, 
	frame_index INTEGER NOT NULL /* the frame */, 
	face_index INTEGER NOT NULL /* position within the frame, from 0 */, 
	x FLOAT NOT NULL /* left edge of the bounding box, pixels of the original frame */, 
	y FLOAT NOT NULL /* top edge of the bounding box, pixels */, 
	width FLOAT NOT NULL /* width of the bounding box, pixels */, 
	height FLOAT NOT NULL /* height of the bounding box, pixels */, 
	detector_confidence FLOAT NOT NULL /* MTCNN's probability of a face, 0 to 1 */, 
	size_px FLOAT NOT NULL /* shorter side of the bounding box, pixels */, 
	sharpness FLOAT NOT NULL /* variance of the Laplacian of the 48-pixel crop; low is blurred */, 
	p_angry FLOAT NOT NULL /* probability of angry, 0 to 1 */, 
	p_disgust FLOAT NOT NULL /* probability of disgust, 0 to 1 */, 
	p_fear FLOAT NOT NULL /* probability of fear, 0 to 1 */, 
	p_happy FLOAT NOT NULL /* probability of happy, 0 to 1 */, 
	p_sad FLOAT NOT NULL /* probability of sad, 0 to 1 */, 
	p_surprise FLOAT NOT NULL /* probability of surprise, 0 to 1 */, 
	p_neutral FLOAT NOT NULL /* probability of neutral, 0 to 1 */, 
	confidence FLOAT NOT NULL /* probability of the most probable expression */, 
	PRIMARY KEY (video_id, run_id, frame_index, face_index), 
	FOREIGN KEY(video_id, run_id, frame_index) REFERENCES frames (video_id, run_id, frame_index) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "faces" VALUES(1,1,0,0,650.96,246.67,22.84,26.58,9.99216556549072265625e-01,22.84,1.76331146240234375001e+02,1.29786476492881774902e-01,4.04186248779296875e-02,8.77609997987747192382e-02,2.70905584096908569335e-01,2.67520993947982788085e-01,2.75237727910280227661e-02,0.176083505153656,2.70905584096908569335e-01);
INSERT INTO "faces" VALUES(1,1,12,0,642.25,249.91,23.81,27.59,9.98387575149536132812e-01,23.81,1.43732742309570312496e+02,1.77525445818901062011e-01,1.84233132749795913696e-02,5.92255517840385437011e-02,2.21576169133186340332e-01,0.283719927072525,1.79380122572183609008e-02,2.21591606736183166503e-01,0.283719927072525);
INSERT INTO "faces" VALUES(1,1,24,0,615.74,261.6,28.53,33.59,9.99958515167236328125e-01,28.53,2.56646026611328125009e+02,6.01648092269897460937e-02,7.52252712845802307128e-03,0.0712813213467598,2.58464105427265167236e-02,3.00157517194747924804e-01,6.23686378821730613708e-03,5.28790593147277832031e-01,5.28790593147277832031e-01);
INSERT INTO "faces" VALUES(1,1,36,0,568.82,289.15,36.23,44.02,9.99209523200988769531e-01,36.23,6.50207153320312499986e+02,6.51601925492286682128e-02,4.42833406850695610046e-03,8.24591964483261108398e-02,2.40141358226537704467e-02,3.62615108489990234375e-01,6.95479800924658775329e-03,4.54368263483047485351e-01,4.54368263483047485351e-01);
INSERT INTO "faces" VALUES(1,1,48,0,516.69,311.14,44.91,56.23,9.99245882034301757812e-01,44.91,1061.1611328125,7.16842934489250183105e-02,5.85982762277126312255e-03,8.57838913798332214355e-02,4.89508956670761108398e-02,2.4497890472412109375e-01,9.16368141770362854003e-03,5.33578515052795410156e-01,5.33578515052795410156e-01);
INSERT INTO "faces" VALUES(1,1,60,0,502.99,320.89,48.18,57.93,9.99776184558868408203e-01,48.18,845.7353515625,5.39622418582439422607e-02,4.70562139526009559631e-03,8.12335982918739318847e-02,2.80410405248403549194e-02,2.76018023490905761718e-01,7.14481947943568229675e-03,5.48894584178924560546e-01,5.48894584178924560546e-01);
INSERT INTO "faces" VALUES(1,1,72,0,460.82,324.01,47.99,59.36,9.97196316719055175781e-01,47.99,8.44578491210937499968e+02,6.1755176633596420288e-02,4.39673289656639099121e-03,8.80218669772148132324e-02,2.48348843306303024291e-02,3.52033317089080810546e-01,6.79945154115557670593e-03,4.62158620357513427734e-01,4.62158620357513427734e-01);
INSERT INTO "faces" VALUES(1,1,120,0,670.33,241.59,16.69,21.19,9.94965493679046630859e-01,16.69,52.141845703125,6.06528017669916152954e-03,5.16194943338632583618e-03,1.10888835042715072631e-02,9.3467718362808227539e-01,1.0728723369538784027e-02,1.46906515583395957946e-02,1.75872817635536193847e-02,9.3467718362808227539e-01);
INSERT INTO "faces" VALUES(1,1,132,0,687.39,254.61,22.48,28.09,9.99925851821899414062e-01,22.48,1.42194625854492187502e+02,5.65220043063163757324e-03,5.12808328494429588317e-03,1.18214869871735572814e-02,9.37329530715942382812e-01,1.0598354041576385498e-02,6.72457413747906684875e-03,2.2745778784155845642e-02,9.37329530715942382812e-01);
INSERT INTO "faces" VALUES(1,1,144,0,722.33,285.96,29.91,36.94,9.94916319847106933593e-01,29.91,1.34776473999023437499e+02,4.90357447415590286254e-03,4.77292714640498161315e-03,5.88042102754116058349e-03,9.54050362110137939453e-01,0.0064691212028265,8.1935273483395576477e-03,1.57299824059009552001e-02,9.54050362110137939453e-01);
CREATE TABLE frames (
	video_id INTEGER NOT NULL /* the video */, 
	run_id INTEGER NOT NULL /* the run */, 
	frame_index INTEGER NOT NULL /* position in the stream, from 0 */, 
	timestamp_s FLOAT NOT NULL /* container timestamp, seconds from the first frame */, 
	faces INTEGER NOT NULL /* faces found */, 
	problem TEXT /* why it could not be decoded, or what was damaged */, 
	PRIMARY KEY (video_id, run_id, frame_index), 
	FOREIGN KEY(video_id, run_id) REFERENCES analyses (video_id, run_id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "frames" VALUES(1,1,0,0.0,1,NULL);
INSERT INTO "frames" VALUES(1,1,12,1.0,1,NULL);
INSERT INTO "frames" VALUES(1,1,24,2.0,1,NULL);
INSERT INTO "frames" VALUES(1,1,36,3.0,1,NULL);
INSERT INTO "frames" VALUES(1,1,48,4.0,1,NULL);
INSERT INTO "frames" VALUES(1,1,60,5.0,1,NULL);
INSERT INTO "frames" VALUES(1,1,72,6.0,1,NULL);
INSERT INTO "frames" VALUES(1,1,84,7.0,0,NULL);
INSERT INTO "frames" VALUES(1,1,96,8.0,0,NULL);
INSERT INTO "frames" VALUES(1,1,108,9.0,0,NULL);
INSERT INTO "frames" VALUES(1,1,120,10.0,1,NULL);
INSERT INTO "frames" VALUES(1,1,132,11.0,1,NULL);
INSERT INTO "frames" VALUES(1,1,144,12.0,1,NULL);
CREATE TABLE runs (
	id INTEGER NOT NULL /* number within this database */, 
	fingerprint VARCHAR(64) NOT NULL /* hash of all that rows depend on: weights, settings, meaning of the rows */, 
	created_at DATETIME NOT NULL /* when first used, UTC */, 
	code_version VARCHAR(20) NOT NULL /* fer-video's version */, 
	model TEXT NOT NULL /* name of the expression model */, 
	model_card TEXT NOT NULL /* the model's card, JSON */, 
	sampling TEXT NOT NULL /* which frames, in words */, 
	settings TEXT NOT NULL /* detector and sampling settings, JSON */, 
	device TEXT NOT NULL /* what it ran on, for example cpu or gpu:0; several if resumed elsewhere */, 
	PRIMARY KEY (id), 
	UNIQUE (fingerprint)
);
INSERT INTO "runs" VALUES(1,'88ea31a44f890161131d5da4ebbcd0fedc7efbffae2b6b25c6d75b21a1abf77f','2026-11-25 07:47:05.358306','0.2.0','vgg-face-fer2013','{
  "name": "vgg-face-fer2013",
  "arch": "vgg-face",
  "options": {
    "width": 0.5
  },
  "labels": [
    "angry",
    "disgust",
    "fear",
    "happy",
    "sad",
    "surprise",
    "neutral"
  ],
  "preprocessing": {
    "face_px": 48,
    "crop_scale": 0.93,
    "min_contrast": 8.0,
    "pixels": "standardised",
    "view_px": 44
  },
  "weights_sha256": "1c74b9b3946426e9970d2b36715290ea89e4a97c8a525c03fd5e6d3c5cd1263e",
  "data": {
    "source": "fer2013.csv.gz + fer2013new.csv",
    "sha256": "16eb13b671deebdd37e4c49c3be223ea7a49c8058ee520a2a906880e99e8c073",
    "faces": {
      "Training": 27992,
      "PublicTest": 3589
    }
  },
  "training": {
    "commit": "0b9c342a73f8aa19930395578d731d5a1320b760",
    "epochs": 29,
    "seconds": 2914.9,
    "settings": {
      "arch": "vgg-face",
      "options": {
        "width": 0.5
      },
      "classes": [
        "angry",
        "disgust",
        "fear",
        "happy",
        "sad",
        "surprise",
        "neutral"
      ],
      "epochs": 36,
      "calm_epochs": 36,
      "batch": 128,
      "optimizer": "sgd",
      "schedule": "cosine",
      "peak_rate": 0.04,
      "warmup": 0.05,
      "weight_decay": 0.0005,
      "clip": 5.0,
      "smoothing": 0.1,
      "votes_weight": 0.6,
      "ema_decay": 0.999,
      "crop_px": 44,
      "views": "shop",
      "mixup": 0.2,
      "pixels": "standardised",
      "base": "scratch, run run5, run run8",
      "teachers": [
        "first@89cfb45f77b7",
        "vgg-face-fer2013@5187c69d983c"
      ],
      "teacher_weight": 0.6,
      "keep": "best",
      "head_epochs": 0,
      "precision": "float32",
      "seed": 2
    }
  },
  "evaluation": {
    "data": "fer2013.csv.gz + fer2013new.csv, PublicTest",
    "faces": 3589,
    "accuracy": 0.7057676232933965,
    "interval": [
      0.6906453445969558,
      0.7204498893296462
    ],
    "classes": [
      {
        "name": "angry",
        "precision": 0.6363636363636364,
        "recall": 0.6295503211991434,
        "f1": 0.6329386437029063,
        "faces": 467
      },
      {
        "name": "disgust",
        "precision": 0.7380952380952381,
        "recall": 0.5535714285714286,
        "f1": 0.6326530612244898,
        "faces": 56
      },
      {
        "name": "fear",
        "precision": 0.6040100250626567,
        "recall": 0.48588709677419356,
        "f1": 0.5385474860335195,
        "faces": 496
      },
      {
        "name": "happy",
        "precision": 0.8830601092896175,
        "recall": 0.9027932960893855,
        "f1": 0.8928176795580111,
        "faces": 895
      },
      {
        "name": "sad",
        "precision": 0.5796089385474861,
        "recall": 0.6355283307810107,
        "f1": 0.6062819576333089,
        "faces": 653
      },
      {
        "name": "surprise",
        "precision": 0.8251231527093597,
        "recall": 0.8072289156626506,
        "f1": 0.8160779537149817,
        "faces": 415
      },
      {
        "name": "neutral",
        "precision": 0.6302003081664098,
        "recall": 0.6738056013179572,
        "f1": 0.6512738853503185,
        "faces": 607
      }
    ],
    "confusion": [
      [
        294,
        7,
        39,
        19,
        62,
        8,
        38
      ],
      [
        16,
        31,
        2,
        3,
        4,
        0,
        0
      ],
      [
        41,
        1,
        241,
        12,
        123,
        31,
        47
      ],
      [
        10,
        1,
        7,
        808,
        9,
        17,
        43
      ],
      [
        63,
        1,
        51,
        15,
        415,
        9,
        99
      ],
      [
        8,
        1,
        36,
        14,
        8,
        335,
        13
      ],
      [
        30,
        0,
        23,
        44,
        95,
        6,
        409
      ]
    ],
    "mean_probabilities": [
      [
        0.506895,
        0.034169,
        0.144682,
        0.049834,
        0.14873,
        0.027291,
        0.088399
      ],
      [
        0.240145,
        0.474975,
        0.070033,
        0.043898,
        0.11776,
        0.020198,
        0.032991
      ],
      [
        0.11173,
        0.011588,
        0.403732,
        0.038552,
        0.238025,
        0.087418,
        0.108954
      ],
      [
        0.021182,
        0.0048,
        0.02006,
        0.832262,
        0.023726,
        0.031154,
        0.066815
      ],
      [
        0.122205,
        0.010865,
        0.151876,
        0.041477,
        0.487009,
        0.022015,
        0.164553
      ],
      [
        0.038072,
        0.007582,
        0.131113,
        0.055645,
        0.034976,
        0.696924,
        0.035689
      ],
      [
        0.07589,
        0.005299,
        0.081022,
        0.098093,
        0.187552,
        0.020122,
        0.532022
      ]
    ]
  },
  "licence": "MIT for the weights. It learned the answers of first, under the same terms. It learned the answers of vgg-face-fer2013, under the same terms. The pictures of FER-2013 came from web search: research and evaluation.",
  "created_at": "2026-11-22T13:28:03+00:00",
  "calibration": {
    "temperature": 0.9347519847692951,
    "biases": [
      -0.06576739636051981,
      0.1648518658798409,
      -0.003248868459065044,
      -0.06313240999202414,
      0.05540589298265291,
      -0.014900293352265167,
      -0.07320879069861963
    ],
    "smoothed": 0.005714285714285715
  },
  "calibration_figures": {
    "fitted_on": "one half of PublicTest (1794 faces)",
    "measured_on": "the other half of PublicTest (1795 faces)",
    "error_before": 0.03860069426155356,
    "error_after": 0.024279300714933772,
    "bins": [
      {
        "confidence": 0.278792142868042,
        "accuracy": 0.2222222222222222,
        "faces": 18
      },
      {
        "confidence": 0.3578452169895172,
        "accuracy": 0.3431372549019608,
        "faces": 102
      },
      {
        "confidence": 0.4503270387649536,
        "accuracy": 0.45161290322580644,
        "faces": 217
      },
      {
        "confidence": 0.5519465208053589,
        "accuracy": 0.5470085470085471,
        "faces": 234
      },
      {
        "confidence": 0.6517904996871948,
        "accuracy": 0.6265560165975104,
        "faces": 241
      },
      {
        "confidence": 0.7530423402786255,
        "accuracy": 0.6617647058823529,
        "faces": 204
      },
      {
        "confidence": 0.8540597558021545,
        "accuracy": 0.8471760797342193,
        "faces": 301
      },
      {
        "confidence": 0.947068452835083,
        "accuracy": 0.9518828451882845,
        "faces": 478
      }
    ]
  },
  "conditions": [
    {
      "name": "reduced to 32 px and enlarged",
      "accuracy": 0.6870994706046253,
      "faces": 3589
    },
    {
      "name": "reduced to 24 px and enlarged",
      "accuracy": 0.6581220395653385,
      "faces": 3589
    },
    {
      "name": "blurred (Gaussian, 1.5 px)",
      "accuracy": 0.6327667874059627,
      "faces": 3589
    },
    {
      "name": "JPEG quality 30",
      "accuracy": 0.6720534967957649,
      "faces": 3589
    },
    {
      "name": "dark (a fifth of the light, whole grey levels)",
      "accuracy": 0.7035385901365283,
      "faces": 3589
    },
    {
      "name": "mirrored",
      "accuracy": 0.6971301198105322,
      "faces": 3589
    },
    {
      "name": "mean of picture and mirror image",
      "accuracy": 0.7032599609919198,
      "faces": 3589
    },
    {
      "name": "mean of ten views (centre and corners, mirrored)",
      "accuracy": 0.7024240735580942,
      "faces": 3589
    },
    {
      "name": "FER+ majority labels (more than half of the votes, single ones dropped)",
      "accuracy": 0.7184557438794726,
      "faces": 3186
    }
  ],
  "cost": {
    "parameters": 3681383,
    "gflop_per_face": 0.2674,
    "faces_per_second": 1158,
    "measured_on": "2 processors (Intel(R) Xeon(R) Processor)"
  },
  "notes": [
    "Trained on the Training split only; the best epoch was chosen by its accuracy on PublicTest, so that figures on PublicTest are slightly optimistic.",
    "The calibration (a temperature and seven biases) was fitted on one half of PublicTest; its error is measured on the other half. Accuracy and confusion matrix are those of all PublicTest faces, with calibration.",
    "The weights are the mean of those of 2 runs: third (epoch 29, 49 minutes), second (epoch 40, 69 minutes); the settings are those of the first.",
    "PrivateTest was not part of the data: it was neither trained nor measured on.",
    "704 Training faces were left out because they show a held-out picture: 340 pixel by pixel, 364 nearly (correlation of 0.96 or more at 16 by 16 pixels).",
    "13 blank pictures; those in Training were left out."
  ]
}
','1 frames a second','{"face_threshold": 0.8, "min_face_px": 24, "sampling": {"mode": "fps", "value": 1.0}}','cpu');
CREATE TABLE schema_version (
	version INTEGER NOT NULL /* number of the schema; see migrations */, 
	PRIMARY KEY (version)
);
INSERT INTO "schema_version" VALUES(3);
CREATE TABLE videos (
	id INTEGER NOT NULL /* number within this database */, 
	sha256 VARCHAR(64) NOT NULL /* hash of the file's content */, 
	path TEXT NOT NULL /* where the file was seen last */, 
	location TEXT NOT NULL /* shop or office, NFC-normalised */, 
	camera TEXT NOT NULL /* camera within the location, NFC-normalised */, 
	started_at DATETIME /* time of the first frame, UTC */, 
	start_source VARCHAR(20) /* where started_at came from: option, cameras.toml, file name or container */, 
	timezone VARCHAR(64) NOT NULL /* IANA zone of the location */, 
	timezone_source VARCHAR(20) NOT NULL /* where timezone came from: option, cameras.toml, machine or unknown */, 
	codec VARCHAR(40) /* FFmpeg's name of the video codec */, 
	size_bytes INTEGER NOT NULL /* size of the file */, 
	width INTEGER /* pixels, as shown after rotation */, 
	height INTEGER /* pixels, as shown after rotation */, 
	fps FLOAT /* average frames a second; 0 for a still image */, 
	duration_s FLOAT /* seconds, as the container says */, 
	status VARCHAR(10) NOT NULL /* how its latest analysis stands: see analyses.status */, 
	reason TEXT /* why its latest analysis is partial or failed */, 
	PRIMARY KEY (id), 
	UNIQUE (sha256)
);
INSERT INTO "videos" VALUES(1,'20a1316ebf5ab14fdda77e5f74b02a00ee51a9624b29445e0defe0f622b2bbb4','door.mp4','Cửa hàng điện thoại Vinh','cửa ra vào','2024-03-26 03:05:00.000000','cameras.toml','Asia/Ho_Chi_Minh','cameras.toml','h264',246037,1280,720,12.0,13.0,'done',NULL);
CREATE INDEX analyses_by_run ON analyses (run_id, status);
CREATE VIEW readings AS /* each face with its most probable expression, however uncertain */
SELECT faces.*,
    CASE confidence
        WHEN p_angry THEN 'angry'
        WHEN p_disgust THEN 'disgust'
        WHEN p_fear THEN 'fear'
        WHEN p_happy THEN 'happy'
        WHEN p_sad THEN 'sad'
        WHEN p_surprise THEN 'surprise'
        WHEN p_neutral THEN 'neutral'
    END AS expression /* most probable expression, the first of equal ones; compare confidence with your own threshold */
FROM faces;
COMMIT;
