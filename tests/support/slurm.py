"""Debian's Slurm on machines made of namespaces: munge, a controller on the first, a node daemon on each."""

import contextlib
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from tests.support.machines import Machine, Network

PROGRAMS = ("slurmctld", "slurmd", "sbatch", "srun", "scontrol", "munged", "mungekey")


def missing() -> str:
    """What is not installed of what it takes."""
    return next((name for name in PROGRAMS if not shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")), "")


@contextlib.contextmanager
def slurm(network: Network, folder: Path, cpus: int) -> Iterator[Machine]:
    """Slurm over all machines of a network, as root; yields the first machine, where users give their commands.

    Args:
        network: Its machines are the nodes.
        folder: For keys, state and logs; a short path, since it holds a socket.
        cpus: Of each node.
    """
    head = network.machines[0]
    (folder / "slurm.conf").write_text(_configuration(network.machines, folder, cpus))
    (folder / "plugstack.conf").touch()
    for machine in network.machines:
        machine.environment["SLURM_CONF"] = str(folder / "slurm.conf")
    head.run("mungekey", "--create", f"--keyfile={folder}/key")
    files = [f"--{name}-file={folder}/munge.{name}" for name in ("log", "pid", "seed")]
    head.run("munged", "--force", f"--key-file={folder}/key", f"--socket={folder}/munge.socket", *files)
    head.run("slurmctld", "-c")
    for machine in network.machines:
        (folder / machine.name).mkdir(exist_ok=True)
        machine.run("slurmd", "-N", machine.name)
    _wait(head, len(network.machines))
    yield head


def _wait(head: Machine, nodes: int) -> None:
    deadline = time.monotonic() + 120
    while (idle := head.run("sinfo", "--noheader", "--Node", "--states=idle").stdout).count("\n") < nodes:
        assert time.monotonic() < deadline, f"not all nodes are up: {idle}"
        time.sleep(0.5)


def _configuration(machines: list[Machine], folder: Path, cpus: int) -> str:
    head = machines[0]
    nodes = "\n".join(f"NodeName={m.name} NodeAddr={m.address} CPUs={cpus} State=UNKNOWN" for m in machines)
    return f"""\
ClusterName=alife
SlurmctldHost={head.name}({head.address})
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
MpiDefault=none
ReturnToService=2
SlurmdParameters=config_overrides
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/%n/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/%n/slurmd.log
{nodes}
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""
