"""Store in, tables and pages out.

    numbers ──> words ──> sheets ──> figures ──> page     one HTML file
                             │                   files    CSV, JSON, Excel; faces row by row
                             └────────────────── terminal

Nothing here imports TensorFlow, OpenCV or a decoder: a report is made from stored rows alone.
"""
