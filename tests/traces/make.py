"""A small CTF 1.8 writer: traces of chosen records, laid out as LTTng-UST lays them out, without running anything.

Purpose: golden traces and broken ones for the tests of analysis/. The same calls give the same bytes.
Rules: what a record looks like comes from trace/schema.toml alone; packet header, packet context and event header have LTTng's
layout, so that the reader meets here what it meets in a real trace.
Callers: tests/test_analysis*.py; as a program it writes one golden trace: make.py DIRECTORY.
Source: Common Trace Format specification 1.8.3, sections 5 (packets), 6 (events), 7 (metadata).
"""
import pathlib
import struct
import sys
import tomllib
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMA = tomllib.loads((ROOT / "trace" / "schema.toml").read_text())
RECORDS = {record["name"]: record for record in SCHEMA["record"]}

TRACE_UUID = uuid.UUID("0f0e0d0c-0b0a-0908-0706-050403020100")
STREAM_MAGIC = 0xC1FC1FC1
METADATA_MAGIC = 0x75D11D57
PACKET_HEADER_BYTES = 84

METADATA_HEAD = """/* CTF 1.8 */

typealias integer { size = 8; align = 8; signed = false; } := uint8_t;
typealias integer { size = 16; align = 8; signed = false; } := uint16_t;
typealias integer { size = 32; align = 8; signed = false; } := uint32_t;
typealias integer { size = 64; align = 8; signed = false; } := uint64_t;

trace {
    major = 1; minor = 8; uuid = "%(uuid)s"; byte_order = le;
    packet.header := struct { uint32_t magic; uint8_t uuid[16]; uint32_t stream_id; uint64_t stream_instance_id; };
};
env { hostname = "tests"; domain = "ust"; tracer_name = "lttng-ust"; tracer_major = 2; tracer_minor = 13; };
clock {
    name = "instructions"; uuid = "11111111-2222-3333-4444-555555555555"; description = "simulated instructions";
    freq = 1000000000; precision = 0; offset_s = 0; offset = 7777777; absolute = FALSE;
};
typealias integer { size = 5; align = 1; signed = false; } := uint5_t;
typealias integer { size = 27; align = 1; signed = false; map = clock.instructions.value; } := clock27_t;
typealias integer { size = 32; align = 8; signed = false; map = clock.instructions.value; } := clock32_t;
typealias integer { size = 64; align = 8; signed = false; map = clock.instructions.value; } := clock64_t;
struct packet_context {
    clock64_t timestamp_begin; clock64_t timestamp_end; uint64_t content_size; uint64_t packet_size; uint64_t packet_seq_num;
    uint64_t events_discarded; uint32_t cpu_id;
};
struct event_header_large {
    enum : uint16_t { compact = 0 ... 65534, extended = 65535 } id;
    variant <id> {
        struct { clock32_t timestamp; } compact;
        struct { uint32_t id; clock64_t timestamp; } extended;
    } v;
} align(8);
struct event_header_compact {
    enum : uint5_t { compact = 0 ... 30, extended = 31 } id;
    variant <id> {
        struct { clock27_t timestamp; } compact;
        struct { uint32_t id; clock64_t timestamp; } extended;
    } v;
} align(8);
stream { id = 0; event.header := struct event_header_%(header)s; packet.context := struct packet_context; };
"""


def field_declaration(field):
    """The metadata line of one schema field."""
    kind, name = field["type"], field["name"]
    word = "integer { size = 32; align = 8; signed = %s; base = %s; }"
    if kind.startswith("text"):
        return f"integer {{ size = 8; align = 8; signed = false; encoding = UTF8; base = 10; }} _{name}[{int(kind[4:])}];"
    if kind.startswith("enum:"):
        values = SCHEMA["enum"][kind[5:]]["values"]
        labels = ", ".join(f'"{label}" = {number}' for label, number in values.items())
        return f"enum : {word % ('false', 10)} {{ {labels} }} _{name};"
    if kind == "u64":
        return f"integer {{ size = 64; align = 8; signed = false; base = 10; }} _{name};"
    base = 16 if kind == "hex" or kind.startswith("flags:") else 10
    return f"{word % ('true' if kind == 's32' else 'false', base)} _{name};"


def field_value(field, value):
    """The bytes of one field; an enumeration may be given by name."""
    kind = field["type"]
    if kind.startswith("text"):
        return value.encode()[:int(kind[4:])].ljust(int(kind[4:]), b"\0")
    if kind.startswith("enum:") and isinstance(value, str):
        value = SCHEMA["enum"][kind[5:]]["values"][value]
    if kind == "u64":
        return struct.pack("<Q", value)
    return struct.pack("<i" if kind == "s32" else "<I", value)


class Trace:
    """The events of one trace, in the order in which they are added."""

    def __init__(self, provider="penumbra", header="extended"):
        """header: of the events: extended, or the short ones, which have the last bits of the time only: large, compact."""
        self.provider = provider
        self.header = header
        self.events = []          # (time, event number, payload)
        self.extra = []           # names of events that the schema does not know
        self.time = 0
        self.counters = dict(instructions=0, ring0=0, ring1=0, ring2=0, ring3=0, walks=0, oracle_checks=0)

    def event(self, name, time=None, domid=0, vcpu=0, **fields):
        """Add one record. time: instructions, one more than the last when not given. Fields not given are 0 or empty."""
        self.time = self.time + 1 if time is None else time
        record = RECORDS[name]
        unknown = fields.keys() - {field["name"] for field in record["fields"]}
        if unknown:
            raise ValueError(f"{name} has no field {unknown}")
        payload = b"" if record["source"] == "hardware" else struct.pack("<HH", domid, vcpu)
        for field in record["fields"]:
            payload += field_value(field, fields.get(field["name"], "" if field["type"].startswith("text") else 0))
        self.events.append((self.time, list(RECORDS).index(name), payload))
        if record.get("snapshot"):
            self.snapshot()
        return self

    def snapshot(self, **changes):
        """Add a hw_counters record at the time of the last event; changes add to the running totals first."""
        for name, amount in changes.items():
            self.counters[name] += amount
        return self.event("hw_counters", time=self.time, **self.counters)

    def unknown(self, name, word=0):
        """Add an event that is in no schema."""
        if name not in self.extra:
            self.extra.append(name)
        self.time += 1
        self.events.append((self.time, len(RECORDS) + self.extra.index(name), struct.pack("<I", word)))
        return self

    def flush(self, means="mov_cr3", value=0x1000, cause="base_pointer_switch", scope="non_global", **options):
        """Add a flush record and, unless means is none, the hardware event that follows it. hw_*: what the hardware saw instead."""
        walks = options.pop("walks", 0)
        eip = options.pop("eip", 0xfe001234)
        seen = {"means": options.pop("hw_means", means), "value": options.pop("hw_value", value)}
        self.event("flush", means=means, value=value, cause=cause, scope=scope, **options)
        self.counters["walks"] += walks
        if seen["means"] != "none":
            self.event("hw_tlb_control", eip=eip, walks=self.counters["walks"], **seen)
        return self

    # ---- writing ----

    def metadata(self):
        text = METADATA_HEAD % {"uuid": TRACE_UUID, "header": "large" if self.header == "extended" else self.header}
        for number, record in enumerate(RECORDS.values()):
            fields = []
            if record["source"] != "hardware":
                fields = [f"integer {{ size = 16; align = 8; signed = false; base = 10; }} _{name};"
                          for name in ("domid", "vcpu")]
            fields += [field_declaration(field) for field in record["fields"]]
            text += event_declaration(f"{self.provider}:{record['name']}", number, fields)
        for number, name in enumerate(self.extra, len(RECORDS)):
            text += event_declaration(name, number, ["integer { size = 32; align = 8; signed = false; base = 10; } _word;"])
        return text

    def packets(self, events_a_packet=50, discarded=(), stream=0):
        """The packets as byte strings. discarded: for each packet, the running count of events that its stream has lost; stream: the
        number of the processor's buffer that they come from."""
        groups = [self.events[i:i + events_a_packet] for i in range(0, len(self.events), events_a_packet)]
        result = []
        for number, group in enumerate(groups):
            lost = discarded[number] if number < len(discarded) else (discarded[-1] if discarded else 0)
            result.append(packet(group, number, lost, stream, self.header))
        return result

    def write(self, directory, nested="uid/0/64-bit", plain_metadata=False, **options):
        """Write the trace under directory and return the folder that holds metadata and stream."""
        folder = pathlib.Path(directory) / nested
        folder.mkdir(parents=True)
        text = self.metadata().encode()
        (folder / "metadata").write_bytes(text if plain_metadata else metadata_packets(text))
        (folder / "channel0_0").write_bytes(b"".join(self.packets(**options)))
        return folder


def event_declaration(name, number, fields):
    lines = "\n".join(f"        {field}" for field in fields)
    head = f'event {{\n    name = "{name}"; id = {number}; stream_id = 0; loglevel = 13;\n'
    return f"{head}    fields := struct {{\n{lines}\n    }};\n}};\n"


def metadata_packets(text, bytes_a_packet=4096):
    """The text in metadata packets, as LTTng writes them."""
    result = b""
    for start in range(0, len(text), bytes_a_packet - 37):
        part = text[start:start + bytes_a_packet - 37]
        result += struct.pack("<I16sIIIBBBBB", METADATA_MAGIC, TRACE_UUID.bytes, 0, 8 * (37 + len(part)), 8 * bytes_a_packet,
                              0, 0, 0, 1, 8)
        result += part.ljust(bytes_a_packet - 37, b"\0")
    return result


# kind: format of the whole header, bits of the short one's time, number that says that the header is whole
HEADERS = {"extended": ("<HIQ", 0, 65535), "large": ("<HIQ", 32, 65535), "compact": ("<BIQ", 27, 31)}


def event_header(kind, number, time, before):
    """The header of an event; before: time of the last one, too far away for a short header or not."""
    whole, bits, escape = HEADERS[kind]
    if number >= escape or time - before >= 1 << bits or not bits:
        return struct.pack(whole, escape, number, time)
    low = time & (1 << bits) - 1
    return struct.pack("<I", low << 5 | number) if kind == "compact" else struct.pack("<HI", number, low)


def packet(events, number, discarded, stream, header="extended", bytes_a_page=4096):
    """One packet of the stream."""
    times = [events[0][0], *(time for time, _, _ in events)]
    body = b"".join(event_header(header, event_id, time, before) + payload
                    for (time, event_id, payload), before in zip(events, times))
    content = PACKET_HEADER_BYTES + len(body)
    size = (content + bytes_a_page - 1) // bytes_a_page * bytes_a_page
    head = struct.pack("<I16sIQ", STREAM_MAGIC, TRACE_UUID.bytes, 0, stream)
    head += struct.pack("<QQQQQQI", events[0][0], events[-1][0], 8 * content, 8 * size, number, discarded, stream)
    return (head + body).ljust(size, b"\0")


# ---- a golden trace ----------------------------------------------------------------------------------------------

def golden(ending=True):
    """A whole run in little: two processes, each means, flushes with and without label, elided ones, a measurement."""
    t = Trace()
    t.event("hypervisor_start", time=100, domid=0x7ff0, memory_frames=0x6000, cr3=0x200000, classes=0x7f)
    t.flush(means="mov_cr4", value=0x90, cause="boot", scope="everything", domid=0x7ff0, eip=0x100100)
    t.event("domain_frames", first_mfn=0x2000, owned=0xffffffff)
    t.event("domain_built", mode="shadow", memory_frames=32, entry=0xc0100000, base_pointer=0x2000)
    t.event("base_pointer", guest_mfn=0x2000, root_mfn=0x300, cached=0)
    t.flush(value=0x300000, cause="base_pointer_switch", walks=10)
    t.counters.update(instructions=1000, ring0=1000, walks=10)
    t.event("domain_start", time=1100)
    t.event("marker", time=1200, kind="process", a=0x2001, b=1, text="init")
    t.event("marker", time=1210, kind="process", a=0x2002, b=2, text="fork-cow")
    t.event("base_pointer", time=1300, guest_mfn=0x2001, root_mfn=0x301, cached=0)
    t.flush(value=0x301000, cause="base_pointer_switch", walks=5)
    t.event("marker", time=1400, kind="flush", a=4, b=0xc0001000, c=1)
    t.flush(means="invlpg", value=0xc0001000, cause="mmuext_invlpg_local", scope="page", label="flush_tlb_page", pages=1,
            walks=20)
    t.event("base_pointer", time=1500, guest_mfn=0x2002, root_mfn=0x302, cached=1)
    t.flush(value=0x302000, cause="base_pointer_switch", walks=3)
    t.flush(means="mov_cr0", value=0x8001003b, cause="fpu_lazy", scope="nothing", walks=1)
    t.flush(means="none", value=0, cause="mmuext_tlb_flush_local", label="flush_tlb_mm", pages=0)
    t.flush(value=0x302000, cause="mmuext_tlb_flush_local", label="flush_tlb_range", pages=8, walks=6)
    t.event("marker", time=2000, kind="measure_begin", a=1, b=0, text="null_hypercall")
    t.counters.update(instructions=2900, ring0=1500, ring1=1000, ring3=400)
    t.event("marker", time=3000, kind="measure_end", a=1, b=10, text="null_hypercall")
    t.event("marker", time=3100, kind="outcome", a=0)
    t.counters.update(instructions=4000, ring0=2000, ring1=1400, ring3=600, walks=60, oracle_checks=77)
    t.event("counter", time=4000, which="faults", value=12)
    t.event("counter", time=4000, which="flushes", value=4)
    t.event("audit_done", time=4050, checks=500, violations=0)
    t.event("domain_ended", time=4100, reason="poweroff", outcome="success", text="the guest powered off")
    if ending:
        t.snapshot()
        t.event("hw_end", time=4200, outcome="success", records=25, lost=0)
    return t


def switch(t, source, target, instructions, walks=0, result=0, domid=0, **fields):
    """Add a mode switch that takes so many instructions and page walks; in the middle of it the TLB is flushed."""
    t.event("mode_switch_begin", **{"from": source, "to": target}, domid=domid)
    t.counters["walks"] += walks
    if result == 0:
        t.flush(value=0x303000, cause="mode_switch", domid=domid)
    t.counters["instructions"] += instructions
    return t.event("mode_switch", **{"from": source, "to": target}, result=result, domid=domid, **fields)


def switching():
    """A run from shadow mode to direct and writable mode and back, with a refused switch, and tables that come and go."""
    t = Trace().event("hypervisor_start", time=100, domid=0x7ff0, memory_frames=0x6000, cr3=0x200000, classes=0xff)
    t.event("domain_frames", first_mfn=0x2000, owned=0xffffffff, domid=0x7ff0).event("domain_start", time=1000)
    switch(t, "shadow", "direct", 700, result=-22, reason="entry_bits", table_mfn=0x2003, index=7, entry=0x2004063,
           linear=0xc0007000)
    t.event("mmu_refused", table_mfn=0x2003, index=7, reason="frame_busy")
    t.event("table_type", mfn=0x2002, type="l1").event("table_type", mfn=0x2001, type="l2")
    switch(t, "shadow", "direct", 5000, walks=3)
    t.flush(value=0x2001000, cause="type_change", walks=11)
    t.event("base_pointer", guest_mfn=0x2001, root_mfn=0x2001).flush(value=0x2001000, walks=1)
    switch(t, "direct", "writable", 40)
    t.event("table_type", mfn=0x2002, type="none").event("writable_disconnect", table_mfn=0x2002, directory_mfn=0x2001)
    t.flush(means="invlpg", value=0xc0000000, cause="writable_disconnect", scope="page", pages=1, walks=7)
    t.event("table_type", mfn=0x2002, type="l1").event("writable_reconnect", table_mfn=0x2002, why="used", changed=5)
    t.flush(means="none", cause="writable_reconnect")
    t.event("writable_disconnect", table_mfn=0x2002, directory_mfn=0xffffffff)
    t.event("writable_reconnect", table_mfn=0x2002, why="hypercall")
    t.event("table_type", mfn=0x2002, type="none").event("table_type", mfn=0x2001, type="none")
    switch(t, "writable", "shadow", 300)
    switch(t, "shadow", "direct", 6000)
    t.counters["walks"] += 4
    t.event("mmu_counter", which="disconnects", value=2).event("mmu_counter", which="l1_validated", value=3)
    return t.event("domain_ended", outcome="success").event("hw_end", outcome="success")


def runstate(t, vcpu, source, target, time):
    """A vcpu (domain, number) changes its state."""
    return t.event("sched_runstate_change", time=time, domid=vcpu[0], vcpu=vcpu[1], target_domid=vcpu[0], target_vcpu=vcpu[1],
                   **{"from": source, "to": target})


def pass_on(t, time, source, target, state="runnable", **amounts):
    """The processor goes from one vcpu (domain, number; None: nobody) to another, after so much more of what hw_counters count;
    state: what becomes of the one that leaves."""
    amounts["instructions"] = sum(amounts.get(f"ring{ring}", 0) for ring in (0, 1, 3))
    for name, amount in amounts.items():
        t.counters[name] += amount
    if source:
        runstate(t, source, "running", state, time)
    (left, left_vcpu), (entered, entered_vcpu) = source or (0x7ff0, 0), target or (0x7ff0, 0)
    t.event("sched_switch", time=time, domid=left, vcpu=left_vcpu, prev_domid=left, prev_vcpu=left_vcpu, next_domid=entered,
            next_vcpu=entered_vcpu)
    return runstate(t, target, "runnable", "running", time) if target else t


def built(t, domid, mode, time):
    t.event("domain_frames", time=time, domid=domid, first_mfn=0x2000 * domid, owned=0xffffffff)
    t.event("domain_built", domid=domid, mode=mode, memory_frames=32 * domid, translated=int(mode == "shadow"))
    return runstate(t, (domid, 0), "offline", "runnable", time + 2)


def several():
    """Two domains side by side, then a third with the number of the first; the processor idles between."""
    one, two = (1, 0), (2, 0)
    t = Trace().event("hypervisor_start", time=100, domid=0x7ff0, memory_frames=0x6000, cr3=0x200000, classes=0x1ff)
    built(t, 1, "shadow", 200)
    built(t, 2, "direct", 220)
    pass_on(t, 1000, None, one, ring0=1000, walks=7)
    t.event("domain_start", domid=1, time=1000)
    t.event("marker", domid=1, kind="process", a=0x2001, b=1, text="init").event("base_pointer", domid=1, guest_mfn=0x2001, root_mfn=0x301)
    t.flush(domid=1, value=0x301000, walks=6, time=1400)
    t.event("pv_hypercall", domid=1, number=29).event("pv_hypercall_subcall", domid=1, number=1).event("pv_hypercall", domid=1, number=13)
    t.event("counter", domid=1, which="faults", value=5)
    pass_on(t, 2000, one, two, ring0=600, ring1=400, walks=4)
    t.event("marker", domid=2, kind="process", a=0x4001, b=1, text="init")
    t.event("base_pointer", domid=2, guest_mfn=0x4001, root_mfn=0x401)
    t.flush(domid=2, value=0x401000, walks=2)
    t.event("hw_ring", **{"from": 1, "to": 0}).event("hw_exception", vector=14, ring=1).event("hw_exception", vector=14)
    t.flush(means="invlpg", domid=2, scope="page", cause="mmuext_invlpg_local", pages=1, walks=3)
    t.event("pv_event", domid=2)
    pass_on(t, 3000, two, one, "blocked", ring0=300, ring1=500, ring3=200)
    t.event("domain_ended", time=4500, domid=1, reason="crash", outcome="crash", text="it has no stack")
    t.event("counter", domid=1, which="faults", value=8)
    pass_on(t, 4600, one, None, "offline", ring0=600, ring1=1000)
    runstate(t.event("sched_wake", time=4700, target_domid=2), two, "blocked", "runnable", 4700)
    pass_on(t, 4800, None, two, ring0=200, walks=1)
    built(t, 1, "writable", 5000)
    pass_on(t, 6000, two, one, "blocked", ring0=1000, ring1=200)
    t.event("marker", domid=1, kind="process", a=0x2001, b=1, text="init").event("base_pointer", domid=1, guest_mfn=0x2001, root_mfn=0x301)
    t.flush(domid=1, value=0x301000, walks=9, time=6100)
    t.event("counter", domid=1, which="faults", value=100)
    t.event("domain_ended", domid=2, time=6800, reason="poweroff", outcome="success", text="it powered off")
    t.event("domain_ended", domid=1, time=7000, reason="poweroff", outcome="failure", text="it powered off")
    t.counters.update(instructions=t.counters["instructions"] + 1100, ring0=t.counters["ring0"] + 1100)
    t.time = 7100
    return t.snapshot().event("hw_end", time=7100, outcome="crash")


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit("usage: make.py DIRECTORY   (writes one golden trace there; the directory must not exist)")
    print(golden().write(sys.argv[1]))
