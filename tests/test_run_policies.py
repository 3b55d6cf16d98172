"""The policies of shadow mode: every one with every workload, alone and with the switches that are not the default's."""
import pytest

import options
from conftest import SCATTER

# words that make a workload short where nothing is cached
SHORT = {"fork-cow": "rounds=2 pages=64", "context-switch": "rounds=200", "mmap-churn": "rounds=300", "demand-swap": "rounds=500",
         "nano": "forks=10", "lmbench": "times=4 rounds=2", "touch": "rounds=1", "collect": "rounds=4", "small-maps": "rounds=2", "map-files": "rounds=2",
         "build": "times=8"}
WORKLOADS = [name for name in options.workload_names("mini") if name not in ("all", "mode-hop")]


def passed(run, policy):
    assert run.status == 0, run.explain()
    summary = run.summary
    assert summary["run"]["policy"] == policy
    assert summary["tlb"]["flushes"] > 0 and summary["tlb"]["unexplained"] == 0
    assert summary["oracle"]["checks"] > 0 and summary["oracle"]["violations"] == 0 and summary["trace"]["lost"] == 0


@pytest.mark.parametrize("policy", ["oos", "brute", "announce"])
@pytest.mark.parametrize("workload", WORKLOADS)
def test_every_policy_with_every_workload(run_guest, workload, policy):
    words = SHORT[workload] if policy == "brute" else ""
    passed(run_guest("mini", workload=workload, policy=policy, cmdline=words, boot=SCATTER), policy)


@pytest.mark.parametrize("policy", ["emulate", "oos", "announce"])
def test_the_switches_beside(run_guest, policy):
    run = run_guest("mini", workload="fork-cow", policy=policy, prefetch="yes", root_cache="no", flood="no",
                    cmdline=SHORT["fork-cow"], boot=f"{SCATTER} audit=full")
    passed(run, policy)


def test_the_mode_changes_under_a_policy(run_guest):
    passed(run_guest("mini", workload="fork-cow", policy="oos", hop="500", boot=SCATTER), "oos")


def test_the_smallest_pool(run_guest):
    run = run_guest("mini", workload="fork-cow", policy="oos", prefetch="yes", cmdline=SHORT["fork-cow"], boot=f"{SCATTER} pool=16")
    passed(run, "oos")


def test_a_page_table_that_is_filled_costs_less_out_of_sync(run_guest):
    cost = {}
    for policy in ("emulate", "oos"):
        run = run_guest("mini", workload="mmap-churn", policy=policy, trace="off", boot=SCATTER)
        assert run.status == 0, run.explain()
        cost[policy] = run.summary["instructions"]["ring0"]
    assert cost["oos"] < 0.7 * cost["emulate"], cost


def test_wrong_words_are_named(run_guest):
    for word, allowed in (("policy", "announce"), ("prefetch", "yes"), ("root_cache", "no")):
        run = run_guest("mini", **{word: "perhaps"})
        assert run.status == 2 and f"{word.upper()}=perhaps" in run.complaint and allowed in run.complaint


@pytest.mark.parametrize("policy", ["oos", "brute"])
@pytest.mark.parametrize("guest", ["t_pagetables", "t_random"])
def test_page_tables_mean_what_they_say_under_every_policy(run_guest, guest, policy):
    run = run_guest(guest, mode="shadow", policy=policy, prefetch="yes", boot=SCATTER)
    assert run.status == 0, run.explain()
    assert run.summary["oracle"]["violations"] == 0 and run.summary["tlb"]["unexplained"] == 0
