"""What the tests share.

drawn.py           what each figure is drawn of
synthetic.py       runs without networks, from a quick genetic model
planted.py         records whose parents and traits a test has chosen
lives.py          a backend that lives islands, and what it has told
scattered.py      islands scattered over workers that come and go
own.py            runs with objects of one's own
coverage.py        how often intervals over runs hold the truth
coverage_assays.py the same of assays
coverage_fronts.py the same of what of a front is luck
coverage_series.py the same of one run's generations
bred.py            runs whose births are planted: evolution's forces of known size, deme by deme
rows.py            rows and newborns with the statistics of real ones
genealogies.py     small genealogies, and what a slow computation says of them
handed.py          lineages read back from files by who they are for
idx_folders.py     IDX folders
foreign.py         run folders as somebody else might have made them
malformed.py       damaged copies of a file
malformed_runs.py  malformed files of runs
disks.py           small file systems, so that a disk can be full
killing.py         processes that end by SIGKILL at a chosen step
machines.py        machines made of Linux namespaces
many_workers.py    one run on Ray with many workers on few cores, and what it asks of the driver
slurm.py           Slurm on such machines
second_node.py     a second node for the session's Ray
rayjob.py          what KubeRay takes as a RayJob
s3.py              places for run folders: disk, memory, S3 on loopback
object_store.py    a server on loopback with one URI a test
gcs.py             as much of Google's storage as a run folder needs
azure.py           as much of Azure's
told.py            events as a run tells them
axe.py             what axe-core finds wrong with a page in a browser
browser.py         a headless Chromium
serving.py         the page of `alife serve`, in a thread of the test's process
study.py           whether a report prints what a page about it states
"""
