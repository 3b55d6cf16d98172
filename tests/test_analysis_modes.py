"""Switches of the paging mode and the page tables of direct and writable mode: summary.json, analysis/modes, and the lines
on the terminal after a run.

For each rule of analysis/switches.h there is a trace that shows it.
"""
import csv
import io
import json

import pytest

import report
from traces import make, tools


@pytest.fixture(scope="module", autouse=True)
def analyzers():
    tools.build()


@pytest.fixture
def written(tmp_path):
    """Write a trace and give back its directory."""
    def write(trace, **options):
        directory = tmp_path / "trace"
        trace.write(directory, **options)
        return directory
    return write


def started(classes=0xff):
    t = make.Trace().event("hypervisor_start", time=10, classes=classes)
    t.counters.update(instructions=500, walks=100)
    return t.event("domain_start", time=1000)


def ended(t):
    return t.event("domain_ended").event("hw_end")


def switches(directory):
    """The switches of the summary, which analysis/modes confirms: {kind: numbers}."""
    status, found, complaint = tools.summary(directory)
    assert (status, complaint) == (tools.FINE, "")
    by_kind = found["switches"]["by_kind"]
    assert found["switches"]["count"] == sum(kind["count"] for kind in by_kind.values())
    lines = modes(directory)["switches"]
    assert sum(line["refused"] for line in lines) == found["switches"]["refused"]
    assert {f"{line['from']}->{line['to']}": {
        "count": line["count"], "instructions": line["instructions"]["total"], "least": line["instructions"]["least"],
        "most": line["instructions"]["most"], "walks": line["walks"]["total"]} for line in lines if line["count"]} == by_kind
    return by_kind


def modes(directory, status=tools.FINE):
    done = tools.run("modes", directory, "--json")
    assert done.returncode == status, done.stderr
    return json.loads(done.stdout)


def walks(directory):
    return {kind: found["walks"] for kind, found in switches(directory).items()}


# ---- switches ----------------------------------------------------------------------------------------------------

def test_switches_of_a_whole_run(written):
    directory = written(make.switching())
    assert switches(directory) == {
        "shadow->direct": {"count": 2, "instructions": 11000, "least": 5000, "most": 6000, "walks": 11 + 4},
        "direct->writable": {"count": 1, "instructions": 40, "least": 40, "most": 40, "walks": 7},
        "writable->shadow": {"count": 1, "instructions": 300, "least": 300, "most": 300, "walks": 0}}
    found = tools.summary(directory)[1]
    assert (found["switches"]["count"], found["switches"]["refused"]) == (4, 1)
    assert found["tlb"]["by_cause"]["mode_switch"] == 4 and found["tlb"]["unexplained"] == 0
    [line] = [line for line in modes(directory)["switches"] if (line["from"], line["to"]) == ("shadow", "direct")]
    assert (line["refused"], line["refused_instructions"]["total"], line["instructions"]["median"]) == (1, 700, 5000)
    assert (line["walks"]["least"], line["walks"]["most"]) == (4, 11)


def test_one_switch_and_one_that_was_refused(written):
    t = make.switch(started(), "shadow", "direct", 900, result=-16, reason="frame_busy")
    t = make.switch(t, "shadow", "writable", 1200).flush(walks=6)
    found = tools.summary(written(ended(t)))[1]["switches"]
    assert found == {"count": 1, "refused": 1, "by_kind": {
        "shadow->writable": {"count": 1, "instructions": 1200, "least": 1200, "most": 1200, "walks": 6}}}


def test_least_median_and_most(written):
    t = started()
    for instructions in (50, 10, 40, 30):
        make.switch(t, "direct", "shadow", instructions)
    [line] = modes(written(ended(t)))["switches"]
    assert line["instructions"] == {"total": 130, "least": 10, "median": 30, "most": 50}


def test_the_refill_ends_with_the_next_flush(written):
    t = make.switch(started(), "shadow", "direct", 10, walks=50).flush(walks=3).flush(walks=100)
    assert walks(written(ended(t))) == {"shadow->direct": 3}


@pytest.mark.parametrize("options, expected", [
    ({"means": "invlpg", "scope": "page"}, 3), ({"means": "mov_cr4", "scope": "everything"}, 3),
    ({"means": "mov_cr0", "scope": "nothing"}, 7), ({"means": "none"}, 7), ({"means": "none", "scope": "nothing"}, 7)])
def test_only_what_drops_entries_ends_a_refill(written, options, expected):
    t = make.switch(started(), "shadow", "direct", 10).flush(walks=3, **options).flush(walks=4)
    assert walks(written(ended(t))) == {"shadow->direct": expected}


def test_without_flush_records_every_instruction_ends_a_refill(written):
    t = started(classes=0x83)
    for name in ("mode_switch_begin", "mode_switch"):
        t.event(name, **{"from": "shadow", "to": "direct"})
    t.event("hw_tlb_control", means="mov_cr0", walks=t.counters["walks"] + 9).event("hw_tlb_control", means="mov_cr3", walks=t.counters["walks"] + 20)
    assert walks(written(ended(t))) == {"shadow->direct": 9}


def test_a_refill_that_nothing_ends_goes_to_the_end_of_the_trace(written):
    t = make.switch(started(), "shadow", "direct", 10)
    t.counters["walks"] += 5
    assert walks(written(ended(t))) == {"shadow->direct": 5}


def test_a_refused_switch_has_no_refill_and_ends_none(written):
    t = make.switch(started(), "shadow", "direct", 10)
    make.switch(t, "direct", "writable", 10, walks=3, result=-1)
    t.counters["walks"] += 2
    directory = written(ended(t.flush(walks=1)))
    assert walks(directory) == {"shadow->direct": 6}
    refused = modes(directory)["switches"][1]
    assert (refused["from"], refused["count"], refused["refused"], refused["walks"]["total"]) == ("direct", 0, 1, 0)


def test_two_switches_without_a_flush_between_share_no_walks(written):
    """The second did not flush: its beginning is not a flush, its end begins a refill of its own."""
    t = make.switch(started(), "shadow", "direct", 10)
    t.counters["walks"] += 2
    t.event("mode_switch_begin", **{"from": "direct", "to": "writable"})
    t.counters["walks"] += 30
    t.event("mode_switch", **{"from": "direct", "to": "writable"})
    assert walks(written(ended(t.flush(walks=4)))) == {"shadow->direct": 32, "direct->writable": 4}


def half(kind, **fields):
    def add(t):
        t.event(kind, **{"from": "shadow", "to": "direct"}, **fields)
    return add


HALVES = {
    "no beginning": [half("mode_switch")], "no end": [half("mode_switch_begin")],
    "two ends": [half("mode_switch_begin"), half("mode_switch"), half("mode_switch")],
    "begun twice": [half("mode_switch_begin"), half("mode_switch_begin"), half("mode_switch")],
    "another domain": [half("mode_switch_begin", domid=1), half("mode_switch", domid=2)],
}


@pytest.mark.parametrize("name", HALVES)
def test_half_switches_are_not_counted(written, name):
    t = started()
    for add in HALVES[name]:
        t.counters["instructions"] += 100
        add(t)
    found = switches(written(ended(t)))
    assert {kind: (numbers["count"], numbers["instructions"]) for kind, numbers in found.items()} == (
        {"shadow->direct": (1, 100)} if name in ("two ends", "begun twice") else {})


def test_a_trace_that_was_cut_within_a_switch(written):
    t = make.switch(started(), "shadow", "direct", 77).event("mode_switch_begin", **{"from": "direct", "to": "shadow"})
    t.events.pop()                        # the counters of the beginning
    status, found, complaint = tools.summary(written(t))
    assert status == tools.INCOMPLETE and "ends early" in complaint
    assert found["switches"]["count"] == 1 and found["switches"]["by_kind"]["shadow->direct"]["instructions"] == 77


def test_modes_and_reasons_of_a_newer_version_have_their_numbers(written):
    t = make.switch(started(), 9, "direct", 1)
    make.switch(t, 9, "direct", 1, result=-1, reason=77)
    t.event("table_type", mfn=1, type=5).event("writable_reconnect", why=88).event("mmu_refused", reason=0xffffffff)
    directory = written(ended(t))
    assert list(switches(directory)) == ["mode 9->direct"]
    found = modes(directory)
    assert found["refused_switches"] == {"refusal 77": 1} and found["refused_requests"] == {"refusal 4294967295": 1}
    assert found["table_types"] == {"table_type 5": 1} and found["reconnects"][0]["why"] == "reconnect 88"


# ---- counters ----------------------------------------------------------------------------------------------------

def test_counters_by_the_names_of_the_schema(written):
    names = make.SCHEMA["enum"]["mmu_counter"]["values"]
    t = started()
    for name, number in names.items():
        t.event("mmu_counter", domid=1, which=name, value=1000 + number)
    t.event("mmu_counter", domid=2, which="pins", value=5).event("mmu_counter", domid=2, which="pins", value=7)
    found = tools.summary(written(ended(t)))[1]
    assert found["mmu"] == {name: 1000 + number + 7 * (name == "pins") for name, number in names.items()}
    assert set(found["shadow"].values()) == {None}


def test_counters_that_nobody_reported_are_not_known(written):
    found = tools.summary(written(ended(started().event("counter", which="faults", value=3))))[1]
    assert found["mmu"] == dict.fromkeys(make.SCHEMA["enum"]["mmu_counter"]["values"])
    assert found["switches"] == {"count": 0, "refused": 0, "by_kind": {}}


# ---- page tables -------------------------------------------------------------------------------------------------

def test_page_tables_of_a_whole_run(written):
    found = modes(written(make.switching()))
    assert found["format"] == 1 and found["table_types"] == {"none": 3, "l1": 2, "l2": 1}
    assert found["disconnects"] == 2
    assert found["reconnects"] == [
        {"why": "used", "count": 1, "changed": {"total": 5, "least": 5, "median": 5, "most": 5}},
        {"why": "hypercall", "count": 1, "changed": {"total": 0, "least": 0, "median": 0, "most": 0}}]
    assert found["refused_requests"] == {"frame_busy": 1} and found["refused_switches"] == {"entry_bits": 1}


def test_every_reason_is_counted_under_its_name(written):
    t, reconnects, refusals = started(), make.SCHEMA["enum"]["reconnect"]["values"], make.SCHEMA["enum"]["refusal"]["values"]
    for name, number in reconnects.items():
        for changed in range(number + 1):
            t.event("writable_disconnect", table_mfn=1).event("writable_reconnect", why=name, changed=changed)
    for name, number in refusals.items():
        for _ in range(number + 1):
            t.event("mmu_refused", reason=name)
    found = modes(written(ended(t)))
    assert {line["why"]: (line["count"], line["changed"]["most"]) for line in found["reconnects"]} == {
        name: (number + 1, number) for name, number in reconnects.items()}
    assert found["refused_requests"] == {name: number + 1 for name, number in refusals.items()}
    assert found["disconnects"] == sum(number + 1 for number in reconnects.values())


def test_without_the_class_of_the_records_their_numbers_are_not_known(written):
    directory = written(ended(started(classes=0x7f).event("table_type", mfn=1, type="l1")))
    found = modes(directory)
    assert (found["disconnects"], found["reconnects"], found["refused_requests"]) == (None, None, None)
    assert found["table_types"] == {"l1": 1}
    assert "the record class 'mmu' was off" in tools.run("modes", directory).stdout


def fallen_back():
    """Each reason one time more often than its number; of reason instruction two instructions."""
    t = started()
    for name, number in make.SCHEMA["enum"]["fallback"]["values"].items():
        for time in range(number + 1):
            t.event("shadow_fallback", table_mfn=1, reason=name, code=(0xc307110f if time else 0x07d9) * (name == "instruction"))
    return ended(t)


def test_stores_that_were_not_carried_out_by_reason_and_instruction(written):
    directory, reasons = written(fallen_back()), make.SCHEMA["enum"]["fallback"]["values"]
    found = modes(directory)
    assert found["fallbacks"] == {name: number + 1 for name, number in reasons.items()}
    assert found["fallback_instructions"] == {"0f 11 07 c3": reasons["instruction"], "d9 07 00 00": 1}
    printed = [line.split() for line in tools.run("modes", directory).stdout.splitlines()]
    assert ["recycling", "8"] in printed and ["of", "instruction:", "0f", "11", "07", "c3", "5"] in printed
    assert ["total", "36"] in printed
    lines = [tuple(line.values()) for line in csv.DictReader(io.StringIO(tools.run("modes", directory, "--csv").stdout))]
    assert ("fallback", "user_mode", "2", "", "", "", "", "") in lines
    assert ("fallback_instruction", "d9 07 00 00", "1", "", "", "", "", "") in lines


def test_without_class_shadow_stores_are_not_known(written):
    directory = written(ended(started(classes=0xef)))
    found = modes(directory)
    assert (found["fallbacks"], found["fallback_instructions"]) == (None, None) and found["disconnects"] == 0
    assert "the record class 'shadow' was off" in tools.run("modes", directory).stdout


def test_csv_has_what_the_json_has(written):
    done = tools.run("modes", written(make.switching()), "--csv")
    assert done.returncode == tools.FINE
    lines = [tuple(line.values()) for line in csv.DictReader(io.StringIO(done.stdout))]
    assert lines == [
        ("switch", "shadow->direct", "2", "11000", "5000", "5000", "6000", "15"),
        ("refused_switch", "shadow->direct", "1", "700", "700", "700", "700", ""),
        ("switch", "writable->shadow", "1", "300", "300", "300", "300", "0"),
        ("switch", "direct->writable", "1", "40", "40", "40", "40", "7"),
        ("refused_switch_reason", "entry_bits", "1", "", "", "", "", ""),
        ("table_type", "none", "3", "", "", "", "", ""), ("table_type", "l1", "2", "", "", "", "", ""),
        ("table_type", "l2", "1", "", "", "", "", ""), ("disconnect", "", "2", "", "", "", "", ""),
        ("reconnect", "used", "1", "5", "5", "5", "5", ""), ("reconnect", "hypercall", "1", "0", "0", "0", "0", ""),
        ("refused_request_reason", "frame_busy", "1", "", "", "", "", "")]


def test_the_tables_are_for_people(written):
    lines = [line.split() for line in tools.run("modes", written(make.switching())).stdout.splitlines()]
    for line in ("shadow->direct 2 1 5,000 5,000 6,000 15 7.5", "Page tables validated: L1 2, L2 1; no table any more: 3",
                 "Page tables disconnected: 2, connected again: 2", "used 1 5 5.0 5", "total 2 5 2.5 5", "frame_busy 1 .",
                 "entry_bits . 1"):
        assert line.split() in lines


def test_a_run_that_stayed_in_shadow_mode(written):
    done = tools.run("modes", written(make.golden()))
    assert done.returncode == tools.FINE
    assert done.stdout.splitlines()[::2][:5] == ["Mode switches: none", "Page tables validated: none",
                                                "Page tables disconnected: none", "Refused: none",
                                                "Stores to tables not carried out: none"]


# ---- the terminal after a run ------------------------------------------------------------------------------------

def overview(directory, mode):
    return report.overview(tools.summary(directory, "--fact", f"mode={mode}")[1]).splitlines()


def test_a_run_without_these_records_prints_what_it_always_did(written):
    lines = overview(written(make.golden()), "shadow")
    assert [line[:14].strip() for line in lines] == ["instructions", "TLB flushes", "oracle", "trace"]


def test_switches_are_a_table_and_page_tables_a_line(written):
    lines = overview(written(make.switching()), "shadow")
    assert [line.split() for line in lines[2:6]] == [
        ["shadow->direct", "2", "5,000", "6,000", "15"], ["writable->shadow", "1", "300", "300", "0"],
        ["direct->writable", "1", "40", "40", "7"], ["refused", "1"]]
    assert (lines[0], lines[6], lines[7].split()[0]) == ("", "", "instructions")
    [line] = [line for line in lines if line.startswith("page tables   ")]
    assert "validated: 3 L1, unknown L2;" in line and line.endswith("disconnects: 2")


@pytest.mark.parametrize("mode, expected", [("shadow", 0), ("direct", 1), ("writable", 1)])
def test_the_line_of_page_tables_is_not_for_shadow_mode(written, mode, expected):
    t = started().event("mmu_counter", which="l1_validated", value=0)
    lines = overview(written(ended(t)), mode)
    assert sum(line.startswith("page tables") for line in lines) == expected
    assert not any("mode switch" in line for line in lines)


def test_a_run_without_a_trace_has_neither(tmp_path):
    (tmp_path / "status.json").write_text('{"outcome": "success"}')
    found = tools.summary("--status", tmp_path / "status.json", "--fact", "mode=direct")[1]
    assert found["switches"] == {"count": None, "refused": None, "by_kind": {}} and set(found["mmu"].values()) == {None}
    assert [line.split()[0] for line in report.overview(found).splitlines()] == ["instructions", "TLB", "oracle", "trace"]
