"""Global pages on the machine: guests/t_global sees which translations outlive the load of another page directory."""
import json
import re

import pytest

from conftest import ROOT, SCATTER, call

AUDITED = f"{SCATTER} audit=full"


def passed(run, checks):
    """Every check of the guests held, there were so many at least, and every flush is explained."""
    assert run.status == 0, run.explain()
    assert run.summary["tlb"]["unexplained"] == 0 and run.summary["oracle"]["violations"] == 0
    counts = [int(count) for count in re.findall(r"(\d+) checks, 0 failed", run.console)]
    assert counts and min(counts) >= checks, run.console


@pytest.mark.parametrize("policy", ["oos", "emulate", "brute"])
def test_with_the_control_register_and_only_then(run_guest, policy):
    # under brute each load is followed by many faults: a full audit at each would push out what the TLB is to keep
    run = run_guest("t_global", policy=policy, boot=SCATTER if policy == "brute" else AUDITED)
    passed(run, 90)
    assert run.summary["tlb"]["by_means"]["mov_cr4"] > 10


def test_the_smallest_pool(run_guest):
    passed(run_guest("t_global", boot=f"{AUDITED} pool=16"), 90)


@pytest.mark.parametrize("mode", ["direct", "writable"])
def test_other_modes_refuse_the_bit(run_guest, mode):
    passed(run_guest("t_global", mode=mode, boot=AUDITED), 4)


def test_a_domain_that_may_not(run_guest):
    run = run_guest("t_global", cmdline="offered=no", boot=AUDITED, **{"global": "no"})
    passed(run, 3)
    assert "mov_cr4" not in run.summary["tlb"]["by_means"]


def test_domains_do_not_see_each_other(run_domains, tmp_path):
    described = tmp_path / "domains.txt"
    described.write_text("kernel=t_global cmdline=yields=50\n" * 2)
    passed(run_domains(described, boot=AUDITED), 90)


def test_fewer_page_walks(run_guest):
    """The bench touches 64 pages of the kernel after each load: with global pages the TLB has them still."""
    run = run_guest("bench", boot="audit=off")  # its other measurements want memory in one piece
    assert run.status == 0, run.explain()
    done = call(ROOT / "analysis" / "measure", run.out / "trace", "--json")
    walks = {measure["name"]: measure["walks"] / measure["operations"] for measure in json.loads(done.stdout)["measures"]}
    assert walks["spaces"] > 64 > 32 > walks["spaces_global"] > 0
