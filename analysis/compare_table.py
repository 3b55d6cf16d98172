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


def where_of(rows):
    """For a table that shows one memory size, seed and phase of several, the first: a text that says so."""
    several = [f"{rows[0][column]} MiB" if column == "memory_mib" else f"{CELL_COLUMNS[column]} {rows[0][column]}"
               for column in WHERE_VARYING if varying(rows, column)]
    return f", of the first: {', '.join(several)}; --csv has the others" if several else ""


def write_matrix(rows, name, column, title, to):
    """A row for each value of the key `name`, a column a configuration, and in them the first value of `column`."""
    configurations = list(dict.fromkeys(row["configuration"] for row in rows))
    figures = {}
    for row in rows:
        figures.setdefault((row[name], row["configuration"]), row[column])
    if any(value is not None for value in figures.values()):
        print(f"\n{title}{where_of(rows)}", file=to)
        print_rows([[name, *configurations]] +
                   [[value, *(text_of(figures.get((value, configuration))) for configuration in configurations)]
                    for value in dict.fromkeys(row[name] for row in rows)], to)


def write_operations(rows, to):
    """Two tables a workload: operations by configuration, in instructions and as multiples of native."""
    for workload, of_workload in by_workload(rows):
        write_matrix(of_workload, "operation", "instructions", f"{workload}: instructions of one operation", to)
        write_matrix(of_workload, "operation", "times_native", f"{workload}: as multiples of native", to)


def write_overview(rows, to):
    """All workloads by configuration: as multiples of native, and in instructions what has not run there."""
    multiples = [row for row in rows if row["times_native"] is not None]
    others = [row for row in rows if row["times_native"] is None]
    write_matrix(multiples, "workload", "times_native", "all workloads: instructions as multiples of native", to)
    write_matrix(others, "workload", "instructions", "workloads that the bare machine has not run: instructions", to)


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
    write_overview(rows, to)
    if comparison.model:
        print(f"\nModelled cycles: {comparison.model.described['name']} ({comparison.model.described['source']})", file=to)
