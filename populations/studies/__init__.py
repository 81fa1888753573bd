"""Many runs: sweeps, replay experiments, assays, and the seed paper's experiments, as jobs on one cluster.

plan.py           a sweep as it is written down
grid.py           treatments and seeds, spelt out
jobs.py           what a job is, and what became of it
run_jobs.py       independent jobs, on Ray or in this process
job_pool.py       jobs on Ray: what waits, what runs, what became of the others
estimate.py       what the runs of a sweep will take
deadline.py       the end of the time that many runs have
progress.py       how far the runs of a sweep are
lanes.py          which of the jobs that wait has room, where they ask for different things
sweep.py          all runs of a plan, or a share of them
sweep_work.py     a sweep under way
sweep_jobs.py     the job that is one run of it
sweep_folder.py   the folder of a sweep, and its one writer
failed.py         which jobs of a sweep have failed, and why
standing.py       which of its runs have ended before
journal.py        what is known of those
run_rows.py       the generations of one run
settle.py         what a sweep leaves open, decided once
replicates.py     forks of one run side by side
assays.py         the assays of a sweep
assay_runner.py   stored newborns brought back to life
tables.py         the tidy tables of a sweep
tune.py           runs as trials of Ray Tune
paper.py          the seed paper's experiments as jobs
paper_folder.py   the folder of a reproduction: its plan and its data
paper_results.py  what their parts leave in a folder
"""
