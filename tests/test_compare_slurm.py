"""A comparison on a cluster: Slurm on this machine, 24 jobs, one of them killed and done once more."""
import json
import subprocess

import pytest

import slurm
from conftest import ROOT, wait_until

SWEEP = """
workloads = ["touch"]
configurations = ["shadow/oos"]
seeds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]

[words]
touch = "pages=16 rounds=1"
"""


@pytest.fixture(name="environment")
def fixture_environment(tmp_path_factory):
    with slurm.cluster(tmp_path_factory.mktemp("slurm")) as environment:
        yield environment


def stopped_job(environment):
    """The number of a job that runs, and does not end by itself any more; nothing when there is none."""
    running = slurm.said(environment, "squeue", "--noheader", "--states=RUNNING", "--format=%i").split()
    return next((job for job in running if subprocess.run(["scontrol", "suspend", job], env=environment, check=False,
                                                          capture_output=True).returncode == 0), None)


def test_a_sweep_goes_through_slurm_and_a_killed_job_is_done_once_more(environment, tmp_path):
    (tmp_path / "sweep.toml").write_text(SWEEP)
    command = [ROOT / "bochs-config" / "compare", "--experiment", tmp_path / "sweep.toml", "--out", tmp_path / "out",
               "--cluster", "slurm", "--jobs", "24"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as compare:
        try:
            stopped = []
            wait_until(lambda: stopped.append(stopped_job(environment)) or stopped[-1])
            killed = stopped[-1]
            subprocess.run(["scancel", killed], env=environment, check=True)
            printed, complained = compare.communicate(timeout=900)
        finally:
            compare.kill()
    log = (tmp_path / "out" / "snakemake.log").read_text()
    assert compare.returncode == 0, complained + log[-2000:]
    assert "24 of 24 runs done, 0 running, 0 failed" in complained
    assert f"external jobid: {killed}" in log.lower() or f"external jobid '{killed}'" in log.lower()
    assert "Trying to restart job" in log
    results = [json.loads(path.read_text()) for path in (tmp_path / "out" / "runs").glob("*/result.json")]
    assert len(results) == 24 and all(result["summary"]["outcome"] == "success" for result in results)
    assert "touch" in printed


def test_a_profile_that_is_not_there_is_named(tmp_path):
    done = subprocess.run([ROOT / "bochs-config" / "compare", "--cluster", "pigeons", "--out", tmp_path / "out"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "--cluster pigeons: there is no such profile; there are: slurm" in done.stderr
    assert not (tmp_path / "out").exists()
