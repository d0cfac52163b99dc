"""A corpus out of one Cassandre and into another, as a zip (docs/ingestion.md, “Moving a corpus”).

manifest    what the zip says of itself: the format, and what is wrong with one
exporting   what of a corpus leaves
writing     that as a zip, while it is sent
archive     a zip from anywhere → its manifest and its files, checked
importing   such a zip → a corpus, file by file, in turns that a restart does not lose
"""

from __future__ import annotations
