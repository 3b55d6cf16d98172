"""A run's instructions, as analysis/insn, profile and stream.py read them, against its records and what the agent counted."""
import csv
import io
import json
import re
import sys

import pytest

from conftest import ROOT, TIMEOUT, finish
from traces import tools

sys.path.insert(1, str(ROOT / "analysis"))
import stream  # noqa: E402  (beside what it calls)

CHILDREN, ROUNDS = 3, 2
# what the fixtures make is made once, not by every worker
pytestmark = pytest.mark.xdist_group("instructions")


@pytest.fixture(scope="module")
def run(built, tmp_path_factory):
    """fork-cow with a few children, every instruction traced."""
    out = tmp_path_factory.mktemp("instructions") / "run"
    done = finish(["--guest", "mini"], out, {"workload": "fork-cow", "cmdline": f"rounds={ROUNDS} processes={CHILDREN} pages=16",
                                             "trace": "insn", "timeout": TIMEOUT})
    assert done.status == 0, done.explain()
    return done


def output(run, tool, *arguments):
    done = tools.run(tool, run.out / "trace", *arguments)
    assert (done.returncode, done.stderr) == (tools.FINE, "")
    return done.stdout


def records(run, name):
    return output(run, "events", "--only", name).splitlines()


@pytest.fixture(scope="module")
def functions(run):
    return {(row["image"], row["function"]): row for row in stream.functions(run.out / "trace")}


def test_every_instruction_is_counted_once(run):
    found = json.loads(output(run, "profile", "--json"))
    counted = run.summary["instructions"]               # from the guest's first instruction on
    assert found["instructions"]["ring1"] == counted["ring1"] and found["instructions"]["ring3"] == counted["ring3"]
    assert found["instructions"]["ring0"] > counted["ring0"]
    total = found["instructions"]["total"]
    assert sum(image["instructions"] for image in found["images"]) == total
    assert sum(function["instructions"] for function in found["functions"]) == total
    folded = output(run, "profile", "--folded").splitlines()
    assert sum(int(line.rpartition(" ")[2]) for line in folded) == total
    start = int(records(run, "domain_start")[0].split()[0])
    from_start = json.loads(output(run, "profile", "--json", "--from", start + 1))["instructions"]
    assert from_start["ring0"] == counted["ring0"]


def test_nearly_all_code_has_a_name(run, functions):
    total = sum(row["instructions"] for row in functions.values())
    unknown = sum(row["instructions"] for (_, name), row in functions.items() if name == "[unknown]")
    assert unknown < total / 1000
    assert {image for image, _ in functions} >= {"hypervisor", "kernel mini", "program init", "program fork-cow"}


def test_functions_were_called_as_often_as_the_guest_says(run, functions):
    children = CHILDREN * ROUNDS
    assert f"{ROUNDS} rounds of {CHILDREN} children" in run.console
    assert functions["kernel mini", "process_fork"]["calls"] == 2 * children + 1   # a child has one; init has the workload
    assert functions["program fork-cow", "program_main"]["calls"] == 1
    assert functions["hypervisor", "hypercall_entry"]["calls"] == len(records(run, "pv_hypercall"))
    faults = [line for line in records(run, "hw_exception") if "vector=14 " in line]
    assert functions["hypervisor", "page_fault_entry"]["calls"] == len(faults)


def test_paths_are_those_of_the_source(run):
    folded = {line.rpartition(" ")[0] for line in output(run, "profile", "--folded").splitlines()}
    assert any(path.startswith("kernel mini;") and path.endswith(";system_call;process_fork;mm_fork") for path in folded)
    assert any(path.startswith("hypervisor;entry_hypercall;") for path in folded)
    assert {path.split(";")[1] for path in folded if path.startswith("program fork-cow;")} == {"program_start"}


def test_entries_are_as_many_as_the_records(run):
    rows = {by: [row for row in stream.entries(run.out / "trace", by) if row["function"] is None] for by in stream.BY}
    assert sum(row["entries"] for row in rows["hypercall"]) == len(records(run, "pv_hypercall"))
    exceptions = [line for line in records(run, "hw_exception") if not line.endswith("ring=0")]
    assert sum(row["entries"] for row in rows["fault"]) == len(exceptions)
    emulated = [line for line in records(run, "shadow_guest_write") if "via=emulate" in line]
    assert sum(row["writes"] for row in rows["pte-write"] if row["kind"] == "store carried out") == len(emulated)
    assert sum(row["instructions"] for row in rows["entry"]) <= run.summary["instructions"]["ring0"]


def test_a_window_is_the_same_to_all_readers(run):
    start = int(records(run, "marker")[5].split()[0])
    rows = list(csv.DictReader(io.StringIO(output(run, "insn", "--csv", "--show", "instructions", "--from", start, "--until",
                                                  start + 2000))))
    times = [int(row["time"]) for row in rows]
    for row, before, behind in zip(rows, times, times[1:]):
        assert behind == before + 1 or (behind > before and "began" in row["text"])
    found = [instruction for item in stream.items(run.out / "trace", start, start + 2000) if isinstance(item, stream.Run)
             for instruction in item.instructions]
    assert [(int(row["address"], 16), bytes.fromhex(row["bytes"])) for row in rows] == found
    assert {row["image"] for row in rows} >= {"hypervisor", "kernel mini"}
    assert all(row["function"] for row in rows) and not [row for row in rows if row["text"] == "(bad)"]


def test_around_the_first_page_fault_of_the_guest(run):
    text = output(run, "insn", "--around", "pv_page_fault", "--context", "1000", "--show", "transfers,records")
    lines = [line.split(" -- ")[1] for line in text.splitlines()]
    fault = next(at for at, line in enumerate(lines) if " pv_page_fault " in line)
    assert any(line.startswith("transfer exception 0xe") and "<entry_page_fault>" in line for line in lines[:fault])
    assert any(line.startswith("transfer iret ring 0 -> 1") for line in lines[fault:])


def test_only_a_function(run, functions):
    rows = output(run, "insn", "--function", "page_fault_entry", "--show", "instructions").splitlines()
    rows = [row for row in rows if " -- gap " not in row]
    began = sum(int(times) - 1 for times in re.findall(r"; began (\d+) times", "\n".join(rows)))
    assert len(rows) + began == functions["hypervisor", "page_fault_entry"]["instructions"]
    assert any(" page_fault_entry.cold+" in row for row in rows)
