"""summary.json, the root rule on the trace, measurements, the event stream, and the tools' command lines."""
import json
import re
import subprocess

import pytest

from traces import make, tools

TOOLS = ["tlb", "summary", "measure", "events", "modes", "schedule"]


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


# ---- summary -----------------------------------------------------------------------------------------------------

KEYS = {
    "format": None, "outcome": None,
    "run": ["guest", "workload", "mode", "policy", "geometry", "memory_mib", "trace", "image_sha256"],
    "instructions": ["total", "ring0", "ring1", "ring3"],
    "tlb": ["flushes", "by_cause", "by_means", "walks", "unexplained"],
    "shadow": list(make.SCHEMA["enum"]["counter"]["values"]),
    "mmu": list(make.SCHEMA["enum"]["mmu_counter"]["values"]),
    "switches": ["count", "refused", "by_kind"],
    "oracle": ["checks", "violations"],
    "trace": ["events", "lost", "bytes"],
}


def expect_keys(found):
    """Every promised key is there. More may be."""
    for key, inner in KEYS.items():
        assert key in found
        for name in inner or []:
            assert name in found[key], f"{key}.{name}"


def test_golden_summary(written):
    directory = written(make.golden())
    status, found, complaint = tools.summary(directory, "--fact", "guest=mini", "--fact=memory_mib=64", "--fact", "workload=a=b")
    assert (status, complaint) == (tools.FINE, "")
    expect_keys(found)
    assert found["format"] == 1 and found["outcome"] == "success"
    assert found["run"] == dict.fromkeys(KEYS["run"]) | {"guest": "mini", "memory_mib": 64, "workload": "a=b"}
    assert found["instructions"] == {"total": 3000, "ring0": 1000, "ring1": 1400, "ring3": 600}
    assert found["tlb"] == {
        "flushes": 4, "by_cause": {"base_pointer_switch": 2, "flush_tlb_range": 1, "flush_tlb_page": 1},
        "by_means": {"mov_cr3": 3, "invlpg": 1}, "elided": 1, "walks": 50, "unexplained": 0}
    assert found["shadow"]["faults"] == 12 and found["shadow"]["freed"] is None
    assert found["oracle"] == {"checks": 77, "violations": 0, "root_checks": 4, "audits": 1, "audit_checks": 500,
                               "unchecked": None}
    size = sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())
    assert found["trace"] == {"events": len(make.golden().events), "lost": 0, "bytes": size, "complete": True}


def test_every_key_is_documented(written):
    text = (tools.ROOT / "docs" / "summary.md").read_text()
    found = tools.summary(written(make.golden()))[1]
    for key, inner in found.items():
        assert f"`{key}" in text, key
        for name in inner if isinstance(inner, dict) and key not in ("shadow", "mmu") else []:
            assert f"`{key}.{name}`" in text, f"{key}.{name}"


STATUS = {"outcome": "failure", "reported": "failure", "text": "", "walks": 123, "records": 9, "lost": 2, "clock": 7,
          "instructions": {"total": 10, "ring0": 5, "ring1": 3, "ring2": 0, "ring3": 2}, "oracle": {"checks": 4, "violations": 0}}


def test_without_a_trace_the_status_file_speaks(tmp_path):
    (tmp_path / "status.json").write_text(json.dumps(STATUS, indent=2))
    status, found, complaint = tools.summary("--status", tmp_path / "status.json", "--fact", "trace=off")
    assert (status, complaint) == (tools.FINE, "")
    expect_keys(found)
    assert found["outcome"] == "failure" and found["run"]["trace"] == "off"
    assert found["instructions"] == {"total": 10, "ring0": 5, "ring1": 3, "ring3": 2}
    assert (found["tlb"]["walks"], found["tlb"]["flushes"], found["tlb"]["unexplained"]) == (123, None, None)
    assert (found["oracle"]["checks"], found["oracle"]["violations"]) == (4, 0)
    assert (found["trace"]["events"], found["trace"]["lost"], found["trace"]["bytes"]) == (None, 2, None)
    assert set(found["shadow"].values()) == {None}
    assert found["domains"] == [] and found["idle"]["walks"] is None


def test_without_a_trace_the_status_file_knows_the_domains(tmp_path):
    rings = {"total": 6, "ring0": 3, "ring1": 2, "ring3": 1}
    more = {"domains": [{"id": 1, "mode": "shadow", "outcome": "crash", "reason": "killed", "text": "why", "instructions": rings,
                         "walks": 5, "switches": 2},
                        {"id": 2, "mode": "direct", "outcome": None, "reason": None, "text": None, "instructions": rings,
                         "walks": 6, "switches": 3}],
            "idle": {"instructions": rings, "walks": 1, "switches": 4}}
    (tmp_path / "status.json").write_text(json.dumps(STATUS | more))
    found = tools.summary("--status", tmp_path / "status.json")[1]
    unknown = dict.fromkeys(("memory_frames", "translated", "flushes", "cr3_loads", "invlpg", "entries", "crossings", "exceptions",
                             "hypercalls", "hypercalls_by_name", "upcalls"))
    assert found["domains"] == [domain | unknown for domain in more["domains"]]
    assert found["idle"] == more["idle"] | dict.fromkeys(("flushes", "cr3_loads", "invlpg"))


def test_the_trace_goes_before_the_status_file(written, tmp_path):
    (tmp_path / "status.json").write_text(json.dumps(STATUS))
    found = tools.summary(written(make.golden()), "--status", tmp_path / "status.json")[1]
    assert (found["outcome"], found["instructions"]["total"], found["trace"]["lost"]) == ("success", 3000, 0)


@pytest.mark.parametrize("content, what", [
    ("", "no value"), ("{", "double quotes"), ('{"a": 1', "a closing bracket"), ('{"a" 1}', "a colon"), ('{"a": "x}', "does not end"),
    ('{"a": 1} x', "follows the end"), ("[" * 50, "nested too deeply"), ('{\n\n"a": maybe}', "line 3"), 
    ('{"a": 99999999999999999999999}', "not a number"),
])
def test_a_broken_status_file(tmp_path, content, what):
    (tmp_path / "status.json").write_text(content)
    done = tools.run("summary", "--status", tmp_path / "status.json")
    assert (done.returncode, done.stdout) == (tools.NOTHING, "")
    assert what in done.stderr and "status.json" in done.stderr


def test_a_status_file_without_end(tmp_path):
    (tmp_path / "status.json").write_text("{" + " " * (1 << 20))
    done = tools.run("summary", "--status", tmp_path / "status.json")
    assert (done.returncode, done.stdout) == (tools.NOTHING, "") and "too long" in done.stderr


def test_a_broken_status_file_beside_a_trace(written, tmp_path):
    (tmp_path / "status.json").write_text("{")
    status, found, complaint = tools.summary(written(make.golden()), "--status", tmp_path / "status.json")
    assert (status, found["outcome"]) == (tools.FINE, "success") and "status.json, line 1" in complaint


def test_a_status_file_with_other_values(tmp_path):
    text = '{"outcome": null, "walks": -3, "lost": 1.5, "more": [1, {"x": true}], "oracle": {"checks": 8}}'
    (tmp_path / "status.json").write_text(text)
    status, found, _ = tools.summary("--status", tmp_path / "status.json")
    assert status == tools.FINE
    assert (found["outcome"], found["tlb"]["walks"], found["trace"]["lost"], found["oracle"]["checks"]) == (None, None, None, 8)


def test_a_missing_status_file(tmp_path):
    done = tools.run("summary", "--status", tmp_path / "nowhere")
    assert done.returncode == tools.NOTHING and "No such file" in done.stderr


def outcome_of(written, trace, *arguments):
    return tools.summary(written(trace), *arguments)[1]["outcome"]


def test_outcome_of_a_panic(written):
    t = make.Trace().event("hypervisor_start").event("domain_start").event("panic", vector=256, text="a check failed")
    assert outcome_of(written, t.event("domain_ended", outcome="crash")) == "panic"


def test_outcome_of_a_domain_when_the_agent_had_no_word(written):
    t = make.Trace().event("hypervisor_start").event("domain_start").event("domain_ended", outcome="failure")
    assert outcome_of(written, t) == "failure"


def test_outcome_of_the_agent_is_the_last_word(written):
    t = make.Trace().event("hypervisor_start").event("domain_ended", outcome="success").event("hw_end", outcome="violation")
    assert outcome_of(written, t) == "violation"


def test_outcome_that_nobody_said_and_that_the_runner_says(written):
    directory = written(make.Trace().event("hypervisor_start"))
    assert tools.summary(directory)[1]["outcome"] is None
    assert tools.summary(directory, "--fact", "outcome=timeout")[1]["outcome"] == "timeout"


def test_lost_records_are_added(written):
    t = make.Trace().event("hypervisor_start").event("lost_records", count=5).event("hw_end", lost=2)
    status, found, complaint = tools.summary(written(t))
    assert (status, found["trace"]["lost"]) == (tools.INCOMPLETE, 7)
    assert "7 records of the hypervisor were lost" in complaint


def test_a_panic_leaves_a_summary_up_to_it(written):
    t = make.golden(ending=False)
    t.counters["instructions"] += 50
    t.event("panic", vector=13, eip=0xfe000123, text="general protection")
    status, found, _ = tools.summary(written(t))
    assert (status, found["outcome"], found["instructions"]["total"]) == (tools.INCOMPLETE, "panic", 3050)


# ---- the root rule -----------------------------------------------------------------------------------------------

def machine():
    """A domain that owns frames 0x2000-0x201f and has root 0x300."""
    t = make.Trace().event("hypervisor_start", classes=0x7f).event("domain_frames", first_mfn=0x2000, owned=0xffffffff)
    return t.event("domain_start").event("base_pointer", guest_mfn=0x2001, root_mfn=0x300).flush(value=0x300000)


def expect_violation(written, trace, what, count=1):
    status, found, complaint = tools.summary(written(trace.event("hw_end")))
    assert status == tools.OFFENCE
    assert found["oracle"]["violations"] == count
    assert what in complaint
    return complaint


def expect_none(written, trace):
    status, found, complaint = tools.summary(written(trace.event("hw_end")))
    assert (status, complaint, found["oracle"]["violations"]) == (tools.FINE, "", 0)


def test_roots_of_the_hypervisor_are_fine(written):
    expect_none(written, machine().flush(value=0x1fff000).flush(value=0x2020000))


@pytest.mark.parametrize("mfn", [0x2000, 0x2007, 0x201f])
def test_a_frame_of_the_domain_in_cr3(written, mfn):
    t = machine().flush(value=mfn << 12 | 0x18, eip=0xfe004321)
    complaint = expect_violation(written, t, "CR3 was loaded with a frame that a domain owns")
    assert f"frame {mfn:#x}" in complaint and "0xfe004321" in complaint


def test_a_frame_of_another_domain_in_cr3(written):
    t = machine().event("domain_frames", domid=3, first_mfn=0x4000, owned=1 << 5).flush(value=0x4004000)
    expect_violation(written, t.flush(value=0x4005000), "CR3 was loaded with a frame that a domain owns")


def test_a_frame_that_was_given_back(written):
    expect_none(written, machine().event("domain_frames", first_mfn=0x2000, owned=0xfffffffe).flush(value=0x2000000))


def test_a_frame_that_was_taken_later(written):
    t = machine().flush(value=0x5000000).event("domain_frames", first_mfn=0x5000, owned=1)
    expect_violation(written, t.flush(value=0x5000000), "frame 0x5000")


def test_a_validated_directory_in_cr3(written):
    t = machine().event("table_type", mfn=0x2003, type="l2").flush(value=0x2003000)
    expect_none(written, t.event("base_pointer", guest_mfn=0x2003, root_mfn=0x2003).flush(value=0x2003018))


WRONG_ROOT = "CR3 was loaded with a frame that a domain owns and that is no validated page directory"


@pytest.mark.parametrize("types", [["l1"], ["l2", "none"], ["l2", "l1"], [7], ["l2", 0x80000001]])
def test_a_frame_that_is_no_directory_any_more_or_is_another_table(written, types):
    t = machine()
    for kind in types:
        t.event("table_type", mfn=0x2003, type=kind)
    assert "frame 0x2003" in expect_violation(written, t.flush(value=0x2003000), WRONG_ROOT)


def test_a_directory_beside_the_frame_in_cr3(written):
    t = machine().event("table_type", mfn=0x2003, type="l2").event("table_type", mfn=0x2023, type="l2")
    expect_violation(written, t.flush(value=0x2004000), WRONG_ROOT)


def test_a_directory_that_was_given_back_is_none_for_the_next_owner(written):
    t = machine().event("table_type", mfn=0x2003, type="l2").event("domain_frames", first_mfn=0x2000, owned=0xffff00f7)
    t.flush(value=0x2003000).event("domain_frames", first_mfn=0x2000, owned=0xffffffff)
    expect_violation(written, t.flush(value=0x2003000), WRONG_ROOT)


def test_what_is_said_while_no_domain_is_current_counts_for_every_domain(written):
    """A domain is built, its frames are reported; then it runs, and its tables are validated, and frames given back."""
    t = machine().event("domain_frames", domid=0x7ff0, first_mfn=0x4000, owned=0xff).event("table_type", domid=1, mfn=0x4003, type="l2")
    t.flush(value=0x4003000).event("domain_frames", domid=1, first_mfn=0x4000, owned=0xfe).flush(value=0x4000000)
    expect_violation(written, t.flush(value=0x4002000), "frame 0x4002")


@pytest.mark.parametrize("mfn", [0, 0xfffff, 0x100000, 0xffffffff])
def test_a_type_of_any_frame_number(written, mfn):
    t = machine().event("table_type", mfn=mfn, type="l2").event("domain_frames", first_mfn=mfn & ~31, owned=0xffffffff)
    expect_none(written, t.flush(value=0x300000))


def test_an_operand_of_invlpg_is_no_root(written):
    expect_none(written, machine().flush(means="invlpg", value=0x2000000, scope="page"))


def test_another_root_than_the_record_named(written):
    t = machine().event("base_pointer", guest_mfn=0x2002, root_mfn=0x301).flush(value=0x302000)
    expect_violation(written, t, "CR3 was not loaded with the root that the base_pointer record named")


def test_a_switch_to_the_loaded_root_needs_no_load(written):
    expect_none(written, machine().event("base_pointer", root_mfn=0x300).flush(means="none", value=0x300000).flush(value=0x555000))


def test_a_switch_to_another_root_needs_a_load(written):
    t = machine().event("base_pointer", root_mfn=0x301).flush(means="none", value=0x301000)
    expect_violation(written, t, "a base pointer switch left another root in CR3")


def test_the_root_must_be_loaded_before_the_guest_runs_on(written):
    t = machine().event("base_pointer", root_mfn=0x301).event("hw_ring", **{"from": 0, "to": 1}, eip=0xc0100000)
    t.flush(value=0x301000)
    expect_violation(written, t, "the guest ran on before the root")


def test_interrupts_of_the_hypervisor_itself_may_come_before_the_load(written):
    t = machine().event("base_pointer", root_mfn=0x301).event("hw_ring", **{"from": 3, "to": 0})
    expect_none(written, t.flush(value=0x301000).event("hw_ring", **{"from": 0, "to": 1}))


RULES = [("root_is_guest_frame", "CR3 was loaded", "page directory"), ("table_is_guest_frame", "a page walk read", "page table")]


@pytest.mark.parametrize("rule, what, table", RULES)
@pytest.mark.parametrize("typed", [False, True])
def test_what_the_agent_saw_counts(written, rule, what, table, typed):
    t = machine()
    if typed:
        t.event("table_type", mfn=0x2003, type="l2").event("table_type", mfn=0x2003, type="none")
    complaint = expect_violation(written, t.event("hw_violation", rule=rule, mfn=0x2003), what)
    assert (f"and that is no validated {table}: " in complaint) == typed


def test_what_an_audit_found_counts(written):
    t = machine().event("audit_violation", rule=4, mfn=0x2004).event("audit_violation", rule=5)
    t.event("audit_done", checks=9, violations=2)
    complaint = expect_violation(written, t, "an audit of the shadow engine found a broken rule", count=2)
    assert "the first of 2" in complaint and "0x2004" in complaint


# ---- measurements ------------------------------------------------------------------------------------------------

def measured(directory):
    done = tools.run("measure", directory, "--json")
    return done.returncode, json.loads(done.stdout)


def mark(t, kind, number, operations=0, text="", **advance):
    for name, amount in advance.items():
        t.counters[name] += amount
    return t.event("marker", kind=kind, a=number, b=operations, text=text)


def test_a_measurement(written):
    t = make.Trace().event("hypervisor_start")
    t.counters.update(instructions=500, ring0=500)
    t.event("domain_start")
    mark(t, "measure_begin", 3, text="pte_write", ring0=40)
    mark(t, "measure_end", 3, operations=8, instructions=1000, ring0=800, ring1=150, ring3=50, walks=4)
    status, found = measured(written(t.event("hw_end")))
    assert status == tools.FINE
    assert found["boot"] == {"instructions": 500, "ring0": 500, "ring1": 0, "ring3": 0, "walks": 0}
    assert found["measures"] == [{"name": "pte_write", "number": 3, "domid": 0, "operations": 8, "instructions": 1000, "ring0": 800,
                                  "ring1": 150, "ring3": 50, "walks": 4}]


def test_operations_may_be_told_at_the_beginning_and_the_name_at_the_end(written):
    t = mark(make.Trace().event("hypervisor_start"), "measure_begin", 1, operations=5)
    mark(t, "measure_end", 1, text="late", instructions=10)
    found = measured(written(t.event("hw_end")))[1]
    assert [(m["name"], m["operations"], m["instructions"]) for m in found["measures"]] == [("late", 5, 10)]
    assert found["boot"] is None


def test_measurements_may_overlap_and_repeat(written):
    t = mark(make.Trace().event("hypervisor_start"), "measure_begin", 1, text="outer")
    mark(t, "measure_begin", 2, text="inner", instructions=1)
    mark(t, "measure_end", 2, instructions=10)
    mark(t, "measure_begin", 2, text="inner", instructions=100)
    mark(t, "measure_end", 2, instructions=20)
    mark(t, "measure_end", 1, instructions=1000)
    found = measured(written(t.event("hw_end")))[1]
    assert [(m["name"], m["instructions"]) for m in found["measures"]] == [("inner", 10), ("inner", 20), ("outer", 1131)]


def test_half_measurements_are_left_out(written):
    t = mark(make.Trace().event("hypervisor_start"), "measure_end", 1, text="never begun")
    mark(t, "measure_begin", 2, text="begun twice", instructions=5)
    mark(t, "measure_begin", 2, text="begun twice", instructions=5)
    mark(t, "measure_end", 2, instructions=7)
    mark(t, "measure_end", 2, instructions=7)
    mark(t, "measure_begin", 3, text="never ended")
    found = measured(written(t.event("hw_end")))[1]
    assert [(m["name"], m["instructions"]) for m in found["measures"]] == [("begun twice", 7)]


def test_the_table_of_measurements_is_for_one_operation(written):
    done = tools.run("measure", written(make.golden()))
    assert done.returncode == tools.FINE
    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines[1][:3] == ["boot", "1", "1000.0"]
    assert lines[2] == ["null_hypercall", "10", "190.0", "50.0", "100.0", "40.0", "0.0"]


# ---- the event stream --------------------------------------------------------------------------------------------

def test_every_record_of_the_schema_is_printed_with_its_fields(written):
    t = make.Trace()
    for name, record in make.RECORDS.items():
        values = {field["name"]: ("word" if field["type"].startswith("text") else 1) for field in record["fields"]}
        t.event(name, domid=5, vcpu=6, **values)
    done = tools.run("events", written(t))
    lines = {line.split()[2]: line for line in done.stdout.splitlines()}
    assert list(lines) and set(lines) == set(make.RECORDS)
    for name, record in make.RECORDS.items():
        words = lines[name].split()
        assert words[1] == ("cpu" if record["source"] == "hardware" else "d5.6")
        assert [word.split("=")[0] for word in words[3:]] == [field["name"] for field in record["fields"]]


def test_fields_are_printed_as_the_schema_says(written):
    t = make.Trace().event("pv_hypercall", time=77, domid=0x7ff0, number=3, arg0=0xfe, result=-22)
    t.event("shadow_fault", time=78, path=1 | 8 | 0x10000).event("flush", time=79, cause=77, means="invlpg")
    t.event("domain_ended", time=80, text='a "b"\n').event("hw_counters", time=81, instructions=1 << 40)
    lines = tools.run("events", written(t)).stdout.splitlines()
    assert lines[0] == "77 hypervisor pv_hypercall number=3 arg0=0xfe arg1=0x0 result=-22 eip=0x0"
    assert lines[1].endswith("path=fill_l2|set_accessed|0x10000")
    assert "cause=77 label=none means=invlpg" in lines[2]
    assert lines[3].endswith(r'text="a \x22b\x22\x0a"')
    assert "instructions=1099511627776" in lines[-1]


@pytest.mark.parametrize("arguments, names", [
    (["--only", "flush"], {"flush"}), (["--only", "hw_*"], {"hw_counters", "hw_tlb_control", "hw_end"}),
    (["--only=flush,hw_end"], {"flush", "hw_end"}), (["--from", "4200"], {"hw_end"}),
    (["--to", "0x64"], {"hypervisor_start", "hw_counters"}), (["--count", "1"], {"hypervisor_start"}),
])
def test_filters(written, arguments, names):
    done = tools.run("events", written(make.golden()), *arguments)
    assert done.returncode == tools.FINE
    assert {line.split()[2] for line in done.stdout.splitlines()} == names


# ---- command lines -----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("tool", TOOLS)
def test_help_has_an_example_that_works(written, tool):
    done = tools.run(tool, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"usage: {tool} ")
    example = re.search(r"^Example: analysis/(\w+) out/run/trace *(.*)$", done.stdout, re.MULTILINE)
    assert example[1] == tool
    assert tools.run(tool, written(make.golden()), *example[2].split()).returncode == tools.FINE


@pytest.mark.parametrize("tool, arguments, what", [
    ("tlb", [], "which trace directory"), ("summary", [], "which trace directory"), ("measure", [], "which trace directory"),
    ("events", [], "which trace directory"), ("modes", [], "which trace directory"),
    ("tlb", ["a", "b"], "one directory at a time"),
    ("tlb", ["a", "--bye"], "unknown option --bye"),
    ("tlb", ["a", "--by"], "--by wants a value"), ("tlb", ["a", "--by", "cause,colour"], "--by colour: it can be"),
    ("tlb", ["a", "--csv", "--json"], "one of --csv, --json and --svg"),
    ("tlb", ["a", "--by="], "--by wants"), ("tlb", ["a", "--json=yes"], "unknown option"),
    ("summary", ["a", "--fact", "x=1"], "--fact x=1"),
    ("summary", ["a", "--fact", "guest"], "KEY=VALUE"), ("summary", ["a", "--fact", "memory_mib=many"], "a whole number of MiB"),
    ("summary", ["a", "--fact", "memory_mib="], "a whole number of MiB"), ("summary", ["a", "b"], "one directory at a time"),
    ("measure", ["a", "--xml"], "unknown option --xml"), ("measure", ["a", "b"], "one directory at a time"),
    ("modes", ["a", "--svg"], "unknown option --svg"), ("modes", ["a", "b"], "one directory at a time"),
    ("modes", ["a", "--csv", "--json"], "one of --csv and --json"), ("modes", ["--json"], "which trace directory"),
    ("events", ["a", "--only", "no_such"], "--only no_such: there is no such record"),
    ("events", ["a", "--from", "soon"], "not a number"),
    ("events", ["a", "--count", "-1"], "not a number"), ("events", ["a", "--to"], "--to wants a value"),
])
def test_wrong_usage(tool, arguments, what):
    done = tools.run(tool, *arguments)
    assert (done.returncode, done.stdout) == (tools.USAGE, "")
    assert what in done.stderr and "--help" in done.stderr


@pytest.mark.parametrize("tool", TOOLS)
def test_a_full_disk_is_reported(written, tool):
    with open("/dev/full", "w", encoding="utf-8") as full:
        directory = written(make.golden())
        done = subprocess.run([tools.ROOT / "analysis" / tool, directory], stdout=full, stderr=subprocess.PIPE, text=True, check=False,
                              timeout=tools.TIMEOUT)
    assert done.returncode == tools.NOTHING
    assert "cannot be written" in done.stderr
