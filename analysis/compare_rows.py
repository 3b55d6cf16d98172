"""The rows of a comparison: a {column: value} for each cell and for each operation that was measured in one.

Callers: compare beside this file.
"""
from compare_columns import COLUMNS, FAMILIES, RINGS

KEYS = ("workload", "configuration", "memory_mib", "seed", "phase_us")
# counters that together are the entries of page tables that the hypervisor learned of
PTE_WRITES = [("shadow", "emulated_writes"), ("shadow", "explicit_updates"), ("shadow", "oos_entries"),
              ("mmu", "l1_updates"), ("mmu", "l2_updates"), ("mmu", "emulated_writes"), ("mmu", "reconnected_entries")]


def _look_up(summary, path):
    for key in path:
        try:
            summary = summary[key]
        except (KeyError, IndexError, TypeError):
            return None
    return summary


def instructions_of(result):
    """{ring or "total": instructions} of the guest's life, the hypervisor's boot before it left out."""
    return result["summary"]["domains"][0]["instructions"]


def multiple(value, base):
    """Of the bare machine; so exact that it may be rounded for people afterwards. None without a base."""
    return round(value / base, 6) if base else None


def _by_name(prefix, found):
    return {f"{prefix}.{name}": count for name, count in (found or {}).items()}


def _event_columns(result):
    summary = result["summary"]
    row = {column.name: _look_up(summary, column.path) for column in COLUMNS if column.path}
    counted = [_look_up(summary, path) for path in PTE_WRITES]
    row["pte_writes"] = None if all(count is None for count in counted) else sum(filter(None, counted))
    for family in FAMILIES:
        row.update(_by_name(family.name.split(".")[0], _look_up(summary, family.path) if family.path else None))
    groups = _look_up(result, ("flushes", "groups")) or []
    row.update(_by_name("walks", {group["cause"]: group["walks"] for group in groups}))
    return row


def _tlb_columns(tlb):
    """Of what analysis/tlbsim said of the TLB without and with tags."""
    untagged, tagged = tlb["tlbs"]
    return {"tlb_misses": untagged["misses"], "walks_saved": untagged["misses"] - tagged["misses"],
            "flushes_saved": tagged["flushes_spared"], **_by_name("refills", untagged["refills"])}


def cell_rows(comparison):
    """One of each cell that has its results."""
    rows = []
    for key, cell in comparison.cells.items():
        if "cost" not in cell:
            continue
        instructions = instructions_of(cell["cost"])
        row = {"table": "cell", **dict(zip(KEYS, key)), "instructions": instructions["total"],
               **{ring: instructions[ring] for ring in RINGS}}
        native = comparison.native_of(key).get("cost")
        row["times_native"] = multiple(instructions["total"], native and instructions_of(native)["total"])
        if comparison.model:
            row["modelled_cycles"] = comparison.model.cycles(cell)
        if "events" in cell:
            row.update(_event_columns(cell["events"]))
        if "tlb" in cell:
            row.update(_tlb_columns(cell["tlb"]["tlb"]))
        rows.append(row)
    return rows


def _per_operation(result):
    """{operation: {column: value}} of what a run measured, less what measuring itself takes: the operation "empty"."""
    columns = ("instructions", *RINGS, "walks")
    empty = next((measure for measure in result["measures"] if measure["name"] == "empty"), dict.fromkeys(columns, 0))
    return {measure["name"]: {column: max(measure[column] - empty[column], 0) / measure["operations"] for column in columns}
            for measure in result["measures"] if measure is not empty}


def operation_rows(comparison):
    """One of each operation that a cell measured; figures are of one operation."""
    rows = []
    for key, cell in comparison.cells.items():
        if "cost" not in cell:
            continue
        native = comparison.native_of(key).get("cost")
        of_native = _per_operation(native) if native else {}
        for name, figures in _per_operation(cell["cost"]).items():
            base = of_native.get(name)
            rows.append({"table": "operation", **dict(zip(KEYS, key)), "operation": name,
                         **{column: round(value, 2) for column, value in figures.items()},
                         "times_native": multiple(figures["instructions"], base and base["instructions"])})
    return rows
