"""analysis/timeline: lanes of spans and points, on traces whose answer is known, and on a run beside other tools."""
import collections
import json
import random
import subprocess

import pytest

from conftest import ROOT
from traces import make, tools

NOBODY = 0x7ff0


@pytest.fixture(scope="module", autouse=True)
def analyzers():
    tools.build()


@pytest.fixture
def lanes(tmp_path):
    """Write a trace and give back its lanes: {(domain or None, vcpu or None, lane): lane}, as unpacked() makes them."""
    def read(trace, *arguments):
        if not (tmp_path / "trace").exists():
            trace.write(tmp_path / "trace")
        return lanes_of(tmp_path / "trace", *arguments)[0]
    return read


def lanes_of(directory, *arguments):
    done = tools.run("timeline", directory, "--json", *arguments)
    assert (done.returncode, done.stderr) == (tools.FINE, "")
    found = json.loads(done.stdout)
    return {(lane["domain"], lane["vcpu"], lane["lane"]): unpacked(found, lane) for lane in found["lanes"]}, found


def unpacked(found, lane):
    """The lane with items as (from, to, name, detail, value), totals {name: numbers}, bins {(bin, name): numbers}."""
    names, items, bins = found["names"], lane["items"], lane["bins"]
    if items is not None:
        nothing = [0] * len(items["start"])
        columns = [items.get(key, nothing) for key in ("start", "length", "name", "detail", "value")]
        time, lane["items"] = found["from"], []
        for start, length, name, detail, value in zip(*columns, strict=True):
            time += start
            lane["items"].append((time, time + length, names[name], names[detail], value))
    nothing = [0] * len(bins["bin"])
    at, lane["bins"] = 0, {}
    for step, name, count, amount in zip(bins["bin"], bins["name"], bins["count"], bins.get("amount", nothing),
                                         strict=True):
        at += step
        assert (at, names[name]) not in lane["bins"]
        lane["bins"][at, names[name]] = (count, amount)
    totals = lane["totals"]
    amounts = totals.get("amount", [0] * len(totals["name"]))
    lane["totals"] = {names[name]: (count, amount) for name, count,
                      amount in zip(totals["name"], totals["count"], amounts, strict=True)}
    return lane


def ring(t, source, target, time):
    return t.event("hw_ring", time=time, **{"from": source, "to": target})


def entered(t, time, source, exception=None, interrupt=None, software=0):
    """The processor goes to ring 0 by an exception or an interrupt."""
    if exception is not None:
        t.event("hw_exception", time=time, vector=exception, ring=source)
    else:
        t.event("hw_interrupt", time=time, vector=interrupt, software=software, ring=source)
    return ring(t, source, 0, time)


def entries():
    """Each kind of entry into the hypervisor."""
    t = make.Trace().event("hypervisor_start", time=10, domid=NOBODY, classes=0x1ff)
    t.event("domain_built", time=20, domid=1, mode="shadow")
    t.event("sched_switch", time=90, domid=NOBODY, prev_domid=NOBODY, next_domid=1).event("domain_start", time=100,
                                                                                          domid=1)
    ring(t, 0, 1, 110)
    entered(t, 200, 1, interrupt=0x82, software=1).event("pv_hypercall", time=240, domid=1, number=17, result=-38)
    ring(t, 0, 1, 250)
    entered(t, 300, 1, interrupt=0x82, software=1)
    t.event("pv_hypercall_subcall", time=320, domid=1, number=26, result=0).event("pv_hypercall_subcall", time=350,
                                                                                  domid=1, number=55, result=1)
    t.event("pv_hypercall", time=360, domid=1, number=13, result=0)
    ring(t, 0, 3, 370)
    entered(t, 400, 3, exception=14)
    t.event("shadow_fault", time=430, domid=1, linear=0x40001000, path=2 | 8)
    ring(t, 0, 3, 440)
    entered(t, 500, 3, exception=14)
    t.event("shadow_fault", time=520, domid=1, linear=0x40002000, path=0x80).event("pv_page_fault", time=530, domid=1,
                                                                                   linear=0x40002000)
    ring(t, 0, 1, 540)
    entered(t, 600, 1, interrupt=0x20)
    ring(t, 0, 1, 650)
    entered(t, 700, 1, interrupt=0x82, software=1)          # preempted and asked for again, at once
    t.event("hw_interrupt", time=750, vector=0x82, software=1, ring=1).event("pv_hypercall", time=790, domid=1,
                                                                             number=1, result=0)
    ring(t, 0, 1, 800)
    return t.event("hw_end", time=1000)


def test_entries_into_the_hypervisor(lanes):
    found = lanes(entries())
    assert found[1, 0, "hypercall"]["items"] == [
        (200, 250, "xen_version", "", -38), (300, 370, "multicall", "", 0), (700, 750, "not recorded", "", 0),
        (750, 800, "mmu_update", "", 0)]
    assert found[1, 0, "subcall"]["items"] == [(300, 320, "mmuext_op", "", 0), (320, 350, "marker", "", 1)]
    assert found[1, 0, "fault"]["items"] == [
        (400, 440, "page fault", "fill_l1|set_accessed", 0x40001000), (500, 540, "page fault", "to_guest", 0x40002000)]
    assert found[1, 0, "interrupt"]["items"] == [(600, 650, "interrupt 0x20", "", 0)]
    assert found[1, 0, "shadow_fault"]["items"] == [
        (430, 430, "fill_l1|set_accessed", "", 0x40001000), (520, 520, "to_guest", "", 0x40002000)]
    assert found[1, 0, "guest_fault"]["items"] == [(530, 530, "pv_page_fault", "", 0x40002000)]


def test_rings(lanes):
    found = lanes(entries())
    assert found[1, 0, "ring"]["totals"] == {
        "hypervisor": (7, 20 + 50 + 70 + 40 + 40 + 50 + 100), "kernel": (5, 90 + 50 + 60 + 50 + 200),
        "program": (2, 30 + 60)}
    assert found[None, None, "ring"]["items"] == [(10, 90, "hypervisor", "", 0)]
    assert found[None, None, "processor"]["items"] == [(10, 90, "nobody", "", 0), (90, 1000, "domain 1 vcpu 0", "", 0)]


def test_on_the_bare_machine_ring_0_is_the_kernel(lanes):
    t = make.Trace().event("hypervisor_start", time=10, domid=NOBODY, classes=0x1ff).event("domain_built", time=20,
                                                                                           domid=0, mode="native")
    t.event("domain_start", time=30, domid=0)
    t.event("flush", time=40, means="mov_cr3", value=0x5000, cause="base_pointer_switch")
    ring(t, 0, 3, 50)
    assert lanes(t.event("hw_end", time=60))[1, 0, "ring"]["items"] == [(30, 50, "kernel", "", 0),
                                                                        (50, 60, "program", "", 0)]
    assert lanes(t)[1, 0, "process"]["items"] == [(40, 60, "mfn 0x5", "", 5)]


def test_several_domains(lanes):
    found = lanes(make.several())
    assert [item[:3] for item in found[None, None, "processor"]["items"]] == [
        (100, 1000, "nobody"), (1000, 2000, "domain 1 vcpu 0"), (2000, 3000, "domain 2 vcpu 0"), (3000, 4600,
                                                                                                  "domain 1 vcpu 0"),
        (4600, 4800, "nobody"), (4800, 6000, "domain 2 vcpu 0"), (6000, 7100, "domain 1 (life 2) vcpu 0")]
    assert found[2, 0, "state"]["totals"] == {"running": (2, 1000 + 1200), "runnable": (2, 2000 - 222 + 100),
                                              "blocked": (2, 1700 + 800)}
    assert [item[:3] for item in found[1, 0, "process"]["items"]] == [(1002, 2000, "init (1)"),
                                                                      (3000, 4600, "init (1)")]
    assert [found[domain, None, "mode"]["items"][0][:3] for domain in (1, 2, 4)] == [
        (201, 4500, "shadow"), (221, 6800, "direct"), (5001, 7000, "writable")]
    assert found[4, 0, "flush"]["owner"] == "domain 1 (life 2) vcpu 0"


def test_modes_and_what_became_of_page_tables(lanes):
    found = lanes(make.switching())
    assert [(name, detail, value) for _, _, name, detail, value in found[1, None, "mode_switch"]["items"]] == [
        ("shadow->direct", "entry_bits", -22), ("shadow->direct", "", 0), ("direct->writable", "",
                                                                           0), ("writable->shadow", "", 0),
        ("shadow->direct", "", 0)]
    assert [item[2] for item in found[1, None, "mode"]["items"]] == ["direct", "writable", "shadow", "direct"]
    assert {name: count for name, (count, _) in found[1, 0, "page_table"]["totals"].items()} == {
        "table_type": 6, "writable_disconnect": 2, "writable_reconnect": 2, "mmu_refused": 1}
    assert {item[3] for item in found[1, 0, "page_table"]["items"] if item[2] == "writable_reconnect"} == {"used",
                                                                                                           "hypercall"}


def test_policy_and_shadow_frames(lanes):
    t = make.Trace().event("hypervisor_start", time=10, domid=NOBODY, classes=0x1ff).event("shadow_policy", time=20,
                                                                                           domid=1, policy="oos")
    for time, change in ((30, 1), (40, 1), (50, -1), (60, 1), (70, 1)):
        t.event("shadow_make" if change > 0 else "shadow_free", time=time, domid=1, kind="l1", guest_mfn=time)
    make.switch(t, "shadow", "direct", 5, domid=1).event("hw_end", time=100)
    found = lanes(t, "--bins", "10")
    assert found[1, None, "shadow_frames"]["items"] == [(30, 40, "", "", 1), (40, 50, "", "", 2), (50, 60, "", "", 1),
                                                        (60, 70, "", "", 2), (70, 100, "", "", 3)]
    assert found[1, None, "shadow_frames"]["totals"] == {"": (5, 3)}
    assert found[1, None, "shadow_frames"]["bins"] == {(1, ""): (2, 2), (2, ""): (1, 2), (3, ""): (2, 3),
                                                       (4, ""): (0, 3), (5, ""): (0, 3)}
    [policy] = found[1, None, "policy"]["items"]
    assert policy[:3] == (20, t.events[-2][0], "oos")


def test_flushes_by_the_name_of_their_cause_and_markers_with_their_text(lanes):
    found = lanes(make.golden())
    assert [(name, detail) for _, _, name, detail, _ in found[1, 0, "flush"]["items"]] == [
        ("base_pointer_switch", "mov_cr3"), ("base_pointer_switch", "mov_cr3"), ("flush_tlb_page",
                                                                                 "invlpg"), ("base_pointer_switch",
                                                                                             "mov_cr3"), ("fpu_lazy",
                                                                                                          "mov_cr0"),
        ("flush_tlb_mm", "none"), ("flush_tlb_range", "mov_cr3")]
    assert found[None, None, "flush"]["items"][0][2:] == ("boot", "mov_cr4", 0x90)
    assert (1200, 1200, "process", "init", 0x2001) in found[1, 0, "marker"]["items"]
    assert found[1, 0, "process"]["items"][-1][2:4] == ("fork-cow (2)", "")


def test_a_process_that_changes_its_name_has_both(lanes):
    t = make.Trace().event("hypervisor_start", time=10, domid=NOBODY, classes=0x1ff).event("domain_start", time=20,
                                                                                           domid=1)
    t.event("base_pointer", time=30, domid=1, guest_mfn=0x2001)
    for time, text in ((40, "init"), (50, "init"), (60, "shell")):
        t.event("marker", time=time, domid=1, kind="process", a=0x2001, b=1, text=text)
    assert [item[:3] for item in lanes(t.event("hw_end", time=70))[1, 0, "process"]["items"]] == [
        (30, 40, "mfn 0x2001"), (40, 60, "init (1)"), (60, 70, "shell (1)")]


def test_an_entry_reaches_over_the_time_of_others(lanes):
    t = make.Trace().event("hypervisor_start", time=10, domid=NOBODY, classes=0x1ff)
    t.event("sched_switch", time=20, domid=NOBODY, prev_domid=NOBODY, next_domid=1).event("domain_start", time=21,
                                                                                          domid=1)
    ring(t, 0, 1, 30)
    entered(t, 40, 1, interrupt=0x82, software=1).event("pv_hypercall", time=45, domid=1, number=29)
    t.event("sched_switch", time=50, domid=1, prev_domid=1, next_domid=2)
    ring(t, 0, 1, 60)
    entered(t, 70, 1, exception=13)
    t.event("sched_switch", time=80, domid=2, prev_domid=2, next_domid=1)
    ring(t, 0, 1, 90)
    t.event("domain_ended", time=95, domid=2)
    found = lanes(t.event("hw_end", time=100))
    assert found[1, 0, "hypercall"]["items"] == [(40, 90, "sched_op", "", 0)]
    assert found[2, 0, "fault"]["items"] == [(70, 95, "general protection", "", 0)]
    assert found[1, 0, "ring"]["totals"] == {"hypervisor": (3, 10 + 10 + 10), "kernel": (2, 10 + 10)}


# ---- windows, bins, details --------------------------------------------------------------------------------------

def test_a_window_cuts_what_reaches_beyond(lanes):
    found = lanes(entries(), "--from", "320", "--until", "520")
    assert found[1, 0, "hypercall"]["items"] == [(320, 370, "multicall", "", 0)]
    assert found[1, 0, "fault"]["items"] == [(400, 440, "page fault", "fill_l1|set_accessed", 0x40001000),
                                             (500, 520, "page fault", "", 0)]
    assert [item[0] for item in found[1, 0, "shadow_fault"]["items"]] == [430]
    assert found[1, None, "mode"]["items"] == [(320, 520, "shadow", "", 0)]
    assert sum(amount for _, amount in found[1, 0, "ring"]["totals"].values()) == 200


def test_windows_side_by_side_have_every_point_once(lanes, tmp_path):
    whole = lanes(make.golden())
    parts = [lanes(None, "--from", begin, "--until", end) for begin, end in ((0, 1217), (1217, 1500), (1500, 99999))]
    for key, lane in whole.items():
        if lane["shape"] == "points":
            assert lane["items"] == sum((part[key]["items"] for part in parts if key in part), [])


def test_domain_and_lanes_choose(lanes):
    everything = lanes(make.several())
    assert set(lanes(None, "--domain", "2")) == {key for key in everything if key[0] == 2}
    assert {key[0] for key in lanes(None, "--domain", "1")} == {1, 4}            # both lives
    assert {key[2] for key in lanes(None, "--lanes", "mode,pro*")} == {"mode", "processor", "process"}


def random_trace(seed):
    choose = random.Random(seed)
    t = make.Trace().event("hypervisor_start", time=choose.randrange(1, 1 << 40), domid=NOBODY, classes=0x1ff)
    t.event("domain_start", domid=1)
    now = 0
    for _ in range(400):
        t.time += choose.choice([0, 1, 10, 1000, 100000])
        what = choose.random()
        if what < 0.5:
            then = choose.choice([0, 1, 3])
            if then == 0:
                t.event("hw_exception", time=t.time, vector=choose.choice([0, 13, 14]), ring=now)
            ring(t, now, then, t.time)
            now = then
        elif what < 0.6:
            t.event("sched_switch", next_domid=choose.choice([1, 2, NOBODY]), next_vcpu=choose.randrange(2))
        elif what < 0.8:
            t.event("base_pointer", domid=choose.choice([1, 2]), guest_mfn=choose.randrange(9))
        elif what < 0.9:
            t.event(choose.choice(["shadow_make", "shadow_free"]), domid=choose.choice([1, 2]))
        else:
            t.event("flush", domid=1, cause=choose.randrange(30))
    return t.event("hw_end")


@pytest.mark.parametrize("seed", range(6))
def test_bins_hold_what_the_items_say(lanes, tmp_path, seed):
    trace = random_trace(seed)
    count = [1, 2, 7, 100, 1000, 1000][seed]
    lanes(trace)
    found, whole = lanes_of(tmp_path / "trace", "--bins", str(count))
    width = whole["bin"]
    length = whole["until"] - whole["from"]
    assert width & (width - 1) == 0 and length // width < count <= max(1, 2 * length // width + 2)
    for lane in found.values():
        expected = collections.defaultdict(lambda: [0, 0])
        for begin, end, name, _, value in lane["items"]:
            first = (begin - whole["from"]) // width
            expected[first, name][0] += 1
            for place in range(first, max(first, (end - 1 - whole["from"]) // width) + 1):
                low, high = whole["from"] + place * width, whole["from"] + (place + 1) * width
                cell = expected[place, name]
                covered = max(0, min(end, high) - max(begin, low))
                cell[1] = max(cell[1], value) if lane["shape"] == "level" else cell[1] + covered
        assert lane["bins"] == {key: tuple(cell) for key, cell in expected.items()}, lane["lane"]
        assert lane["count"] == len(lane["items"]) == sum(number for number, _ in lane["totals"].values())
        ends = [end for _, end, *_ in lane["items"]]
        assert all(item[0] >= end for item, end in zip(lane["items"][1:], ends, strict=False)), "spans overlap"


def test_the_lane_that_has_most_gives_up_its_items(lanes):
    whole = lanes(entries())
    most = max(whole.values(), key=lambda lane: lane["count"])
    everything = sum(lane["count"] for lane in whole.values())
    found = lanes(None, "--detail", everything - 1)
    assert [lane["lane"] for lane in found.values() if lane["items"] is None] == [most["lane"]] == ["ring"]
    assert {key: (lane["count"], lane["totals"], lane["bins"]) for key, lane in found.items()} == {
        key: (lane["count"], lane["totals"], lane["bins"]) for key, lane in whole.items()}
    assert all(lane["items"] is None for lane in lanes(None, "--detail", 0).values())
    assert lanes(None, "--detail", everything) == whole


# ---- for people --------------------------------------------------------------------------------------------------

def test_the_summary_has_the_numbers(tmp_path):
    entries().write(tmp_path)
    done = tools.run("timeline", tmp_path, "--top", "2")
    assert done.returncode == tools.FINE
    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines[0] == "From instruction 10 to 1,000".split()
    assert "domain 1 vcpu 0 ring kernel 5 450 45.45 %".split() in lines and ["and", "1", "more", "2", "90", "9.09",
                                                                             "%"] in lines


def test_the_listing_is_in_the_order_of_time(tmp_path):
    entries().write(tmp_path)
    done = tools.run("timeline", tmp_path, "--list", "--from=290", "--until=441",
                     "--lanes=hyper*,sub*,shadow_fault,fault")
    assert [" ".join(line.split()) for line in done.stdout.splitlines()[2:]] == [
        "300 +70 domain 1 vcpu 0 hypercall multicall result=0", "300 +20 domain 1 vcpu 0 subcall mmuext_op result=0",
        "320 +30 domain 1 vcpu 0 subcall marker result=1",
        "400 +40 domain 1 vcpu 0 fault page fault, fill_l1|set_accessed address=0x40001000",
        "430 domain 1 vcpu 0 shadow_fault fill_l1|set_accessed address=0x40001000"]
    done = tools.run("timeline", tmp_path, "--list", "--detail", "20")
    assert "Lane ring is not listed, it has too many: 14 (--detail)" in done.stdout


def test_classes_that_were_off_are_said(tmp_path):
    make.Trace().event("hypervisor_start", time=1, classes=0x1ff & ~(4 | 0x20)).event("hw_end").write(tmp_path)
    assert "record classes were off (boot option classes=): hypercall, flush\n" in tools.run("timeline",
                                                                                             tmp_path).stdout
    assert lanes_of(tmp_path)[1]["missing"] == ["hypercall", "flush"]


def test_text_of_a_guest_cannot_break_anything(tmp_path):
    t = make.Trace().event("hypervisor_start", time=1, classes=0x1ff).event("marker", kind="note", text='"\x1b[2J\\n')
    t.event("hw_end").write(tmp_path)
    assert lanes_of(tmp_path)[0][1, 0, "marker"]["items"][0][3] == '"?[2J\\n'
    assert "\x1b" not in tools.run("timeline", tmp_path, "--list").stdout


# ---- bad input ---------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("arguments, complaint", [
    (["--list", "--json"], "one of --list and --json"), (["--top", "3", "--json"], "--top is for the summary"),
    (["--detail", "3"], "--detail is for --list and --json"), (["--bins", "3", "--list"], "--bins is for --json"),
    (["--json", "--bins", "0"], "--bins 0: from 1 to 100000"), (["--json", "--detail", "x"],
                                                                "--detail x: not a number"),
    (["--lanes", "mode,nonsense"], "--lanes nonsense: there is no such lane; there are: processor, mode, mode_switch,"), (["--lanes", ""],
                                                                                "--lanes names no lane"),
    (["--lanes", "mode,,ring"], "--lanes : there is no such lane; there are: "), (["--domain", "-1"], "--domain -1: not a number"),
    (["--from", "9", "--until", "9"], "--from must be less than --until"), (["--nonsense"],
                                                                            "unknown option --nonsense"),
    (["other"], "one directory at a time"), (["--domain"], "--domain wants a value"),
    (["--domain", "7"], "there is no domain 7 in the trace"), (["--from", "5000"], "it ends at instruction 4200"),
    (["--until", "50"], "it does not begin before instruction 50")])
def test_wrong_usage(tmp_path, arguments, complaint):
    make.golden().write(tmp_path / "trace")
    done = tools.run("timeline", tmp_path / "trace", *arguments)
    assert (done.returncode, done.stdout) == (tools.USAGE, "") and complaint in done.stderr


@pytest.mark.parametrize("form", [[], ["--list"], ["--json"]])
def test_traces_that_are_not_whole(tmp_path, form):
    assert tools.run("timeline", tmp_path / "nowhere", *form).returncode == tools.NOTHING
    folder = make.golden(ending=False).write(tmp_path / "short")
    done = tools.run("timeline", tmp_path / "short", *form)
    assert done.returncode == tools.INCOMPLETE and "ends early" in done.stderr and "fork-cow (2)" in done.stdout
    data = (folder / "channel0_0").read_bytes()
    (folder / "channel0_0").write_bytes(data[:4096 + 2000])                        # cut within the second packet
    done = tools.run("timeline", tmp_path / "short", *form)
    assert done.returncode in (tools.INCOMPLETE, tools.NOTHING) and done.stderr
    assert bool(done.stdout) == (done.returncode == tools.INCOMPLETE)
    (folder / "metadata").write_bytes(b"nonsense")
    done = tools.run("timeline", tmp_path / "short", *form)
    assert (done.returncode, done.stdout) == (tools.NOTHING, "")


def test_a_result_that_cannot_be_written(tmp_path):
    make.golden().write(tmp_path)
    with open("/dev/full", "w") as full:
        done = subprocess.run([ROOT / "analysis" / "timeline", tmp_path], stdout=full, stderr=subprocess.PIPE,
                              text=True, check=False)
    assert done.returncode == tools.NOTHING and "cannot be written" in done.stderr


# ---- a run -------------------------------------------------------------------------------------------------------

POINTS = {"shadow_fault": ["shadow_fault"], "guest_fault": ["pv_page_fault", "pv_trap", "pv_failsafe"],
          "upcall": ["pv_event"], "flush": ["flush"],
          "pte_write": ["shadow_guest_write", "shadow_writeback"], "marker": ["marker"],
          "subcall": ["pv_hypercall_subcall"],
          "privop": ["pv_emulate_privop", "pv_emulate_4gb", "pv_math_state_restore"],
          "sched": ["sched_wake", "sched_sleep", "sched_block", "sched_yield", "sched_shutdown"]}


def test_a_run_has_the_numbers_of_the_other_analyzers(run_domains, tmp_path):
    (tmp_path / "two.txt").write_text('kernel=mini workload=fork-cow mem=24 mode=shadow cmdline="rounds=2"\n'
                                      'kernel=mini workload=fork-cow mem=16 mode=direct hop=1000 cmdline="rounds=2"\n')
    run = run_domains(tmp_path / "two.txt")
    assert run.status == 0, run.explain()
    trace = run.out / "trace"
    records = collections.Counter(line.split()[2] for line in tools.run("events", trace).stdout.splitlines())
    found, whole = lanes_of(trace, "--detail", "1000000")
    count = collections.Counter()
    for (_, _, name), lane in found.items():
        count[name] += lane["count"]
    for lane, names in POINTS.items():
        assert count[lane] == sum(records[name] for name in names) , lane
    hypercalls = sum(number for (_, _, name), lane in found.items() if name == "hypercall"
                     for call, (number, _) in lane["totals"].items() if call != "not recorded")
    assert hypercalls == records["pv_hypercall"] > 1000
    rings, _ = lanes_of(trace, "--lanes", "ring,processor,state", "--from", whole["guest"], "--detail", "0")
    total = collections.Counter()
    for (_, _, name), lane in rings.items():
        for title, (_, amount) in lane["totals"].items():
            total[title] += amount if name == "ring" else 0
    summary = run.summary["instructions"]
    assert [total[name] for name in ("hypervisor", "kernel", "program")] == [summary["ring0"], summary["ring1"],
                                                                             summary["ring3"]]
    schedule = json.loads(tools.run("schedule", trace, "--json").stdout)
    processor = rings[None, None, "processor"]["totals"]
    assert [processor[f"domain {vcpu['domain']} vcpu 0"][1] for vcpu in schedule["vcpus"]] == [
        vcpu["instructions"]["total"] for vcpu in schedule["vcpus"]]
    for index, vcpu in enumerate(schedule["vcpus"], 1):
        states = rings[index, 0, "state"]["totals"]
        assert [states.get(name, (0, 0))[1] for name in ("running", "blocked")] == [
            vcpu["time"][name] for name in ("running", "blocked")]
    switches = json.loads(tools.run("modes", trace, "--json").stdout)["switches"]
    assert sum(line["count"] for line in switches) == count["mode_switch"] > 2
