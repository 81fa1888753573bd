"""What the files of a run folder are, for whoever writes or reads one, beside `alife.schema`.

fields.py       the fields of a manifest, and what each must be
manifest.py     the manifest: what its fields say together, and its text
stored.py       configuration and parts, as a manifest lists them
checkpoints.py  newborns, and adults of a run's end, as safetensors
shards.py       the newborns of a generation in one file or several
files.py        files in folders that somebody else may have made
parquet.py      Parquet that somebody else may have written
pages.py        what a Parquet file says of its size, before anything is unpacked
tested.py       scores on test images
usage.py        what a run has cost
events.py       what a run has told, in bounded room
steps.py        what callbacks and loops had to say of generations
summary.py      what a generation of an island was like, in the statistics of `schema.GENERATIONS`
"""
