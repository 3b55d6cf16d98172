"""Several domains in a trace: whose is what, a number that is used again, and that the parts are the whole."""
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


def work(domain):
    rings = domain["instructions"]
    return [rings["total"], rings["ring0"], rings["ring1"], rings["ring3"], domain["walks"], domain["switches"],
            domain["flushes"], domain["cr3_loads"], domain["invlpg"]]


def test_each_domain_has_what_is_its_own(written):
    status, found, complaint = tools.summary(written(make.several()))
    assert (status, complaint) == (tools.FINE, "")
    first, second, third = found["domains"]
    assert [(domain["id"], domain["mode"], domain["outcome"], domain["reason"], domain["text"], domain["memory_frames"])
            for domain in found["domains"]] == [
        (1, "shadow", "crash", "crash", "it has no stack", 32), (2, "direct", "success", "poweroff", "it powered off", 64),
        (1, "writable", "failure", "poweroff", "it powered off", 32)]
    assert work(first) == [2600, 1200, 1400, 0, 10, 2, 1, 1, 0]
    assert work(second) == [2200, 1300, 700, 200, 5, 2, 2, 1, 1]
    assert work(third) == [1100, 1100, 0, 0, 9, 1, 1, 1, 0]
    assert work(found["idle"]) == [200, 200, 0, 0, 1, 1, 0, 0, 0]
    assert (first["hypercalls"], second["upcalls"], second["exceptions"], second["entries"]) == (2, 1, 1, 1)
    assert [domain["crossings"] for domain in found["domains"]] == [0, 1, 0]
    assert [domain["hypercalls_by_name"] for domain in found["domains"]] == [{"mmu_update": 1, "multicall": 1, "sched_op": 1}, {}, {}]
    assert [domain["translated"] for domain in found["domains"]] == [True, False, False]
    assert found["outcome"] == "crash"


def test_domains_and_idle_are_the_whole(written):
    found = tools.summary(written(make.several()))[1]
    parts = [*found["domains"], found["idle"]]
    for ring in ("total", "ring0", "ring1", "ring3"):
        assert sum(part["instructions"][ring] for part in parts) == found["instructions"][ring] > 0 or ring == "ring2"
    assert sum(part["walks"] for part in parts) == found["tlb"]["walks"] == 25
    assert sum(part["flushes"] for part in parts) == found["tlb"]["flushes"] == 4
    assert sum(part["cr3_loads"] for part in parts) == found["tlb"]["by_means"]["mov_cr3"]
    assert sum(part["invlpg"] for part in parts) == found["tlb"]["by_means"]["invlpg"]


@pytest.mark.parametrize("by", ["domain", "cause,domain", "domain,process", "cause,means,domain,process"])
def test_flushes_by_domain_are_the_whole(written, by):
    directory = written(make.several())
    lines = [line for line in tools.rows(directory, by) if line["phase"] == "run"]
    [whole] = [{key: sum(line[key] for line in some) for key in ("flushes", "walks", "mov_cr3", "invlpg", "pages")}
               for some in [[line for line in tools.rows(directory, "means") if line["phase"] == "run"]]]
    for key, value in whole.items():
        assert sum(line[key] for line in lines) == value, key
    assert {line["domain"] for line in lines} == {"1", "2", "1 (life 2)"}


def test_beside_the_domain_a_process_is_named_alone(written):
    lines = tools.rows(written(make.several()), "domain,process")
    assert {(line["domain"], line["process"]) for line in lines if line["phase"] == "run"} == {
        ("1", "init (1)"), ("2", "init (1)"), ("1 (life 2)", "init (1)")}


def test_the_same_process_number_in_several_domains_is_told_apart(written):
    lines = tools.rows(written(make.several()), "process")
    titles = [line["process"] for line in lines if line["phase"] == "run" and line["process"] != "-"]
    assert sorted(titles) == ["1 (life 2): init (1)", "1: init (1)", "2: init (1)"]


def test_counters_of_a_number_that_is_used_again_are_added(written):
    assert tools.summary(written(make.several()))[1]["shadow"]["faults"] == 8 + 100


def test_a_run_that_is_cut_off_has_the_gravest_outcome_so_far(written):
    trace = make.several()
    del trace.events[-1]
    assert tools.summary(written(trace))[1]["outcome"] == "crash"


@pytest.mark.parametrize("events", range(2, len(make.several().events), 4))
def test_wherever_a_trace_is_cut_off_the_parts_are_the_whole(written, events):
    trace = make.several()
    del trace.events[events:]
    directory = written(trace)
    status, found, _ = tools.summary(directory)
    assert status == tools.INCOMPLETE
    parts = [*found["domains"], found["idle"]]
    for ring in ("total", "ring0", "ring1", "ring3"):
        assert sum(part["instructions"][ring] for part in parts) == (found["instructions"][ring] or 0)
    done = tools.run("schedule", directory, "--json")
    assert done.returncode == tools.INCOMPLETE
    schedule = json.loads(done.stdout)
    assert sum(part["instructions"]["total"] for part in [*schedule["vcpus"], schedule["nobody"]]) == schedule["instructions"]
    for vcpu in schedule["vcpus"]:
        assert sum(vcpu["time"].values()) <= schedule["time"]


def test_without_the_scheduler_everything_is_the_first_domains(written):
    found = tools.summary(written(make.golden()))[1]
    [domain] = found["domains"]
    assert domain["instructions"] == found["instructions"] and found["idle"]["instructions"]["total"] == 0
    assert (domain["flushes"], domain["walks"]) == (found["tlb"]["flushes"], found["tlb"]["walks"])


def test_what_was_not_recorded_is_not_known(written):
    trace = make.Trace().event("hypervisor_start", time=10, classes=1).event("domain_start", domid=3, time=20).event("hw_end")
    [domain] = tools.summary(written(trace))[1]["domains"]
    assert [domain[key] for key in ("id", "mode", "outcome", "flushes", "hypercalls", "upcalls", "exceptions")] == [
        3, None, None, None, None, None, 0]


def test_the_terminal_shows_a_line_a_domain(written):
    found = tools.summary(written(make.several()))[1]
    head, *lines = report.domain_table(found).strip().splitlines()
    assert head.split()[:3] == ["domain", "mode", "outcome"] and "upcalls" in head
    assert [line.split()[:4] for line in lines] == [["1", "shadow", "crash", "2,600"], ["2", "direct", "success", "2,200"],
                                                    ["1", "writable", "failure", "1,100"]]
    for domain in found["domains"]:
        domain["upcalls"] = None
    assert "upcalls" not in report.domain_table(found)
    found["domains"] *= 10
    assert report.domain_table(found).splitlines()[-2] == "and 6 more: summary.json has them"
    del found["domains"][1:]
    assert report.domain_table(found) == ""
