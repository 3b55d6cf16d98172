"""A cluster of one machine for the tests: munged, slurmctld and slurmd in a folder of their own, as whoever runs the tests.

Nothing of it is the machine's own: key, socket, ports, state and logs are the folder's. Callers: test_compare_slurm.py.
"""
import contextlib
import getpass
import os
import socket
import subprocess
import time

CONFIGURATION = """
ClusterName=penumbra
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
SlurmctldPort={controller_port}
SlurmdPort={node_port}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
MpiDefault=none
KillWait=2
NodeName={host} NodeAddr=127.0.0.1 CPUs={processors} RealMemory=2048 State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def _wait_for_node(environment, log):
    for _ in range(120):
        done = subprocess.run(["sinfo", "--noheader", "--format=%t"], env=environment, capture_output=True, text=True, check=False)
        if done.stdout.strip() == "idle":
            return
        time.sleep(0.5)
    raise AssertionError(f"the node did not come up: {done.stdout}{done.stderr}{log.read_text()[-2000:]}")


@contextlib.contextmanager
def cluster(folder):
    """The environment in which Slurm's commands talk to it."""
    folder.chmod(0o755)                       # munged insists on who may come near its socket
    (folder / "state").mkdir()
    (folder / "spool").mkdir()
    (folder / "key").write_bytes(os.urandom(128))
    (folder / "key").chmod(0o600)
    (folder / "slurm.conf").write_text(CONFIGURATION.format(
        host=socket.gethostname().split(".")[0], user=getpass.getuser(), folder=folder, processors=os.cpu_count(),
        controller_port=free_port(), node_port=free_port()))
    environment = dict(os.environ, SLURM_CONF=str(folder / "slurm.conf"),
                       PATH=f"{os.environ['PATH']}:/usr/sbin")
    daemons = [["munged", "--foreground", "--force", f"--key-file={folder}/key", f"--socket={folder}/munge.socket",
                f"--pid-file={folder}/munged.pid", f"--log-file={folder}/munged.log", f"--seed-file={folder}/seed"],
               ["slurmctld", "-D", "-c"], ["slurmd", "-D"]]
    with contextlib.ExitStack() as stack:
        for command in daemons:
            daemon = stack.enter_context(subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL,
                                                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
            stack.callback(daemon.terminate)
            time.sleep(1)
        _wait_for_node(environment, folder / "slurmd.log")
        yield environment
