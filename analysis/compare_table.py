"""The tables of a comparison, for people. Callers: compare beside this file."""
import compare_rows

CELL_COLUMNS = {"configuration": "configuration", "memory_mib": "MiB", "seed": "seed", "phase_us": "phase",
                "instructions": "instructions",
                "times_native": "x native", "ring0": "ring 0", "ring1": "ring 1", "ring3": "ring 3",
                "modelled_cycles": "modelled cycles", "hypercalls": "hypercalls", "exceptions": "exceptions",
                "pte_writes": "PTE writes", "shadow_fills": "shadow fills", "emulated_writes": "emulated", "mmu_updates": "updates",
                "flushes": "TLB flushes",
                "walks": "walks"}
TLB_COLUMNS = {"flushes": "TLB flushes", "flushes_saved": "saved by tags",
               "tlb_misses": "walks without tags", "walks_saved": "saved by tags"}
WHERE_VARYING = ("memory_mib", "seed", "phase_us")
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


def by_workload(rows):
    """(workload, its rows) of each, in order."""
    for workload in dict.fromkeys(row["workload"] for row in rows):
        yield workload, [row for row in rows if row["workload"] == workload]


def write_cells(rows, to):
    """A table a workload; memory, seed and phase are columns where they vary."""
    shown = [column for column in CELL_COLUMNS if any(row.get(column) is not None for row in rows)
             and (column not in WHERE_VARYING or varying(rows, column))]
    for workload, of_workload in by_workload(rows):
        print(f"\n{workload}", file=to)
        print_rows([[CELL_COLUMNS[column] for column in shown]] +
                   [[text_of(row.get(column)) for column in shown] for row in of_workload], to)
        if all(row["times_native"] is None for row in of_workload):
            print("no multiples: there is no cell of the bare machine (native) with this workload", file=to)


def write_tlb(rows, to):
    """What tags of address spaces would save, of the cells where that was asked."""
    rows = [row for row in rows if row.get("walks_saved") is not None]
    if rows:
        print("\nwhat tags of address spaces (PCID) would save", file=to)
        columns = [*TLB_COLUMNS, *(column for column in WHERE_VARYING if varying(rows, column))]
        print_rows([["cell", *(TLB_COLUMNS.get(column, CELL_COLUMNS.get(column)) for column in columns)]] +
                   [[f"{row['workload']} {row['configuration']}", *(text_of(row.get(column)) for column in columns)]
                    for row in rows], to)


def write_family(rows, family, to):
    """Of each workload, a family of columns by configuration: a row a name, a column a cell."""
    for workload, of_workload in by_workload(rows):
        names = sorted({key for row in of_workload for key in row if key.startswith(family + ".")},
                       key=lambda name: -max(row.get(name) or 0 for row in of_workload))
        told = ["configuration", *(column for column in WHERE_VARYING if varying(of_workload, column))]
        if names:
            print(f"\n{workload}: {family}", file=to)
            print_rows([["", *(" ".join(str(row[column]) for column in told) for row in of_workload)]] +
                       [[name.partition(".")[2], *(text_of(row.get(name)) for row in of_workload)] for name in names], to)


def write_operations(rows, to):
    """A table a workload: operations by configuration, in instructions and as multiples of native. Of several memory sizes,
    seeds and phases those of the first, and that is said."""
    for workload, of_workload in by_workload(rows):
        several = [f"{of_workload[0][column]} MiB" if column == "memory_mib" else f"{CELL_COLUMNS[column]} {of_workload[0][column]}"
                   for column in WHERE_VARYING if varying(of_workload, column)]
        where = f", of the first: {', '.join(several)}; --csv has the others" if several else ""
        configurations = list(dict.fromkeys(row["configuration"] for row in of_workload))
        figures = {}
        for row in of_workload:
            figures.setdefault((row["operation"], row["configuration"]), row)
        for column, title in (("instructions", "instructions of one operation"), ("times_native", "as multiples of native")):
            if all(row[column] is None for row in of_workload):
                continue
            print(f"\n{workload}: {title}{where}", file=to)
            lines = [["operation", *configurations]]
            for operation in dict.fromkeys(row["operation"] for row in of_workload):
                lines.append([operation, *(text_of(figures.get((operation, name), {}).get(column)) for name in configurations)])
            print_rows(lines, to)


def write_repeats(rows, to):
    """Cells that differ by nothing but seed and phase: how far apart they are."""
    groups = {}
    for row in rows:
        groups.setdefault((row["workload"], row["configuration"], row["memory_mib"]), []).append(row["instructions"])
    apart = {key: (min(found), max(found)) for key, found in groups.items() if min(found) != max(found)}
    if apart:
        print("\nnot the same with every seed and phase: least and most instructions", file=to)
        print_rows([["cell", "least", "most", "apart"]] +
                   [[" ".join(map(str, key)), text_of(least), text_of(most), f"{(most - least) / least:.2%}"]
                    for key, (least, most) in apart.items()], to)


def write(comparison, to):
    rows = compare_rows.cell_rows(comparison)
    write_cells(rows, to)
    write_operations(compare_rows.operation_rows(comparison), to)
    write_tlb(rows, to)
    write_repeats(rows, to)
    if comparison.model:
        print(f"\nModelled cycles: {comparison.model.described['name']} ({comparison.model.described['source']})", file=to)
