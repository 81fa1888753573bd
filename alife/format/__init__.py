"""What the files of a run folder are, for whoever writes or reads one, beside `alife.schema`.

stored.py   the strict model that a run folder must be to be believed
files.py    files in folders that somebody else may have made
parquet.py  Parquet that somebody else may have written
pages.py    what a Parquet file says of its size, before anything is unpacked
tested.py   scores on test images
summary.py  what a generation of an island was like, in the statistics of `schema.GENERATIONS`
"""
