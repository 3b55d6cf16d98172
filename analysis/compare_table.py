"""The tables of a comparison, for people. Callers: compare beside this file."""

CELL_COLUMNS = {"configuration": "configuration", "memory_mib": "MiB", "seed": "seed", "instructions": "instructions",
                "times_native": "x native", "ring0": "ring 0", "ring1": "ring 1", "ring3": "ring 3",
                "modelled_cycles": "modelled cycles", "hypercalls": "hypercalls", "exceptions": "exceptions",
                "shadow_fills": "shadow fills", "emulated_writes": "emulated", "mmu_updates": "updates", "flushes": "TLB flushes",
                "walks": "walks"}
NOTHING = "."


def text_of(value):
    if value is None or value == "":
        return NOTHING
    if isinstance(value, float):
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def print_rows(rows, to):
    """Columns side by side: text to the left, numbers to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [row[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        print("  ".join(cells).rstrip(), file=to)


def varying(rows, column):
    return len({row[column] for row in rows}) > 1


def write_cells(rows, to):
    """A table a workload; memory and seed are columns where they vary."""
    shown = [column for column in CELL_COLUMNS if any(row.get(column) is not None for row in rows)
             and (column not in ("memory_mib", "seed") or varying(rows, column))]
    for workload in dict.fromkeys(row["workload"] for row in rows):
        print(f"\n{workload}", file=to)
        lines = [[CELL_COLUMNS[column] for column in shown]]
        lines += [[text_of(row.get(column)) for column in shown] for row in rows if row["workload"] == workload]
        print_rows(lines, to)


def write_operations(rows, to):
    """A table a workload: operations by configuration, in instructions and as multiples of native."""
    for workload in dict.fromkeys(row["workload"] for row in rows):
        of_workload = [row for row in rows if row["workload"] == workload]
        configurations = list(dict.fromkeys(row["configuration"] for row in of_workload))
        figures = {}
        for row in of_workload:
            figures.setdefault((row["operation"], row["configuration"]), row)      # of several seeds the first
        for column, title in (("instructions", "instructions of one operation"), ("times_native", "as multiples of native")):
            if all(row[column] is None for row in of_workload):
                continue
            print(f"\n{workload}: {title}", file=to)
            lines = [["operation", *configurations]]
            for operation in dict.fromkeys(row["operation"] for row in of_workload):
                lines.append([operation, *(text_of(figures.get((operation, name), {}).get(column)) for name in configurations)])
            print_rows(lines, to)


def write_repeats(rows, to):
    """Cells that differ by nothing but the seed, and not in the same figures: how far apart they are."""
    groups = {}
    for row in rows:
        groups.setdefault((row["workload"], row["configuration"], row["memory_mib"]), []).append(row["instructions"])
    apart = {key: (min(found), max(found)) for key, found in groups.items() if min(found) != max(found)}
    if apart:
        print("\nnot the same with every seed: least and most instructions", file=to)
        print_rows([["cell", "least", "most", "apart"]] +
                   [[" ".join(map(str, key)), text_of(least), text_of(most), f"{(most - least) / least:.2%}"]
                    for key, (least, most) in apart.items()], to)


def write(comparison, to):
    rows = comparison.cell_rows()
    write_cells(rows, to)
    write_operations(comparison.operation_rows(), to)
    write_repeats(rows, to)
    if comparison.model:
        print(f"\nModelled cycles: {comparison.model.described['name']} ({comparison.model.described['source']})", file=to)
