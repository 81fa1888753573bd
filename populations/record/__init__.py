"""The run folder: one writer that commits what many have written, any number of readers.

writer.py       the recorder, which alone commits
on_record.py    what it has on record
described.py    what it is told of the run beside rows
opening.py      a run folder taken by its one writer
shards.py       what workers write of a run, each for its own islands
listing.py      what a manifest lists once workers have written
commit.py       parts and checkpoints first, the manifest last
migrate.py      an older format brought to the present one
notes.py        what goes on record of the run itself
steplog.py      what callbacks and loops have to say of generations
reader.py       manifest, configuration, stored newborns and the digest
parts.py        rows as immutable Parquet parts
lease.py        one writer a run folder
presence.py     whether a folder has a writer, asked without disturbing it
storage/        durable writes and atomic replacement, on disk or at any fsspec URI
provenance.py   by what a run is made
task.py         the data of a run that goes on
unbegun.py      nothing stays of a run that never began
exclusive.py    one winner on a disk without file locks
rows.py         from what a generation did to the rows of the record
"""
