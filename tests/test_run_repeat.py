"""Runs repeat: the same image gives the same events at the same simulated times, alone or side by side; nothing is
built twice."""
import re
import resource
import subprocess

import pytest

from conftest import LONGEST_WAIT, ROOT, call


def events(out):
    """Every event of a trace with its time in simulated instructions, as text: those of the hypervisor and the hardware, then the packets of
    the instruction stream; which of two at the same time babeltrace2 prints first is no matter of the trace."""
    lines = subprocess.run(["babeltrace2", "--clock-cycles", "--no-delta", str(out / "trace")],
                           capture_output=True, text=True, check=True).stdout.splitlines(keepends=True)
    return "".join(sorted(lines, key=lambda line: " penumbra_stream:" in line))


def processor_seconds():
    """Of all children that have ended, and theirs."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


@pytest.mark.parametrize("guest", ["t_hello", "mini"])
def test_two_runs_agree_to_the_digit(run_guest, guest):
    first, second = run_guest(guest, name="first"), run_guest(guest, name="second")
    assert first.status == second.status == 0, first.explain() + second.explain()
    assert first.summary == second.summary
    lines, other = events(first.out).splitlines(), events(second.out).splitlines()
    assert len(lines) > 100
    for number, (left, right) in enumerate(zip(lines, other)):
        assert left == right, f"event {number}"
    assert len(lines) == len(other)
    assert first.console == second.console


def test_a_run_is_the_same_whatever_is_traced(run_guest):
    """What the agent counted, to the instruction, and every event; timer interrupts would come elsewhere after one more instruction."""
    runs = {trace: run_guest("mini", workload="nano", trace=trace, name=trace) for trace in ("off", "events", "insn", "mem")}
    off = runs["off"]
    for run in runs.values():
        assert run.status == 0, run.explain()
        assert (run.out / "machine" / "status.json").read_text() == (off.out / "machine" / "status.json").read_text()
        assert run.summary["run"]["image_sha256"] == off.summary["run"]["image_sha256"]
        assert run.console == off.console
    # without texts: babeltrace2 shows in place of an empty one that of some event before
    recorded = [[re.sub(', text = ".*"', "", line) for line in events(runs[trace].out).splitlines() if " penumbra:" in line]
                for trace in ("events", "insn", "mem")]
    assert len(recorded[0]) > 1000 and recorded[0] == recorded[1] == recorded[2]


def test_two_runs_side_by_side_do_not_disturb_each_other(start_guest, run_guest):
    alone = run_guest("t_hello", name="alone")
    together = [start_guest("t_hello", name=name) for name in ("left", "right")]
    for process, out in together:
        _, complaint = process.communicate(timeout=LONGEST_WAIT)
        assert process.returncode == 0, complaint
        assert (out / "console.log").read_text() == alone.console
        assert events(out) == events(alone.out)


def test_make_run_again_builds_nothing_and_is_quick(built, tmp_path):
    began = processor_seconds()
    done = call("make", "--no-print-directory", "run", f"OUT={tmp_path / 'out'}", cwd=ROOT)
    seconds = processor_seconds() - began
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert done.stdout.startswith("guest mini"), "make said something before the run: it built"
    assert "gcc" not in done.stdout
    # of processor time: other tests run beside this one, so the clock on the wall says less
    assert seconds < 20


def test_make_run_passes_the_outcome_on(built, tmp_path):
    done = call("make", "-s", "run", "GUEST=t_spin", "TIMEOUT=4", f"OUT={tmp_path / 'out'}", cwd=ROOT)
    assert done.returncode != 0
    assert "outcome: timeout" in done.stdout.splitlines()[-1]
