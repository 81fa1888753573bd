#!/usr/bin/env bash
# A run of alife on Slurm: Ray over the nodes of a job, and the run on it.
#
#   alife deploy slurm --out alife.sh      then edit what says EDIT, and:
#   sbatch alife.sh
#
# The same command goes on with the run. Slurm gives it by itself after its time limit and after the loss of the first
# node; any other node may be lost while the run goes on. What the run says is in slurm-JOB.out.
#
#SBATCH --job-name=alife
#SBATCH --nodes=2                  # EDIT
#SBATCH --cpus-per-task=8          # EDIT: a host of islands on each CPU
#SBATCH --time=24:00:00            # EDIT
#SBATCH --ntasks-per-node=1        # one Ray a node
#SBATCH --exclusive                # 'ray symmetric-run' ends with a 'ray stop' that ends every Ray of yours on the node
#SBATCH --no-kill                  # a lost node is not the end of the job
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:USR1@120        # two minutes before the limit: commit, and queue again
set -euo pipefail

run=$HOME/runs/big                 # EDIT: the run folder, where every node can be first: a shared disk, or a URI (s3://…)
config=$HOME/big.yaml              # EDIT: as 'alife run --print-config' writes it; on a shared disk
environment=$HOME/alife/.venv      # EDIT: the virtual environment with alife in it, on a shared disk
port=6379

export PATH=$environment/bin:$PATH
export RAY_USAGE_STATS_ENABLED=0
export RAY_AUTH_MODE=token         # of this job alone, in no file
RAY_AUTH_TOKEN=$(python -c 'import secrets; print(secrets.token_hex(32))')
export RAY_AUTH_TOKEN
export RAY_SYMMETRIC_RUN_CLUSTER_WAIT_TIMEOUT=${RAY_SYMMETRIC_RUN_CLUSTER_WAIT_TIMEOUT:-600}  # slow nodes; Ray gives them 30 s

# This script runs on the first node, so that is where the head is to be. Its name will not do: Debian resolves it to
# 127.0.1.1 there. EDIT if nodes have several networks: the address that the others reach it at.
address=$(hostname -I | cut -d' ' -f1):$port
state=$(mktemp -d)                 # what becomes of alife: its process and its exit code
trap 'rm -rf "$state"' EXIT
watched='"$@" & echo $! >"$0/process"; code=0; wait $! || code=$?; echo $code >"$0/code"; exit $code'

srun --nodes="$SLURM_JOB_NUM_NODES" --ntasks="$SLURM_JOB_NUM_NODES" --cpus-per-task="$SLURM_CPUS_PER_TASK" --no-kill \
  ray symmetric-run --address "$address" --min-nodes "$SLURM_JOB_NUM_NODES" --num-cpus="$SLURM_CPUS_PER_TASK" -- \
  bash -c "$watched" "$state" \
  alife run --config "$config" --out "$run" --ray.address "$address" --resume &
step=$!

again=
stop() { test ! -s "$state/process" || kill -s "$1" "$(cat "$state/process")" || true; }
trap 'again=1; stop USR1' USR1     # a notice: the TERM that may follow does not end alife amid its commit
trap 'stop TERM' TERM

code=0
wait "$step" || code=$?
while kill -0 "$step" 2>/dev/null; do code=0; wait "$step" || code=$?; done  # a signal had ended the wait, not the step

# The code of 'ray symmetric-run' says little: 0 when 'ray start' failed, 1 when it lost its own cluster to 'ray stop'.
if test ! -s "$state/process"; then
  echo "alife: error: Ray did not start on all nodes; the lines above say why" >&2
  exit 1
fi
if test -s "$state/code"; then code=$(cat "$state/code"); elif test "$code" -eq 0; then code=1; fi
if test -n "$again" && test "$code" -ne 0; then scontrol requeue "$SLURM_JOB_ID"; fi
exit "$code"
