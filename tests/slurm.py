"""A cluster of one machine for the tests: munged, slurmctld and slurmd in a folder of their own, as whoever runs the tests.

Nothing of it is the machine's own: key, socket, ports, state and logs are the folder's. Callers: test_compare_slurm.py.
"""
import contextlib
import getpass
import os
import random
import socket
import subprocess

from conftest import wait_until

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


def free_ports(count):
    """Below those that the system gives to whoever connects, so that nobody takes one before a daemon listens at it."""
    found = []
    for port in random.sample(range(20000, 32000), 100):
        with contextlib.suppress(OSError), socket.socket() as there:
            there.bind(("127.0.0.1", port))
            found.append(port)
        if len(found) == count:
            return found
    raise AssertionError("there is no free port")


def said(environment, *command):
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


@contextlib.contextmanager
def cluster(folder):
    """The environment in which Slurm's commands talk to it."""
    folder.chmod(0o755)                       # munged insists on who may come near its socket
    (folder / "state").mkdir()
    (folder / "spool").mkdir()
    (folder / "key").write_bytes(os.urandom(128))
    (folder / "key").chmod(0o600)
    controller_port, node_port = free_ports(2)
    (folder / "slurm.conf").write_text(CONFIGURATION.format(
        host=socket.gethostname().split(".")[0], user=getpass.getuser(), folder=folder, processors=os.cpu_count(),
        controller_port=controller_port, node_port=node_port))
    environment = dict(os.environ, SLURM_CONF=str(folder / "slurm.conf"),
                       PATH=f"{os.environ['PATH']}:/usr/sbin")
    munge = f"--socket={folder}/munge.socket"
    steps = [(["munged", "--foreground", "--force", f"--key-file={folder}/key", munge,
               f"--pid-file={folder}/munged.pid",
               f"--log-file={folder}/munged.log", f"--seed-file={folder}/seed"],
              lambda: said(environment, "munge", "--no-input", munge)),
             (["slurmctld", "-D", "-c"], lambda: " is UP" in said(environment, "scontrol", "ping")),
             (["slurmd", "-D"], lambda: said(environment, "sinfo", "--noheader", "--format=%t") == "idle")]
    with contextlib.ExitStack() as stack:
        for command, is_up in steps:
            daemon = stack.enter_context(subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL,
                                                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
            stack.callback(daemon.terminate)
            wait_until(lambda: daemon.poll() is not None or is_up())
            logs = [path.read_text(errors="replace")[-2000:] for path in folder.glob("*.log")]
            assert daemon.poll() is None, f"{command[0]} ended: {logs}"
        yield environment
