"""The verdict on a run: the gravest finding wins, and the last line says where to look."""
import pytest

import verdict
from conftest import ROOT
from emulator import Ending

GOOD_STATUS = {"outcome": "success", "oracle": {"checks": 9, "violations": 0}, "lost": 0}
GOOD_SUMMARY = {"tlb": {"unexplained": 0}, "oracle": {"checks": 9, "violations": 0}, "trace": {"lost": 0}}


def decide(ending=Ending("exited", 0, 1.0), status=(), summary=(), trouble=""):
    status = None if status is None else dict(GOOD_STATUS, **dict(status))
    summary = None if summary is None else dict(GOOD_SUMMARY, **dict(summary))
    return verdict.decide(verdict.Findings(ending, status, summary, trouble), 60)


def domain(number, outcome, text):
    return {"id": number, "outcome": outcome, "text": text}


FINE, CRASHED, RUNNING = domain(1, "success", "it powered off"), domain(2, "crash", "no stack"), domain(3, None, None)
BLAMED = [
    ([CRASHED], ""),
    ([FINE, CRASHED], "domain 2: no stack"),
    ([FINE, CRASHED, RUNNING, domain(4, "crash", "")], "domain 2, and 1 other: no stack"),
    ([FINE, domain(7, "crash", "")], "domain 7"),
    ([FINE, FINE], ""),
]


@pytest.mark.parametrize("domains, reason", BLAMED)
def test_of_several_domains_the_gravest_is_named(domains, reason):
    assert decide(status={"outcome": "crash", "domains": domains}).reason == reason


CASES = [
    ("success", {}),
    ("skip", {"status": {"outcome": "skip"}}),
    ("failure", {"status": {"outcome": "failure"}}),
    ("error", {"status": {"outcome": "error"}}),
    ("crash", {"status": {"outcome": "crash"}}),
    ("panic", {"status": {"outcome": "panic"}}),
    ("panic", {"status": {"outcome": "panic", "lost": 3}, "summary": {"tlb": {"unexplained": 1}}}),
    ("violation", {"summary": {"tlb": {"unexplained": 1}}}),
    ("violation", {"summary": {"oracle": {"violations": 1}}}),
    ("violation", {"status": {"oracle": {"violations": 1}}, "summary": None}),
    ("violation", {"status": {"outcome": "failure", "lost": 2}, "summary": {"tlb": {"unexplained": 1}}}),
    ("lost", {"status": {"lost": 1}}),
    ("lost", {"status": {"bad": 1}}),
    ("panic", {"status": {"outcome": "lost", "reported": "panic", "lost": 3}}),
    ("lost", {"summary": {"trace": {"lost": 5}}}),
    ("lost", {"status": {"outcome": "failure", "lost": 1}}),
    ("error", {"trouble": "the trace is cut off"}),
    ("error", {"status": None}),
    ("error", {"status": {"outcome": None}}),
    ("error", {"ending": Ending("signalled", 9, 1.0)}),
    ("timeout", {"ending": Ending("timeout", -15, 60.0), "status": None, "summary": None}),
    ("interrupted", {"ending": Ending("interrupted", -15, 2.0), "status": None, "summary": None}),
    ("success", {"summary": {"tlb": None, "oracle": {"violations": None}, "trace": None}}),
]


@pytest.mark.parametrize("outcome,case", CASES)
def test_gravest_finding_wins(outcome, case):
    decision = decide(**case)
    assert decision.outcome == outcome
    line = verdict.last_line(decision, "out/x")
    assert line.startswith(f"outcome: {outcome}")
    assert ("- see out/x/" in line) == (outcome not in ("success", "skip"))


def test_every_outcome_but_success_has_a_status_of_its_own():
    numbers = verdict.outcome_numbers(ROOT)
    assert numbers["success"] == 0
    assert len(set(numbers.values())) == len(numbers)
    assert {outcome for outcome, _ in CASES} <= set(numbers)


def test_counts_are_said():
    assert "1 unexplained TLB flush)" in verdict.last_line(decide(summary={"tlb": {"unexplained": 1}}), "o")
    assert "2 records lost" in verdict.last_line(decide(status={"lost": 2}), "o")
    assert "SIGKILL" in verdict.last_line(decide(ending=Ending("signalled", 9, 1.0)), "o")


def test_a_panic_that_has_no_message_of_its_own_says_what_the_processor_did():
    said = decide(status={"outcome": "panic", "reported": "panic", "text": "the machine was reset"})
    assert "panic (the machine was reset)" in verdict.last_line(said, "o")
