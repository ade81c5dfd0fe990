-- A database of fer-video 0.4.0 on SQLite: sample_videos/door.mp4, analysed at one frame a second.
BEGIN TRANSACTION;
CREATE TABLE analyses (
	video_id INTEGER NOT NULL /* the video */, 
	run_id INTEGER NOT NULL /* the run */, 
	status VARCHAR(10) NOT NULL /* running, done, partial or failed */, 
	reason TEXT /* why it is partial or failed */, 
	finished_at DATETIME /* when it ended, UTC */, 
	notes TEXT /* what was noticed while reading, though nothing is damaged, a sentence a line; NULL if nothing */, 
	reader INTEGER /* version of the reading of files, see video.reader.READER_VERSION; NULL before 0.4 */, 
	token VARCHAR(32) /* whoever writes must know it; renewed by each owner */, 
	owner TEXT /* who works on it: host and process; NULL if nobody */, 
	beat_at DATETIME /* when its owner was last heard of, UTC */, 
	attempts INTEGER DEFAULT '0' NOT NULL /* how often work on it ended with the death of the process */, 
	PRIMARY KEY (video_id, run_id), 
	FOREIGN KEY(video_id) REFERENCES videos (id) ON DELETE CASCADE, 
	FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE
);
INSERT INTO "analyses" VALUES(1,1,'done',NULL,'2026-11-30 20:26:51.282656',NULL,2,NULL,NULL,NULL,0);
CREATE TABLE audit_faces (
	audit_id INTEGER NOT NULL /* the audit */, 
	number INTEGER NOT NULL /* position within the audit, from 0 */, 
	video_id INTEGER NOT NULL /* the video */, 
	frame_index INTEGER NOT NULL /* the frame: position in the stream, from 0 */, 
	x FLOAT NOT NULL /* left edge of the box that was shown, pixels of the original frame */, 
	y FLOAT NOT NULL /* top edge of the box, pixels */, 
	width FLOAT NOT NULL /* width of the box, pixels */, 
	height FLOAT NOT NULL /* height of the box, pixels */, 
	votes TEXT NOT NULL /* what each person said, JSON: an expression, unclear or noface; the order tells nobody apart */, 
	weight FLOAT NOT NULL /* how many stored faces it stands for */, 
	random BOOLEAN NOT NULL /* drawn at random, so that shares follow from it */, 
	PRIMARY KEY (audit_id, number), 
	FOREIGN KEY(audit_id) REFERENCES audits (id) ON DELETE CASCADE, 
	FOREIGN KEY(video_id) REFERENCES videos (id) ON DELETE CASCADE
);
CREATE TABLE audits (
	id INTEGER NOT NULL /* number within this database */, 
	sample VARCHAR(64) NOT NULL /* hash by which its answers are known */, 
	drawn_at DATETIME /* when its faces were drawn here, UTC; NULL for those that came as a file */, 
	read_at DATETIME /* when answers were read last, UTC */, 
	page TEXT /* where the page with the pictures is; NULL once it was erased */, 
	raters INTEGER NOT NULL /* people who answered; their names are not kept */, 
	PRIMARY KEY (id), 
	UNIQUE (sample)
);
CREATE TABLE chunks (
	video_id INTEGER NOT NULL /* the video */, 
	run_id INTEGER NOT NULL /* the run */, 
	number INTEGER NOT NULL /* position within the video, from 0 */, 
	frames INTEGER NOT NULL /* sampled frames in it */, 
	done_at DATETIME NOT NULL /* when it was stored, UTC */, 
	PRIMARY KEY (video_id, run_id, number), 
	FOREIGN KEY(video_id, run_id) REFERENCES analyses (video_id, run_id) ON DELETE CASCADE
);
INSERT INTO "chunks" VALUES(1,1,0,13,'2026-11-30 20:26:51.276281');
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
	readable FLOAT /* probability that people could read an expression from it; NULL where that was not judged */, 
	is_face FLOAT /* probability that it is a face at all; NULL where that was not judged */, 
	turn FLOAT /* nose beside the line from eyes to mouth, in sides of the box; 0 is frontal; NULL on older rows */, 
	tilt FLOAT /* angle of the eyes against the horizontal, degrees; NULL on older rows */, 
	nod FLOAT /* nose between eyes (0) and mouth (1), larger for a bent head; NULL on older rows */, 
	PRIMARY KEY (video_id, run_id, frame_index, face_index), 
	FOREIGN KEY(video_id, run_id, frame_index) REFERENCES frames (video_id, run_id, frame_index) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "faces" VALUES(1,1,0,0,650.96,246.67,22.84,26.58,9.99216556549072265625e-01,22.84,1.76331146240234375001e+02,2.23560146987438201904e-02,5.83719424903392791748e-02,1.18791218847036361694e-02,2.67488211393356323242e-01,1.60486832261085510253e-01,1.54575072228908538818e-02,4.63960349559783935546e-01,4.63960349559783935546e-01,9.65774640917687277053e-01,9.99557345011513387333e-01,-0.0008,2.7,0.5888);
INSERT INTO "faces" VALUES(1,1,12,0,642.25,249.91,23.81,27.59,9.98387575149536132812e-01,23.81,1.43732742309570312496e+02,2.17512417584657669067e-02,2.37471871078014373779e-02,8.65559838712215423583e-03,2.8231912851333618164e-01,1.15630626678466796875e-01,1.81357078254222869873e-02,5.29760539531707763671e-01,5.29760539531707763671e-01,9.2786459126178411072e-01,9.98445192543257364903e-01,0.0105,2.01,0.5848);
INSERT INTO "faces" VALUES(1,1,24,0,615.74,261.6,28.53,33.59,9.99958515167236328125e-01,28.53,2.56646026611328125009e+02,3.27441841363906860351e-03,5.17445057630538940429e-03,6.30698807071894407272e-04,2.3120399564504623413e-02,2.65783607959747314453e-01,2.29569314979016780853e-03,6.99720680713653564453e-01,6.99720680713653564453e-01,9.20141469546934542833e-01,9.88825757684169359684e-01,0.0081,2.57,0.5484);
INSERT INTO "faces" VALUES(1,1,36,0,568.82,289.15,36.23,44.02,9.99209523200988769531e-01,36.23,6.50207153320312499986e+02,3.81145998835563659667e-03,1.69173709582537412643e-03,6.33359886705875396728e-04,4.413311835378408432e-03,1.52817800641059875488e-01,2.39673955366015434265e-03,8.34235548973083496093e-01,8.34235548973083496093e-01,9.3982246537857738744e-01,9.94330062315828433483e-01,0.0059,1.63,0.5858);
INSERT INTO "faces" VALUES(1,1,48,0,516.69,311.14,44.91,56.23,9.99245405197143554687e-01,44.91,1061.1611328125,1.11784385517239570617e-02,2.74223042652010917663e-03,1.2698464561253786087e-03,2.15877387672662734985e-02,6.23828098177909851074e-02,6.77868584170937538146e-03,8.94060254096984863281e-01,8.94060254096984863281e-01,9.32116884065596451591e-01,0.992880566816626,0.0088,3.82,0.5796);
INSERT INTO "faces" VALUES(1,1,60,0,502.99,320.89,48.18,57.93,9.99776184558868408203e-01,48.18,845.7353515625,3.1739100813865661621e-03,1.87953829299658536911e-03,6.60095654893666505813e-04,6.65145553648471832275e-03,1.84720084071159362792e-01,2.3871785961091518402e-03,8.00527691841125488281e-01,8.00527691841125488281e-01,9.43772190410106404101e-01,9.93054557193157716454e-01,0.0051,3.24,0.5484);
INSERT INTO "faces" VALUES(1,1,72,0,460.82,324.01,47.99,59.36,9.97196674346923828125e-01,47.99,8.44578491210937499968e+02,3.52798542007803916931e-03,1.383943948894739151e-03,4.28563740570098161697e-04,3.87071934528648853302e-03,1.78934022784233093261e-01,1.61905307322740554809e-03,8.10235738754272460937e-01,8.10235738754272460937e-01,9.21383968832009458971e-01,0.984676358185512,0.0036,2.35,0.5767);
INSERT INTO "faces" VALUES(1,1,120,0,670.33,241.59,16.69,21.19,9.94965493679046630859e-01,16.69,52.141845703125,1.65564109920524060726e-04,1.04483930044807493686e-04,1.27881794469431042671e-04,9.9719524383544921875e-01,2.113646769430488348e-04,7.88993726018816232681e-04,1.40650651883333921432e-03,9.9719524383544921875e-01,9.92928534574311294491e-01,9.98266912651860849337e-01,-0.0099,2.45,0.5762);
INSERT INTO "faces" VALUES(1,1,132,0,687.39,254.61,22.48,28.09,9.99925851821899414062e-01,22.48,1.42194625854492187502e+02,7.25071440683677792549e-05,5.01385547977406531572e-05,5.20863541169092059135e-05,9.97444033622741699218e-01,2.56016443017870187759e-04,1.59127259394153952598e-04,1.96614698506891727447e-03,9.97444033622741699218e-01,9.9653989766566475339e-01,9.97741404912279250538e-01,0.0083,5.71,0.6789);
INSERT INTO "faces" VALUES(1,1,144,0,722.33,285.96,29.91,36.94,9.94916319847106933593e-01,29.91,1.34776473999023437499e+02,3.92112597182858735322e-05,3.86883330065757036209e-05,1.81630912265973165631e-05,9.99252259731292724609e-01,5.165417314856313169e-05,9.69620159594342112541e-05,5.03071234561502933502e-04,9.99252259731292724609e-01,9.9917013970479717777e-01,9.99606966182975620327e-01,0.0065,3.29,0.6956);
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
INSERT INTO "runs" VALUES(1,'108ff9e9eb37fabc3dc8a53408e40c6497f9b42d00b5e9602dac6eade890eb55','2026-11-30 20:26:50.051542','0.4.0','vgg-face-fer2013','{
  "name": "vgg-face-fer2013",
  "arch": "vgg-face",
  "options": {
    "width": 0.5,
    "hidden": 256,
    "labels": true,
    "reading": true
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
  "weights_sha256": "ab79cbd7700b04b184d685cc7a88cddf2315f128ec5bca1f6a87e944c20ffdaf",
  "data": {
    "source": "fer2013.csv.gz + fer2013new.csv",
    "sha256": "16eb13b671deebdd37e4c49c3be223ea7a49c8058ee520a2a906880e99e8c073",
    "faces": {
      "Training": 27992,
      "PublicTest": 3589
    }
  },
  "training": {
    "commit": "3a94a1c39d99def988fc885a5b3fd5ba3821317b",
    "epochs": 5,
    "seconds": 3424.0,
    "settings": {
      "arch": "vgg-face",
      "options": {
        "width": 0.5,
        "hidden": 256
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
      "target": "votes",
      "labels_weight": 0.8,
      "epochs": 5,
      "calm_epochs": 2,
      "batch": 128,
      "optimizer": "sgd",
      "schedule": "cosine",
      "peak_rate": 0.016,
      "warmup": 0.05,
      "weight_decay": 0.0005,
      "clip": 5.0,
      "smoothing": 0.1,
      "votes_weight": 0.6,
      "ema_decay": 0.999,
      "crop_px": 44,
      "views": "spoilt",
      "mixup": 0.0,
      "pixels": "standardised",
      "base": "vgg-face-fer2013, run mean",
      "teachers": [
        "vgg-face-fer2013@1c74b9b39464"
      ],
      "teacher_weight": 0.6,
      "keep": "last",
      "head_epochs": 0,
      "precision": "float32",
      "seed": 3
    }
  },
  "evaluation": {
    "data": "fer2013.csv.gz + fer2013new.csv, PublicTest, FER+ majority (more than half of all ten votes for one of seven expressions)",
    "faces": 2854,
    "accuracy": 0.9148563419761738,
    "interval": [
      0.9040510187172768,
      0.924546380428495
    ],
    "classes": [
      {
        "name": "angry",
        "precision": 0.9504504504504504,
        "recall": 0.9017094017094017,
        "f1": 0.9254385964912281,
        "faces": 234
      },
      {
        "name": "disgust",
        "precision": 0.8571428571428571,
        "recall": 0.46153846153846156,
        "f1": 0.6,
        "faces": 13
      },
      {
        "name": "fear",
        "precision": 0.868421052631579,
        "recall": 0.825,
        "f1": 0.8461538461538461,
        "faces": 40
      },
      {
        "name": "happy",
        "precision": 0.9675090252707581,
        "recall": 0.9492325855962219,
        "f1": 0.9582836710369488,
        "faces": 847
      },
      {
        "name": "sad",
        "precision": 0.9555555555555556,
        "recall": 0.6164874551971327,
        "f1": 0.7494553376906318,
        "faces": 279
      },
      {
        "name": "surprise",
        "precision": 0.9186351706036745,
        "recall": 0.9259259259259259,
        "f1": 0.922266139657444,
        "faces": 378
      },
      {
        "name": "neutral",
        "precision": 0.8661087866108786,
        "recall": 0.973659454374412,
        "f1": 0.91674047829938,
        "faces": 1063
      }
    ],
    "confusion": [
      [
        211,
        0,
        1,
        4,
        1,
        4,
        13
      ],
      [
        2,
        6,
        0,
        0,
        1,
        0,
        4
      ],
      [
        0,
        0,
        33,
        0,
        0,
        5,
        2
      ],
      [
        2,
        0,
        0,
        804,
        1,
        9,
        31
      ],
      [
        2,
        1,
        1,
        6,
        172,
        3,
        94
      ],
      [
        3,
        0,
        3,
        6,
        0,
        350,
        16
      ],
      [
        2,
        0,
        0,
        11,
        5,
        10,
        1035
      ]
    ],
    "mean_probabilities": [
      [
        0.747296,
        0.028534,
        0.016673,
        0.031664,
        0.022698,
        0.072179,
        0.080956
      ],
      [
        0.217191,
        0.365361,
        0.007479,
        0.057258,
        0.121527,
        0.01811,
        0.213074
      ],
      [
        0.024602,
        0.00936,
        0.596825,
        0.005718,
        0.082592,
        0.223586,
        0.057318
      ],
      [
        0.006266,
        0.000925,
        0.001232,
        0.916937,
        0.004097,
        0.021404,
        0.049139
      ],
      [
        0.024179,
        0.007235,
        0.013069,
        0.028201,
        0.592381,
        0.01307,
        0.321866
      ],
      [
        0.011254,
        0.000763,
        0.065875,
        0.029987,
        0.004162,
        0.81774,
        0.070219
      ],
      [
        0.02344,
        0.003745,
        0.003826,
        0.036078,
        0.082208,
        0.019293,
        0.83141
      ]
    ]
  },
  "licence": "It was started from, learned the answers of and was averaged with vgg-face-fer2013: MIT for the weights. It learned the answers of first, under the same terms. It learned the answers of vgg-face-fer2013, under the same terms. The pictures of FER-2013 came from web search: research and evaluation.",
  "created_at": "2026-11-25T09:44:43+00:00",
  "calibration": {
    "temperature": 1.0743488021291507,
    "biases": [
      0.05380603286244663,
      0.1768038264094944,
      0.014519699301197547,
      -0.18164274675341108,
      -0.14828824292670467,
      0.041671955570678654,
      0.04312947553629854
    ],
    "smoothed": 0.0,
    "prior": [
      -0.133,
      -0.133,
      -0.133,
      0.0,
      -0.266,
      0.0,
      0.218
    ]
  },
  "calibration_figures": {
    "fitted_on": "one half of PublicTest (1787 faces, by the votes of their annotators)",
    "measured_on": "the other half of PublicTest (1787 faces, by the votes of their annotators)",
    "error_before": 0.01666994333667467,
    "error_after": 0.01427875861116942,
    "bins": [
      {
        "confidence": 0.2834148406982422,
        "accuracy": 0.08888889104127884,
        "faces": 5
      },
      {
        "confidence": 0.3596929907798767,
        "accuracy": 0.2618273198604584,
        "faces": 41
      },
      {
        "confidence": 0.4579218029975891,
        "accuracy": 0.4709289073944092,
        "faces": 108
      },
      {
        "confidence": 0.5451440215110779,
        "accuracy": 0.5542073249816895,
        "faces": 254
      },
      {
        "confidence": 0.6523955464363098,
        "accuracy": 0.6816633343696594,
        "faces": 192
      },
      {
        "confidence": 0.7520483136177063,
        "accuracy": 0.7598758935928345,
        "faces": 222
      },
      {
        "confidence": 0.8519291281700134,
        "accuracy": 0.856209933757782,
        "faces": 265
      },
      {
        "confidence": 0.9700308442115784,
        "accuracy": 0.969947338104248,
        "faces": 700
      }
    ],
    "divergence_before": 0.29892709851264954,
    "divergence_after": 0.2922447919845581
  },
  "conditions": [
    {
      "name": "reduced to 32 px and enlarged",
      "accuracy": 0.905395935529082,
      "faces": 2854,
      "confusion": [
        [
          196,
          1,
          1,
          9,
          2,
          6,
          19
        ],
        [
          1,
          6,
          0,
          0,
          4,
          0,
          2
        ],
        [
          0,
          0,
          28,
          0,
          0,
          10,
          2
        ],
        [
          2,
          0,
          0,
          807,
          0,
          5,
          33
        ],
        [
          3,
          0,
          0,
          4,
          169,
          5,
          98
        ],
        [
          1,
          0,
          3,
          7,
          0,
          345,
          22
        ],
        [
          3,
          0,
          0,
          14,
          7,
          6,
          1033
        ]
      ],
      "labels": "FER+ majority (more than half of all ten votes for one of seven expressions)"
    },
    {
      "name": "reduced to 24 px and enlarged",
      "accuracy": 0.8738612473721094,
      "faces": 2854,
      "confusion": [
        [
          179,
          2,
          1,
          8,
          3,
          13,
          28
        ],
        [
          2,
          6,
          0,
          0,
          2,
          1,
          2
        ],
        [
          0,
          0,
          22,
          1,
          2,
          11,
          4
        ],
        [
          4,
          0,
          0,
          789,
          2,
          12,
          40
        ],
        [
          4,
          0,
          1,
          8,
          144,
          4,
          118
        ],
        [
          0,
          0,
          3,
          6,
          0,
          332,
          37
        ],
        [
          3,
          0,
          0,
          19,
          12,
          7,
          1022
        ]
      ],
      "labels": "FER+ majority (more than half of all ten votes for one of seven expressions)"
    },
    {
      "name": "reduced to 16 px and enlarged",
      "accuracy": 0.8006306937631394,
      "faces": 2854,
      "confusion": [
        [
          131,
          2,
          3,
          17,
          7,
          22,
          52
        ],
        [
          4,
          1,
          0,
          2,
          0,
          0,
          6
        ],
        [
          0,
          0,
          17,
          2,
          3,
          13,
          5
        ],
        [
          6,
          0,
          0,
          740,
          4,
          19,
          78
        ],
        [
          1,
          0,
          3,
          30,
          94,
          6,
          145
        ],
        [
          3,
          0,
          1,
          8,
          3,
          306,
          57
        ],
        [
          8,
          0,
          0,
          35,
          11,
          13,
          996
        ]
      ],
      "labels": "FER+ majority (more than half of all ten votes for one of seven expressions)"
    },
    {
      "name": "24 px, a quarter of the light, noise of 3 grey levels",
      "accuracy": 0.8083391730903995,
      "faces": 2854,
      "confusion": [
        [
          138,
          1,
          2,
          15,
          3,
          16,
          59
        ],
        [
          1,
          1,
          0,
          3,
          2,
          0,
          6
        ],
        [
          2,
          0,
          12,
          3,
          2,
          17,
          4
        ],
        [
          6,
          0,
          0,
          722,
          8,
          15,
          96
        ],
        [
          3,
          0,
          2,
          15,
          108,
          3,
          148
        ],
        [
          1,
          0,
          2,
          6,
          2,
          321,
          46
        ],
        [
          2,
          0,
          0,
          34,
          9,
          13,
          1005
        ]
      ],
      "labels": "FER+ majority (more than half of all ten votes for one of seven expressions)"
    },
    {
      "name": "24 px, JPEG quality 30, enlarged",
      "accuracy": 0.7540294323756132,
      "faces": 2854,
      "confusion": [
        [
          122,
          1,
          4,
          21,
          6,
          14,
          66
        ],
        [
          4,
          0,
          0,
          3,
          3,
          0,
          3
        ],
        [
          1,
          0,
          15,
          3,
          1,
          14,
          6
        ],
        [
          12,
          0,
          2,
          667,
          15,
          24,
          127
        ],
        [
          7,
          0,
          0,
          29,
          86,
          5,
          152
        ],
        [
          1,
          0,
          1,
          16,
          1,
          301,
          58
        ],
        [
          15,
          0,
          1,
          54,
          14,
          18,
          961
        ]
      ],
      "labels": "FER+ majority (more than half of all ten votes for one of seven expressions)"
    },
    {
      "name": "JPEG quality 30",
      "accuracy": 0.8875262789067975,
      "faces": 2854,
      "confusion": [
        [
          185,
          4,
          0,
          11,
          3,
          7,
          24
        ],
        [
          3,
          5,
          0,
          0,
          2,
          0,
          3
        ],
        [
          0,
          0,
          25,
          1,
          0,
          11,
          3
        ],
        [
          3,
          0,
          0,
          796,
          3,
          7,
          38
        ],
        [
          2,
          0,
          0,
          7,
          155,
          4,
          111
        ],
        [
          0,
          0,
          4,
          6,
          0,
          343,
          25
        ],
        [
          2,
          0,
          0,
          14,
          13,
          10,
          1024
        ]
      ],
      "labels": "FER+ majority (more than half of all ten votes for one of seven expressions)"
    },
    {
      "name": "blurred (Gaussian, 1.5 px)",
      "accuracy": 0.8468815697266994,
      "faces": 2854,
      "confusion": [
        [
          158,
          2,
          5,
          13,
          6,
          15,
          35
        ],
        [
          4,
          3,
          0,
          3,
          0,
          1,
          2
        ],
        [
          0,
          0,
          20,
          2,
          1,
          12,
          5
        ],
        [
          4,
          0,
          0,
          776,
          1,
          15,
          51
        ],
        [
          6,
          0,
          0,
          16,
          121,
          2,
          134
        ],
        [
          1,
          0,
          1,
          9,
          1,
          330,
          36
        ],
        [
          7,
          0,
          0,
          23,
          11,
          13,
          1009
        ]
      ],
      "labels": "FER+ majority (more than half of all ten votes for one of seven expressions)"
    },
    {
      "name": "blurred by motion (7 px)",
      "accuracy": 0.7631394533987386,
      "faces": 2854,
      "confusion": [
        [
          96,
          1,
          1,
          37,
          11,
          11,
          77
        ],
        [
          1,
          3,
          0,
          2,
          2,
          0,
          5
        ],
        [
          2,
          0,
          1,
          6,
          14,
          1,
          16
        ],
        [
          3,
          1,
          0,
          734,
          12,
          1,
          96
        ],
        [
          1,
          0,
          0,
          16,
          118,
          0,
          144
        ],
        [
          4,
          0,
          0,
          26,
          11,
          210,
          127
        ],
        [
          3,
          0,
          0,
          24,
          18,
          2,
          1016
        ]
      ],
      "labels": "FER+ majority (more than half of all ten votes for one of seven expressions)"
    },
    {
      "name": "dark (a fifth of the light, whole grey levels)",
      "accuracy": 0.9152067274001402,
      "faces": 2854,
      "confusion": [
        [
          211,
          0,
          1,
          3,
          1,
          4,
          14
        ],
        [
          2,
          6,
          0,
          0,
          1,
          0,
          4
        ],
        [
          0,
          0,
          33,
          0,
          0,
          5,
          2
        ],
        [
          2,
          0,
          0,
          807,
          1,
          10,
          27
        ],
        [
          1,
          0,
          1,
          6,
          168,
          4,
          99
        ],
        [
          3,
          0,
          3,
          6,
          0,
          351,
          15
        ],
        [
          2,
          0,
          0,
          11,
          6,
          8,
          1036
        ]
      ],
      "labels": "FER+ majority (more than half of all ten votes for one of seven expressions)"
    },
    {
      "name": "behind a drawn mask",
      "accuracy": 0.5595655220742817,
      "faces": 2854,
      "confusion": [
        [
          173,
          0,
          0,
          3,
          1,
          13,
          44
        ],
        [
          6,
          0,
          0,
          0,
          0,
          1,
          6
        ],
        [
          3,
          0,
          15,
          0,
          4,
          13,
          5
        ],
        [
          51,
          0,
          0,
          146,
          7,
          58,
          585
        ],
        [
          62,
          0,
          3,
          1,
          89,
          5,
          119
        ],
        [
          4,
          0,
          5,
          3,
          1,
          291,
          74
        ],
        [
          107,
          0,
          0,
          16,
          7,
          50,
          883
        ]
      ],
      "labels": "FER+ majority (more than half of all ten votes for one of seven expressions)"
    },
    {
      "name": "mirrored",
      "accuracy": 0.9155571128241066,
      "faces": 2854,
      "confusion": [
        [
          211,
          1,
          1,
          4,
          0,
          5,
          12
        ],
        [
          3,
          5,
          0,
          2,
          2,
          0,
          1
        ],
        [
          0,
          0,
          31,
          0,
          0,
          7,
          2
        ],
        [
          1,
          0,
          0,
          806,
          2,
          10,
          28
        ],
        [
          2,
          1,
          1,
          3,
          172,
          3,
          97
        ],
        [
          1,
          0,
          3,
          5,
          0,
          357,
          12
        ],
        [
          1,
          0,
          0,
          11,
          11,
          9,
          1031
        ]
      ],
      "labels": "FER+ majority (more than half of all ten votes for one of seven expressions)"
    },
    {
      "name": "mean of picture and mirror image",
      "accuracy": 0.9187105816398038,
      "faces": 2854,
      "confusion": [
        [
          214,
          0,
          1,
          4,
          0,
          2,
          13
        ],
        [
          3,
          5,
          0,
          2,
          2,
          0,
          1
        ],
        [
          0,
          0,
          30,
          0,
          0,
          8,
          2
        ],
        [
          1,
          0,
          0,
          809,
          1,
          11,
          25
        ],
        [
          2,
          1,
          1,
          6,
          169,
          3,
          97
        ],
        [
          1,
          0,
          1,
          5,
          0,
          357,
          14
        ],
        [
          1,
          0,
          0,
          10,
          5,
          9,
          1038
        ]
      ],
      "labels": "FER+ majority (more than half of all ten votes for one of seven expressions)"
    },
    {
      "name": "mean of ten views (centre and corners, mirrored)",
      "accuracy": 0.9173090399439383,
      "faces": 2854,
      "confusion": [
        [
          212,
          0,
          1,
          4,
          1,
          4,
          12
        ],
        [
          3,
          5,
          0,
          2,
          2,
          0,
          1
        ],
        [
          0,
          0,
          30,
          0,
          0,
          8,
          2
        ],
        [
          2,
          0,
          0,
          811,
          1,
          8,
          25
        ],
        [
          1,
          1,
          1,
          5,
          169,
          4,
          98
        ],
        [
          2,
          0,
          2,
          6,
          0,
          352,
          16
        ],
        [
          2,
          0,
          0,
          11,
          3,
          8,
          1039
        ]
      ],
      "labels": "FER+ majority (more than half of all ten votes for one of seven expressions)"
    }
  ],
  "cost": {
    "parameters": 3747689,
    "gflop_per_face": 0.2676,
    "faces_per_second": 617,
    "measured_on": "2 processors (AMD EPYC)"
  },
  "notes": [
    "Trained on the Training split only; the last epoch was taken, so that PublicTest chose nothing but the calibration.",
    "The calibration (a temperature and seven biases) was fitted on one half of PublicTest; its error is measured on the other half. Accuracy and confusion matrix are those of all PublicTest faces, with calibration.",
    "A reading is what most people would call the face: the expressions were learned from the votes of FER+''s annotators, ten a face. Single votes were dropped; those for contempt, nothing known and no face made a face weigh less. Its probabilities are calibrated on the shares of votes. FER-2013''s own labels were learned by a second head, which is not calibrated.",
    "The weights are the mean of those of 3 runs: run3 (epoch 5, 57 minutes), vgg-face-fer2013 (epoch 29, 49 minutes), vgg-face-fer2013 (epoch 29, 49 minutes); the settings are those of the first.",
    "PrivateTest was not part of the data: it was neither trained nor measured on.",
    "704 Training faces were left out because they show a held-out picture: 340 pixel by pixel, 364 nearly (correlation of 0.96 or more at 16 by 16 pixels).",
    "13 blank pictures; those in Training were left out.",
    "Both heads of seven were learned anew on the frozen features of the averaged weights.",
    "What can be read is judged by a head on the frozen features. It learned from 36,000 views: Training faces as they are, mildly spoilt and spoilt beyond reading, drawn clutter, and squares of footage without faces (581). On 3,600 views of PublicTest faces and clutter drawn alike, the area under its curve is 0.919 for readable faces among faces, and 0.921 for faces."
  ],
  "labels_evaluation": {
    "data": "fer2013.csv.gz + fer2013new.csv, PublicTest, FER-2013''s labels",
    "faces": 3589,
    "accuracy": 0.6974087489551407,
    "interval": [
      0.6821751244127412,
      0.7122202354207016
    ],
    "classes": [
      {
        "name": "angry",
        "precision": 0.6314655172413793,
        "recall": 0.6274089935760171,
        "f1": 0.6294307196562836,
        "faces": 467
      },
      {
        "name": "disgust",
        "precision": 0.6666666666666666,
        "recall": 0.5714285714285714,
        "f1": 0.6153846153846154,
        "faces": 56
      },
      {
        "name": "fear",
        "precision": 0.5761904761904761,
        "recall": 0.4879032258064516,
        "f1": 0.5283842794759825,
        "faces": 496
      },
      {
        "name": "happy",
        "precision": 0.8758169934640523,
        "recall": 0.8983240223463688,
        "f1": 0.8869277440706013,
        "faces": 895
      },
      {
        "name": "sad",
        "precision": 0.5854765506807866,
        "recall": 0.5926493108728943,
        "f1": 0.589041095890411,
        "faces": 653
      },
      {
        "name": "surprise",
        "precision": 0.8166259168704156,
        "recall": 0.8048192771084337,
        "f1": 0.8106796116504854,
        "faces": 415
      },
      {
        "name": "neutral",
        "precision": 0.6143497757847534,
        "recall": 0.6771004942339374,
        "f1": 0.6442006269592476,
        "faces": 607
      }
    ],
    "confusion": [
      [
        293,
        11,
        41,
        19,
        57,
        8,
        38
      ],
      [
        15,
        32,
        2,
        3,
        3,
        1,
        0
      ],
      [
        42,
        1,
        242,
        12,
        113,
        35,
        51
      ],
      [
        10,
        1,
        10,
        804,
        8,
        18,
        44
      ],
      [
        64,
        2,
        66,
        17,
        387,
        8,
        109
      ],
      [
        9,
        1,
        32,
        15,
        8,
        334,
        16
      ],
      [
        31,
        0,
        27,
        48,
        85,
        5,
        411
      ]
    ],
    "mean_probabilities": [
      [
        0.512053,
        0.04901,
        0.13922,
        0.047111,
        0.133682,
        0.033449,
        0.085476
      ],
      [
        0.239995,
        0.503521,
        0.06994,
        0.035594,
        0.093663,
        0.027732,
        0.029555
      ],
      [
        0.109488,
        0.026753,
        0.406438,
        0.035985,
        0.218117,
        0.096003,
        0.107217
      ],
      [
        0.023184,
        0.019754,
        0.01839,
        0.813882,
        0.019063,
        0.038939,
        0.066788
      ],
      [
        0.123712,
        0.02729,
        0.150516,
        0.038865,
        0.461911,
        0.030862,
        0.166843
      ],
      [
        0.037066,
        0.02201,
        0.125182,
        0.053572,
        0.028331,
        0.696274,
        0.037565
      ],
      [
        0.076956,
        0.021144,
        0.079491,
        0.094807,
        0.165883,
        0.028923,
        0.532796
      ]
    ]
  },
  "readability": {
    "facts": [
      "reading_readable",
      "reading_face"
    ],
    "readable": [
      0.782,
      0.249,
      -0.05
    ],
    "face": [
      0.0,
      1.0,
      0.48
    ],
    "fitted_on": "592 faces of 25 clips from shops, counters and classrooms, rated three times by machine; coefficients were chosen with one clip left out in turn"
  },
  "graph": {
    "sha256": "d841ee3a433c161ed63ff496cbe21544a8741928815fad26df09e96586bf372b",
    "weights_sha256": "ab79cbd7700b04b184d685cc7a88cddf2315f128ec5bca1f6a87e944c20ffdaf",
    "heads": [
      "expression",
      "labels",
      "reading"
    ]
  }
}
','1 frames a second','{"face_threshold": 0.8, "min_face_px": 24, "sampling": {"mode": "fps", "value": 1.0}}','cpu');
CREATE TABLE schema_version (
	version INTEGER NOT NULL /* number of the schema; see migrations */, 
	PRIMARY KEY (version)
);
INSERT INTO "schema_version" VALUES(5);
CREATE TABLE videos (
	id INTEGER NOT NULL /* number within this database */, 
	sha256 VARCHAR(64) NOT NULL /* hash of the file's content; of its further cameras, with their number */, 
	path TEXT NOT NULL /* where the file was seen last */, 
	location TEXT NOT NULL /* shop or office, NFC-normalised */, 
	camera TEXT NOT NULL /* camera within the location, NFC-normalised */, 
	started_at DATETIME /* time of the first frame, UTC */, 
	start_source VARCHAR(20) /* where started_at came from: option, cameras.toml, file name, recorder's tag or container */, 
	timezone VARCHAR(64) NOT NULL /* IANA zone of the location */, 
	timezone_source VARCHAR(20) NOT NULL /* where timezone came from: option, cameras.toml, machine or unknown */, 
	codec VARCHAR(40) /* FFmpeg's name of the video codec */, 
	size_bytes INTEGER NOT NULL /* size of the file */, 
	width INTEGER /* pixels, as shown: square, after rotation */, 
	height INTEGER /* pixels, as shown: square, after rotation */, 
	fps FLOAT /* average frames a second; 0 for a still image */, 
	duration_s FLOAT /* seconds, as the container says */, 
	status VARCHAR(10) NOT NULL /* how its latest analysis stands: see analyses.status */, 
	reason TEXT /* why its latest analysis is partial or failed */, 
	coded_width INTEGER /* pixels, as the file stores them; NULL if unknown */, 
	coded_height INTEGER /* pixels, as the file stores them; NULL if unknown */, 
	stream INTEGER DEFAULT '1' NOT NULL /* which of the cameras in the file, from 1 */, 
	start_is_guess BOOLEAN DEFAULT 0 NOT NULL /* started_at has a source that is wrong at times */, 
	hints TEXT /* what was said of how to read the file, JSON: aspect, rate; NULL if nothing */, 
	notes TEXT /* what is doubtful about the file or its start, a sentence a line; NULL if nothing */, 
	PRIMARY KEY (id), 
	UNIQUE (sha256)
);
INSERT INTO "videos" VALUES(1,'20a1316ebf5ab14fdda77e5f74b02a00ee51a9624b29445e0defe0f622b2bbb4','sample_videos/door.mp4','Cửa hàng điện thoại Vinh','cửa ra vào','2024-03-26 03:05:00.000000','cameras.toml','Asia/Ho_Chi_Minh','option','h264',246037,1280,720,12.0,13.0,'done',NULL,1280,720,1,0,NULL,NULL);
CREATE INDEX analyses_by_run ON analyses (run_id, status);
CREATE INDEX ix_audit_faces_video_id ON audit_faces (video_id);
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
