"""docs/records.md: the schema for people.

Callers: generate.py.
"""

HEAD = """# Records

Made by `trace/generate.py` from `trace/schema.toml`, schema version {version}: change that file, then run `make docs`.

In a trace every record is an event `{provider}:NAME`. Its time is the number of simulated instructions since the machine's reset.
The hypervisor hands its records over by one `out` of the record's physical address to port {trace:#x}; it ends the machine by
writing the outcome to port {exit:#x}. Such a record is little endian, at most 64 bytes, its fields without padding: 16 bits each of id
and size in bytes, 32 bits of sequence number (from 0), 16 bits each of domid and vcpu, then the fields below. Every field takes
one 32-bit word, `u64` two, `textN` N bytes that end with NUL bytes when the text is shorter. As events these records carry `domid`
and `vcpu` in front of their fields; domid 32752 (0x7ff0) means that no domain was current. Records of source "hardware" are made by
the agent out of what the emulated processor did, and are events only.
"""


def reference(schema):
    parts = [HEAD.format(version=schema.version, provider=schema.provider, **schema.ports)]
    parts.append("## Classes\n\nThe boot option `classes=` chooses among them.\n\n| class | bit of the mask |\n|---|---|")
    parts += [f"| {name} | {bit} |" for name, bit in schema.classes.items()]
    for title, source in (("Records of the hypervisor", "hypervisor"), ("Records of the hardware", "hardware")):
        parts.append(f"\n## {title}")
        parts += [describe(record) for record in schema.from_source(source)]
    parts.append("\n## Enumerations and flags")
    for e in schema.enumerations.values():
        parts.append(f"\n### {e.name}{' (flags)' if e.is_flags else ''}\n\n{e.doc}\n\n| value | name |\n|---|---|")
        parts += [f"| {number:#x} | {name} |" if e.is_flags else f"| {number} | {name} |" for name, number in e.values.items()]
    return "\n".join(parts) + "\n"


def describe(record):
    lines = [f"\n### {record.name}\n", record.doc, ""]
    facts = [f"id {record.id:#x}"]
    if record.class_name:
        facts += [f"class {record.class_name}", f"{record.size} bytes"]
    if record.snapshot:
        facts.append("followed by a `hw_counters` record of the same instruction")
    lines.append("; ".join(facts) + ".")
    if record.fields:
        lines.append("\n| field | type | meaning |\n|---|---|---|")
        for f in record.fields:
            kind = {"text": f"text{4 * f.words}"}.get(f.kind, f"{f.kind}:{f.enumeration.name}" if f.enumeration else f.kind)
            meaning = f.doc + (f" ({f.unit})" if f.doc and f.unit else f.unit)
            lines.append(f"| {f.name} | {kind} | {meaning} |")
    return "\n".join(lines)
