"""MODE=native: the small kernel and the same programs on the bare machine, the baseline of every comparison."""
import json

import pytest

import options
from conftest import ROOT, call


@pytest.mark.parametrize("workload", [name for name in options.workload_names("mini") if name not in ("all", "mode-hop")])
def test_workload_succeeds_without_a_hypervisor(run_guest, workload):
    run = run_guest("mini", workload=workload, mode="native", boot="")
    assert run.status == 0, run.explain()
    summary = run.summary
    assert summary["outcome"] == "success" and summary["run"]["mode"] == "native"
    assert summary["run"]["policy"] is None
    assert summary["tlb"]["flushes"] > 0 and summary["tlb"]["unexplained"] == 0
    assert summary["oracle"]["violations"] == 0 and summary["trace"]["lost"] == 0
    assert summary["instructions"]["ring1"] == 0 < summary["instructions"]["ring3"]
    assert run.console.startswith("mini: on the bare machine, native mode")


def test_the_programs_do_what_they_do_in_direct_mode_and_it_repeats(run_guest):
    def instructions(mode):
        run = run_guest("mini", workload="fork-cow", mode=mode, boot="", trace="off")
        assert run.status == 0, run.explain()
        return run.summary["instructions"]

    native = instructions("native")
    assert native == instructions("native")
    assert native["ring3"] == instructions("direct")["ring3"]


def test_there_is_no_other_mode_to_go_to(run_guest):
    run = run_guest("mini", workload="mode-hop", mode="native", boot="", trace="off")
    assert run.status == 3, run.explain()
    assert "mode-hop: there is native mode only: nothing to do" in run.console


@pytest.mark.parametrize("arguments, message", [
    (["--guest", "t_hello"], "the guest t_hello is not built for the bare machine; there are: mini"),
    (["--vcpus", "2"], "VCPUS= cannot be said"),
    (["--policy", "brute"], "POLICY= cannot be said"),
    (["--boot", "scatter=7"], "BOOT=scatter=7 cannot be said"),
    (["--boot", "classes=mmu"], "BOOT=classes=mmu is not known; allowed: all, always, marker, flush"),
])
def test_what_takes_a_hypervisor_is_refused(tmp_path, arguments, message):
    done = call(ROOT / "bochs-config" / "run", "--mode", "native", "--out", tmp_path / "run", *arguments)
    assert done.returncode == 2 and message in done.stderr
    assert not (tmp_path / "run").exists()


def test_native_is_not_for_one_of_several(tmp_path):
    described = tmp_path / "domains.txt"
    described.write_text("kernel=mini mem=16\nkernel=mini mem=16 mode=native\n")
    done = call(ROOT / "bochs-config" / "run", "--domains", described, "--out", tmp_path / "run")
    assert done.returncode == 2 and "no domain beside it" in done.stderr


@pytest.mark.parametrize("mode", ["native", "shadow", "direct", "writable"])
def test_nano_measures_each_operation_alone(run_guest, mode):
    run = run_guest("mini", workload="nano", mode=mode, boot="classes=marker")
    assert run.status == 0, run.explain()
    done = call(ROOT / "analysis" / "measure", run.out / "trace", "--json")
    costs = {entry["name"]: entry for entry in json.loads(done.stdout)["measures"]}
    names = ["empty", "syscall", "in", "mask", "callret", "pgfault", "divzero", "ptemod", "forkwait"]
    assert list(costs) == names
    assert all(costs[name]["instructions"] >= costs[name]["operations"] > 0 for name in names)
    # what the kernel does by itself takes no hypervisor; what is privileged takes none on the bare machine only
    assert costs["callret"]["ring0"] < costs["callret"]["instructions"] or mode == "native"
    per_fault = costs["pgfault"]["instructions"] / costs["pgfault"]["operations"]
    assert (per_fault < 150) == (mode == "native")
