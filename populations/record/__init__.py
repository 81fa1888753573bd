"""The run folder: one writer, any number of readers.

writer.py       the recorder, the only writer of a run folder
commit.py       parts and checkpoint first, the manifest last
notes.py        what goes on record of the run itself
steplog.py      what callbacks and loops have to say of generations
reader.py       manifest, configuration, stored newborns and the digest
parts.py        rows as immutable Parquet parts
lease.py        one writer a run folder
storage/        durable writes and atomic replacement, on disk or at any fsspec URI
provenance.py   by what a run is made
task.py         the data of a run that goes on
unbegun.py      nothing stays of a run that never began
exclusive.py    one winner on a disk without file locks
rows.py         from what a generation did to the rows of the record
"""
