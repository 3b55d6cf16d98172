"""The LTTng-UST side of the schema: tracepoints.h, and deliver_records.h, the agent's way from a record to its tracepoint.

Rules: the event's name is the record's; enumerations become CTF enumerations, flags hexadecimal words. A hypervisor record is
handed to its tracepoint as one pointer and gets domid and vcpu in front of its fields; a hardware record's fields are arguments.
Callers: generate.py. Source: lttng-ust(3), LTTng-UST 2.13.
"""
from make_headers import NOTICE

INTEGERS = {"u32": ("integer", "uint32_t"), "s32": ("integer", "int32_t"), "u64": ("integer", "uint64_t"),
            "hex": ("integer_hex", "uint32_t"), "flags": ("integer_hex", "uint32_t")}

HEAD = """#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER {provider}

#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "trace/tracepoints.h"

#if !defined(TRACE_TRACEPOINTS_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define TRACE_TRACEPOINTS_H

#include <lttng/tracepoint.h>

#include "trace/records.h"
"""

TAIL = """
#endif

#include <lttng/tracepoint-event.h>
"""


def tracepoints_header(schema):
    parts = [NOTICE, HEAD.format(provider=schema.provider)]
    parts += [enumeration(schema, e) for e in schema.enumerations.values() if not e.is_flags]
    parts += [tracepoint(schema, record) for record in schema.records]
    return "\n".join(parts) + TAIL


def enumeration(schema, e):
    values = "\n".join(f"        lttng_ust_field_enum_value(\"{name}\", {number})" for name, number in e.values.items())
    return (f"LTTNG_UST_TRACEPOINT_ENUM({schema.provider}, {e.name},\n    LTTNG_UST_TP_ENUM_VALUES(\n{values}\n    ))\n")


def tracepoint(schema, record):
    hypervisor = record.source == "hypervisor"
    if hypervisor:
        arguments = [f"const struct trace_record_{record.name} *, record"]
        fields = ["lttng_ust_field_integer(uint16_t, domid, record->header.domid)",
                  "lttng_ust_field_integer(uint16_t, vcpu, record->header.vcpu)"]
    else:
        arguments = [f"{INTEGERS.get(f.kind, ('', 'uint32_t'))[1]}, {f.name}_" for f in record.fields]
        fields = []
    fields += [field(schema, f, f"record->{f.name}" if hypervisor else f"{f.name}_") for f in record.fields]
    return (f"LTTNG_UST_TRACEPOINT_EVENT({schema.provider}, {record.name},\n"
            f"    LTTNG_UST_TP_ARGS({', '.join(arguments)}),\n"
            "    LTTNG_UST_TP_FIELDS(\n        " + "\n        ".join(fields) + "\n    ))\n")


def field(schema, f, value):
    if f.kind == "text":
        return f"lttng_ust_field_array_text(char, {f.name}, {value}, {4 * f.words})"
    if f.kind == "enum":
        return f"lttng_ust_field_enum({schema.provider}, {f.enumeration.name}, uint32_t, {f.name}, {value})"
    macro, c_type = INTEGERS[f.kind]
    return f"lttng_ust_field_{macro}({c_type}, {f.name}, {value})"


def deliver_header(schema):
    """One case a hypervisor record: fire the tracepoint that has its layout."""
    parts = [NOTICE, "/* Included by the agent's provider.c only. record: a whole record whose size was checked. */",
             "static inline void deliver_record(const struct trace_header *record) {", "    switch (record->id) {"]
    for r in schema.from_source("hypervisor"):
        parts.append(f"    case TRACE_ID_{r.name}:\n        lttng_ust_tracepoint({schema.provider}, {r.name}, "
                     f"(const struct trace_record_{r.name} *)record);\n        break;")
    return "\n".join(parts + ["    }", "}", ""])
