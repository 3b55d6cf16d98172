"""Every workload of the small kernel, end to end: it succeeds, every flush is explained, no oracle complains, nothing
is lost."""
import csv
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
    counted = {name: int(count) for name, count in re.findall(r"([a-z][a-z ]+) (\d+)", run.console.split("map-files: page faults")[1])}
    assert counted["file maps"] >= 4 * 32 and counted["swapped out"] > 20 and counted["swapped in"] > 0
    assert run.summary["oracle"]["violations"] == 0 and run.summary["tlb"]["unexplained"] == 0


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
