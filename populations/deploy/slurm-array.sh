#!/usr/bin/env bash
# A sweep of alife as a job array of Slurm, without Ray: each task does a share of the runs on CPUs of its own.
#
#   alife deploy slurm-array --out sweep.sh      then edit what says EDIT, and:
#   sbatch sweep.sh
#
# The same command goes on with what has not ended. Slurm gives it by itself, task by task, after the time limit and
# after the loss of a node. Tasks may wait, run and end in any order; the last to end writes the tables, and
#   alife sweep --config CONFIG --out SWEEP --tables
# writes them at any time. What a task says is in slurm-ARRAY_TASK.out.
#
#SBATCH --job-name=alife-sweep
#SBATCH --array=0-15               # EDIT: how many tasks; 0-999%100 lets no more than 100 run at once
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=1          # EDIT: as many as the life.threads of the largest treatment
#SBATCH --time=24:00:00            # EDIT
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:USR1@120        # two minutes before the limit: commit, and queue this task again
set -euo pipefail

sweep=$HOME/sweeps/big             # EDIT: the sweep's folder, where every node can be: a shared disk, or a URI (s3://…)
config=$HOME/sweep.yaml            # EDIT: the plan, on a shared disk
environment=$HOME/alife/.venv      # EDIT: the virtual environment with alife in it, on a shared disk

export PATH=$environment/bin:$PATH

alife sweep --config "$config" --out "$sweep" --array auto &
process=$!

again=
trap 'again=1; kill -USR1 "$process" 2>/dev/null || true' USR1    # a notice: the TERM that may follow does not end it
trap 'kill -TERM "$process" 2>/dev/null || true' TERM

code=0
wait "$process" || code=$?
while kill -0 "$process" 2>/dev/null; do code=0; wait "$process" || code=$?; done  # a signal had ended the wait
if test -n "$again" && test "$code" -ne 0; then scontrol requeue "$SLURM_JOB_ID"; fi
exit "$code"
