#!/usr/bin/python3
"""Make the C headers and the reference page from the record schema.

Purpose: one schema, many readers. Writes into --out: records.h, records_names.c, emit_records.h, tracepoints.h,
deliver_records.h; with --docs also the reference page.
Rules: nothing is written when the schema breaks a rule (exit status 1, the rule named); a file whose text would not change keeps
its time stamp, so that nothing is rebuilt for it.
Callers: trace/Makefile.inc, the tests.
"""
import argparse
import os
import sys

import make_headers
import make_reference
import make_tracepoints
import schema as schemas


def write(path, text):
    """Write text to path all at once, unless it is there already."""
    try:
        with open(path, encoding="utf-8") as file:
            if file.read() == text:
                return
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    temporary = f"{path}.{os.getpid()}"
    with open(temporary, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(temporary, path)


def main():
    parser = argparse.ArgumentParser(description="Make C headers and the reference page from the record schema.",
                                     epilog="example: trace/generate.py --schema trace/schema.toml --out build/trace")
    parser.add_argument("--schema", required=True, help="the schema, TOML")
    parser.add_argument("--out", help="directory for the generated C files")
    parser.add_argument("--docs", help="file for the reference page")
    options = parser.parse_args()
    if not options.out and not options.docs:
        parser.error("nothing to do: give --out, --docs or both")
    try:
        schema = schemas.load(options.schema)
        texts = {}
        if options.out:
            texts.update({os.path.join(options.out, name): make(schema) for name, make in (
                ("records.h", make_headers.records_header), ("records_names.c", make_headers.names_source),
                ("emit_records.h", make_headers.emit_header), ("tracepoints.h", make_tracepoints.tracepoints_header),
                ("deliver_records.h", make_tracepoints.deliver_header))})
        if options.docs:
            texts[options.docs] = make_reference.reference(schema)
        for path, text in texts.items():
            write(path, text)
    except schemas.SchemaError as error:
        sys.exit(f"generate.py: {options.schema}: {error}")
    except OSError as error:
        sys.exit(f"generate.py: cannot write {error.filename}: {error.strerror}")


if __name__ == "__main__":
    main()
