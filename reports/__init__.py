"""Store in, tables and pages out.

    numbers ──> words ──> sheets ──> figures ──> page     one HTML file
                             │                   files    CSV, JSON, Excel; faces row by row
                             └────────────────── terminal

Nothing here imports TensorFlow, OpenCV or a decoder: a report is made from stored rows alone.
"""

__part_of__ = "fer-video"
"""The mark by which the command knows its own packages; see `.entry/fer_video`."""
