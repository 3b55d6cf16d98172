"""The flush statistics: what is counted where, and every way in which a record and the processor can disagree.

For each rule of analysis/flushes.h there is a trace that keeps it and one that breaks it.
"""
import xml.etree.ElementTree

import pytest

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


def started():
    """The beginning of every trace here: the guest is about to run, 1000 page walks have been made."""
    t = make.Trace()
    t.event("hypervisor_start", time=10, classes=0x7f)
    t.counters["walks"] = 1000
    return t.event("domain_start", time=1000)


def ended(t):
    return t.event("hw_end")


def total(found):
    return found["run"]["total"]


# ---- what is counted ---------------------------------------------------------------------------------------------

def test_golden_trace_is_counted_as_written(written):
    status, found, complaint = tools.tlb(written(make.golden()))
    assert (status, complaint) == (tools.FINE, "")
    assert (found["reconciled"], found["unchanged"], found["unexplained"]) == (7, 1, 0)
    assert found["first_unexplained"] is None
    groups = {group["cause"]: group for group in found["run"]["groups"]}
    assert {name: group["flushes"] for name, group in groups.items()} == {
        "base_pointer_switch": 2, "flush_tlb_range": 1, "flush_tlb_page": 1, "flush_tlb_mm": 0}
    assert groups["flush_tlb_mm"]["elided"] == 1
    assert {name: group["calls"] for name, group in groups.items() if group["calls"]} == {"flush_tlb_page": 1}
    assert groups["flush_tlb_page"]["pages"] == 1 and groups["flush_tlb_page"]["by_means"]["invlpg"] == 1
    assert groups["flush_tlb_range"]["pages"] == 8 and groups["flush_tlb_range"]["whole"] == 0
    assert groups["base_pointer_switch"]["whole"] == 2
    assert found["boot"]["total"]["flushes"] == 2


MEANS = ["mov_cr3", "invlpg", "mov_cr0", "mov_cr4", "task_switch"]


@pytest.mark.parametrize("means", MEANS)
def test_each_means_is_counted_as_itself(written, means):
    status, found, _ = tools.tlb(written(ended(started().flush(means=means, scope="everything"))), "--by", "means")
    assert status == tools.FINE
    assert [(group["means"], group["flushes"]) for group in found["run"]["groups"]] == [(means, 1)]
    assert total(found)["by_means"] == {name: int(name == means) for name in MEANS}


@pytest.mark.parametrize("cause", make.SCHEMA["enum"]["cause"]["values"])
def test_each_cause_of_the_schema_is_counted_under_its_name(written, cause):
    directory = written(ended(started().flush(cause=cause).flush(cause=cause, means="none")))
    lines = tools.rows(directory, "cause")
    assert [(line["cause"], line["flushes"], line["elided"]) for line in lines] == [(cause, 1, 1)]


@pytest.mark.parametrize("label", [name for name in make.SCHEMA["enum"]["label"]["values"] if name != "none"])
def test_a_label_takes_the_place_of_the_cause(written, label):
    status, found, _ = tools.tlb(written(ended(started().flush(label=label))))
    assert status == tools.FINE
    assert [group["cause"] for group in found["run"]["groups"]] == [label]


def test_a_cause_that_is_not_known_yet_has_its_number(written):
    lines = tools.rows(written(ended(started().flush(cause=99))), "cause")
    assert lines[0]["cause"] == "cause 99"


def test_page_walks_belong_to_the_flush_before_them(written):
    t = started().flush(walks=5, cause="boot").flush(walks=7, cause="map_cache").flush(walks=11, cause="vm_assist")
    t.snapshot(walks=13)
    found = tools.tlb(written(ended(t)))[1]
    assert found["run"]["walks_before_first_flush"] == 5
    assert {group["cause"]: group["walks"] for group in found["run"]["groups"]} == {"boot": 7, "map_cache": 11, "vm_assist": 13}
    assert found["run"]["walks"] == 36
    assert found["boot"]["walks"] == 1000


def test_a_write_that_drops_nothing_does_not_end_a_refill(written):
    t = started().flush(cause="boot").flush(walks=4, means="mov_cr0", scope="nothing", cause="fpu_lazy")
    t.flush(walks=3, cause="map_cache")
    found = tools.tlb(written(ended(t)))[1]
    assert {group["cause"]: group["walks"] for group in found["run"]["groups"]} == {"boot": 7, "map_cache": 0}
    assert (total(found)["flushes"], found["unchanged"], found["reconciled"]) == (2, 1, 3)


def test_an_elided_request_does_not_end_a_refill(written):
    t = started().flush(cause="boot").flush(means="none", cause="map_cache", walks=2).flush(cause="boot", walks=4)
    found = tools.tlb(written(ended(t)))[1]
    assert (total(found)["flushes"], total(found)["elided"], total(found)["walks"]) == (2, 1, 6)


def test_instructions_since_the_last_flush(written):
    t = started()
    for time in (1100, 1103, 1203, 2203):
        t.time = time - 2                 # the record at time - 1, the instruction at time
        t.flush()
    found = tools.tlb(written(ended(t)))[1]
    assert total(found)["since"] == {"min": 3, "median": 100, "max": 1000}


def test_flushes_before_the_guest_are_kept_apart(written):
    t = make.Trace()
    t.event("hypervisor_start", time=10, classes=0x7f)
    t.flush(cause="boot").flush(cause="boot", means="invlpg", scope="page", pages=1)
    t.event("domain_start").flush(cause="map_cache")
    found = tools.tlb(written(ended(t)))[1]
    assert found["boot"]["total"]["flushes"] == 2 and total(found)["flushes"] == 1


def test_by_domain_and_process(written):
    t = started()
    for domain, directory, number, name in ((1, 0x100, 1, "init"), (1, 0x101, 2, "child"), (2, 0x100, 1, "init")):
        t.event("marker", domid=domain, kind="process", a=directory, b=number, text=name)
    for domain, directory in ((1, 0x100), (1, 0x101), (2, 0x100), (1, 0x101), (1, 0x200)):
        t.event("base_pointer", domid=domain, guest_mfn=directory, root_mfn=1)
        t.flush(domid=domain)
    found = tools.rows(written(ended(t)), "process,domain")
    assert {(line["domain"], line["process"]): line["flushes"] for line in found} == {
        ("1", "init (1)"): 1, ("1", "child (2)"): 2, ("2", "init (1)"): 1, ("1", "mfn 0x200"): 1}


def test_a_process_keeps_its_number_when_it_changes_name_and_directory(written):
    t = started().event("marker", kind="process", a=0x100, b=7, text="shell")
    t.event("base_pointer", guest_mfn=0x100, root_mfn=1).flush()
    t.event("marker", kind="process", a=0x300, b=7, text="worker")
    t.event("base_pointer", guest_mfn=0x300, root_mfn=1).flush()
    assert [(line["process"], line["flushes"]) for line in tools.rows(written(ended(t)), "process")] == [("worker (7)", 2)]


def test_names_from_a_guest_cannot_break_the_output(written):
    t = started().event("marker", kind="process", a=0x100, b=7, text='a,"b\x1b[2J')
    t.event("base_pointer", guest_mfn=0x100, root_mfn=1).flush()
    directory = written(ended(t))
    assert [line["process"] for line in tools.rows(directory, "process")] == ['a,"b?[2J (7)']
    assert tools.tlb(directory, "--by", "process")[1]["run"]["groups"][0]["process"] == 'a,"b?[2J (7)'


def test_csv_of_all_dimensions_adds_up(written):
    directory = written(make.golden())
    for by in ("cause", "means", "domain", "process", "cause,means,domain,process"):
        lines = [line for line in tools.rows(directory, by) if line["phase"] == "run"]
        assert sum(line["flushes"] for line in lines) == 4
        assert sum(line["walks"] for line in lines) == 45
        assert sum(line["elided"] for line in lines) == 1


def test_a_call_may_lead_to_many_flushes_or_to_none(written):
    t = started()
    for label in (3, 3, 1, 0x12345678):
        t.event("marker", kind="flush", a=label)
    t.flush(label="flush_tlb_range", means="invlpg", pages=1).flush(label="flush_tlb_range", means="invlpg", pages=1)
    directory = written(ended(t))
    lines = {line["cause"]: (line["calls"], line["flushes"]) for line in tools.rows(directory, "cause")}
    assert lines == {"flush_tlb_range": (2, 2), "flush_tlb_all": (1, 0), "label 255": (1, 0)}
    assert [line["calls"] for line in tools.rows(directory, "means")] == [0]


def test_the_table_is_for_people(written):
    done = tools.run("tlb", written(make.golden()))
    lines = done.stdout.splitlines()
    assert lines[2].split()[:3] == ["cause", "calls", "flushes"]
    assert any(line.startswith("base_pointer_switch") for line in lines)
    assert lines[-1].endswith("unexplained: 0")


def test_the_picture_shows_every_group_with_flushes(written):
    t = started().event("marker", kind="process", a=0x100, b=7, text="<a & b>")
    t.event("base_pointer", guest_mfn=0x100, root_mfn=1).flush()
    for directory in range(0x200, 0x220):
        t.event("base_pointer", guest_mfn=directory, root_mfn=1).flush().flush()
    picture = xml.etree.ElementTree.fromstring(tools.run("tlb", written(ended(t)), "--svg", "--by", "process").stdout)
    texts = ["".join(element.itertext()) for element in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert texts[:3] == ["TLB flushes", "flushes", "page walks until the next flush"]
    assert texts[3::3] == [f"mfn {directory:#x}" for directory in range(0x200, 0x20d)] + ["20 more"]
    assert texts[4::3] == ["2"] * 13 + ["39"]


def test_the_picture_escapes_names(written):
    t = started().event("marker", kind="process", a=0x100, b=7, text="<a & b>")
    t.event("base_pointer", guest_mfn=0x100, root_mfn=1).flush()
    done = tools.run("tlb", written(ended(t)), "--svg", "--by", "process,means")
    picture = xml.etree.ElementTree.fromstring(done.stdout)
    assert "mov_cr3, <a & b> (7)" in "".join(picture.itertext())


def test_a_guest_that_never_started(written):
    t = make.Trace()
    t.event("hypervisor_start", classes=0x7f).flush(cause="boot")
    done = tools.run("tlb", written(ended(t)))
    assert done.returncode == tools.FINE
    assert "The guest did not start" in done.stdout


def test_without_the_class_of_flush_records_nothing_is_unexplained(written):
    t = make.Trace()
    t.event("hypervisor_start", classes=0x3).event("domain_start").event("hw_tlb_control", means="mov_cr3", value=1)
    directory = written(ended(t))
    done = tools.run("tlb", directory)
    assert done.returncode == tools.FINE and "recorded no flushes" in done.stdout
    status, found, _ = tools.summary(directory)
    assert status == tools.FINE and found["tlb"]["flushes"] is None and found["tlb"]["unexplained"] is None


# ---- what is unexplained -----------------------------------------------------------------------------------------

def expect_unexplained(directory, what, count=1):
    status, found, complaint = tools.tlb(directory)
    assert status == tools.OFFENCE
    assert found["unexplained"] == count
    assert what in found["first_unexplained"]["what"] and what in complaint
    return found["first_unexplained"], complaint


def test_an_instruction_without_a_record(written):
    t = started().flush().event("hw_tlb_control", time=5000, means="invlpg", value=0xc0000000, eip=0xfe00beef)
    first, complaint = expect_unexplained(written(ended(t)), "that no record announced")
    assert first["processor"] == {"instruction": 5000, "means": "invlpg", "value": 0xc0000000, "eip": 0xfe00beef}
    assert "record" not in first
    assert "instruction 5000" in complaint and "0xfe00beef" in complaint and "record: none" in complaint


def test_a_record_without_its_instruction_before_the_next_record(written):
    t = started().flush(hw_means="none", cause="write_protect").flush()
    first, complaint = expect_unexplained(written(ended(t)), "no TLB-control instruction followed")
    assert first["record"]["cause"] == "write_protect" and "processor" not in first
    assert "nothing before" in complaint


def test_a_record_of_another_kind_ends_the_wait(written):
    t = started().event("flush", means="mov_cr3", value=0x1000).event("marker", kind="note")
    t.event("hw_tlb_control", means="mov_cr3", value=0x1000)
    expect_unexplained(written(ended(t)), "no TLB-control instruction followed", count=2)


def test_hardware_events_may_come_between(written):
    t = started().event("flush", means="mov_cr3", value=0x1000, scope="non_global").event("hw_exception", vector=2)
    t.event("hw_tlb_control", means="mov_cr3", value=0x1000)
    assert tools.tlb(written(ended(t)))[0] == tools.FINE


def test_a_record_without_its_instruction_at_the_end(written):
    expect_unexplained(written(ended(started().flush(hw_means="none"))), "no TLB-control instruction followed")


def test_a_record_that_was_cut_from_its_instruction_is_not_held_against_the_run(written):
    status, found, _ = tools.tlb(written(started().flush(hw_means="none")))
    assert (status, found["unexplained"]) == (tools.INCOMPLETE, 0)


def test_another_operand(written):
    first, _ = expect_unexplained(written(ended(started().flush(value=0x1000, hw_value=0x2000))), "the operand")
    assert (first["record"]["value"], first["processor"]["value"]) == (0x1000, 0x2000)


def test_another_means(written):
    first, _ = expect_unexplained(written(ended(started().flush(means="invlpg", hw_means="mov_cr3"))), "another TLB-control")
    assert (first["record"]["means"], first["processor"]["means"]) == ("invlpg", "mov_cr3")


def test_an_instruction_after_an_elided_request(written):
    t = started().flush(means="none").event("hw_tlb_control", means="mov_cr3", value=0x1000)
    expect_unexplained(written(ended(t)), "that no record announced")


def test_one_record_explains_one_instruction(written):
    t = started().flush(value=0x1000).event("hw_tlb_control", means="mov_cr3", value=0x1000)
    expect_unexplained(written(ended(t)), "that no record announced")


def test_the_first_of_many_is_printed(written):
    t = started()
    for value in range(0x1000, 0x6000, 0x1000):
        t.event("hw_tlb_control", means="mov_cr3", value=value)
    first, complaint = expect_unexplained(written(ended(t)), "that no record announced", count=5)
    assert first["processor"]["value"] == 0x1000 and "the first of 5" in complaint


def test_unexplained_before_the_guest_counts_too(written):
    t = make.Trace()
    t.event("hypervisor_start", classes=0x7f).event("hw_tlb_control", means="mov_cr3", value=1).event("domain_start")
    expect_unexplained(written(ended(t)), "that no record announced")
