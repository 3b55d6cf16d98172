"""Every workload of the small kernel, end to end: it succeeds, every flush is explained, no oracle complains, nothing
is lost."""
import csv
import json
import re

import pytest

import options
from conftest import ROOT, call


@pytest.mark.parametrize("mode", ["shadow", "direct", "writable"])
@pytest.mark.parametrize("workload", [name for name in options.workload_names("mini") if name != "all"])
def test_workload_succeeds(run_guest, workload, mode):
    run = run_guest("mini", workload=workload, mode=mode)
    assert run.status == 0, run.explain()
    summary = run.summary
    assert summary["outcome"] == "success"
    assert summary["run"]["workload"] == workload and summary["run"]["mode"] == mode
    assert summary["tlb"]["flushes"] > 0 and summary["tlb"]["unexplained"] == 0
    assert summary["oracle"]["checks"] > 0 and summary["oracle"]["violations"] == 0
    assert summary["trace"]["events"] > 0 and summary["trace"]["lost"] == 0
    assert run.last_line.startswith("outcome: success")
    assert run.console.strip() and run.console.splitlines()[0] in run.printed


@pytest.mark.parametrize("mode", ["shadow", "direct"])
def test_pages_of_files_are_not_swapped(run_guest, mode):
    """Those that were copied are; what is mapped and unchanged stays the cache's."""
    run = run_guest("mini", workload="map-files", mode=mode, cmdline="mem_limit=32 every=1 rounds=4")
    assert run.status == 0, run.explain()
    line = run.console.split("map-files: page faults")[1]
    counted = {name: int(count) for name, count in re.findall(r"([a-z][a-z ]+) (\d+)", line)}
    assert counted["file maps"] >= 4 * 32 and counted["swapped out"] > 20 and counted["swapped in"] > 0
    assert run.summary["oracle"]["violations"] == 0 and run.summary["tlb"]["unexplained"] == 0


@pytest.mark.parametrize("mode", ["native", "shadow"])
def test_what_lmbench_measures_of_a_switch_holds_nothing_else(run_guest, mode):
    """More turns cost no less each: no first touch, and no end of a process, is among what is measured."""
    def measured(rounds):
        run = run_guest("mini", name=str(rounds), workload="lmbench", mode=mode, cmdline=f"times=1 rounds={rounds}",
                        boot="scatter=7 classes=marker" if mode == "shadow" else "classes=marker", trace="events")
        assert run.status == 0, run.explain()
        found = json.loads(call(ROOT / "analysis" / "measure", run.out / "trace", "--json").stdout)["measures"]
        return {one["name"]: one["instructions"] / one["operations"] for one in found}

    few, many = measured(3), measured(12)
    for name in [f"ctx-{processes}-0" for processes in (2, 8, 16)] + ["pipe"]:
        assert 0.85 < few[name] / many[name] < 1.15, (name, few[name], many[name])
        assert many[name] > 1000


def test_the_kernels_pages_may_be_global_and_large(run_guest):
    """In shadow mode where its switches allow it, and on the bare machine; of scattered frames none lies in 4 MiB."""
    def run(name, mode="shadow", boot="", workload="context-switch", rounds=100, **more):
        words = f"rounds={rounds} global=1 large=1"
        done = run_guest("mini", workload=workload, mode=mode, cmdline=words, boot=boot, name=name, **more)
        assert done.status == 0, done.explain()
        assert done.summary["oracle"]["violations"] == 0 and done.summary["tlb"]["unexplained"] == 0
        return re.search(r"the kernel's pages: (.*)", done.console)[1], done.summary

    said, both = run("both")
    assert said == "15 of 4 MiB, global"
    assert run("touched", workload="touch", rounds=1)[1]["shadow"]["superpages"] > 0
    said, local = run("local", **{"global": "no"})
    assert said == "15 of 4 MiB, not global" and local["tlb"]["walks"] > 1.5 * both["tlb"]["walks"]
    assert run("scattered", boot="scatter=7")[0] == "0 of 4 MiB, global"
    assert run("direct", mode="direct")[0] == "0 of 4 MiB, not global"
    said, native = run("native", mode="native")
    assert said == "15 of 4 MiB, global" and native["tlb"]["by_means"]["mov_cr4"] > 2


def test_such_a_kernel_stays_in_its_mode(run_guest):
    assert run_guest("mini", workload="mode-hop", cmdline="global=1", trace="off").status == 3


def test_trace_is_read_by_babeltrace_and_the_table_agrees_with_the_summary(run_guest):
    run = run_guest("mini", workload=options.workload_names("mini")[0])
    assert run.status == 0, run.explain()
    read = call("babeltrace2", run.out / "trace")
    assert read.stderr == ""
    assert sum(" penumbra:" in line for line in read.stdout.splitlines()) == run.summary["trace"]["events"]
    table = call(ROOT / "analysis" / "tlb", run.out / "trace")
    assert table.stdout.strip() in run.printed
    with open(run.out / "tlb.csv", newline="", encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) >= len(run.summary["tlb"]["by_cause"])


def test_tracing_off_leaves_the_guest_as_it_is(run_guest):
    run = run_guest("mini", workload=options.workload_names("mini")[0], trace="off")
    assert run.status == 0, run.explain()
    assert run.summary["run"]["trace"] == "off"
    assert run.summary["oracle"]["checks"] > 0 and run.summary["oracle"]["violations"] == 0
    assert not (run.out / "trace").exists() and not (run.out / "tlb.csv").exists()


def test_quiet_prints_the_verdict_only(run_guest):
    run = run_guest("mini", workload=options.workload_names("mini")[0], trace="off", quiet=True)
    assert run.status == 0, run.explain()
    assert run.printed.splitlines() == [run.last_line]
