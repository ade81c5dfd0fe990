"""Store in, tables and pages out.

    queries → columns → grouping, intervals, correction → report (dataclasses)
                                                            ├── tables    the terminal
                                                            ├── html      findings, figures, svg, templates
                                                            └── exports   csv, json, Excel; faces row by row

Nothing here imports TensorFlow, OpenCV or a decoder: a report is made from stored rows alone.
"""
