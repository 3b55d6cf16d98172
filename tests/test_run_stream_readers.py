"""The readers of the instruction stream on real runs: no rule is broken, and the emulator's TLB as modelled makes exactly
the walks that the emulator made."""
import json

import pytest

from traces import tools


def read(tool, run, *options):
    done = tools.run(tool, run.out / "trace", "--json", *options)
    assert done.returncode == tools.FINE, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("guest, mode", [("t_flushes", "shadow"), ("t_pagetables", "shadow"), ("t_writable", "writable"),
                                         ("t_types", "direct")])
def test_accesses_walks_and_instructions_agree(run_guest, guest, mode):
    run = run_guest(guest, mode=mode, trace="mem", boot="scatter=7 pool=16")
    assert run.status == 0, run.explain()
    checked = read("check", run)
    assert [rule["name"] for rule in checked["rules"] if rule["checked"] == 0 or rule["offences"]] == []
    tlb = read("tlbsim", run, "--tlb", "entries=64,ways=4", "--tlb", "entries=2048,ways=8,tags=4")
    emulator = tlb["emulator"]
    assert (emulator["unmade"], emulator["surplus"]) == (0, 0)
    assert emulator["reproduced"] + emulator["unknown"] == emulator["walks"] > 3 * emulator["unknown"]
    walks = sum(rule["checked"] for rule in checked["rules"] if rule["name"] == "walk")
    assert walks == sum(read("tlb", run)[phase]["walks"] for phase in ("boot", "run"))
    memory = read("memory", run)
    assert sum(use["instructions"] for use in memory["uses"]) == checked["instructions"]
    assert sum(use["reads"] + use["writes"] for use in memory["uses"]) >= memory["accesses"] > 0
    assert all(use["frames"] for use in memory["uses"] if mode == "shadow" or use["use"] != "shadow table")


def test_without_accesses_the_rest_is_checked(run_guest):
    run = run_guest("t_hello", trace="insn")
    assert run.status == 0, run.explain()
    unchecked = {rule["name"] for rule in read("check", run)["rules"] if rule["checked"] == 0}
    assert unchecked == {"access", "bytes"}
    assert read("memory", run)["accesses"] == 0
    assert read("tlbsim", run)["emulator"]["unmade"] == 0


@pytest.mark.parametrize("window", [{"trace_window": "ring=1"}, {"mem_window": "ring=1"}])
def test_windows_leave_nothing_half_known(run_guest, window):
    run = run_guest("t_flushes", trace="mem", boot="scatter=7 pool=16", **window)
    assert run.status == 0, run.explain()
    checked = {rule["name"]: rule["checked"] for rule in read("check", run)["rules"]}
    assert min(checked[name] for name in ("time", "address", "walk", "fetch", "access", "records")) > 0
    emulator = read("tlbsim", run)["emulator"]
    assert (emulator["unmade"], emulator["surplus"]) == (0, 0) and emulator["reproduced"] > 0
