"""The columns of a comparison, each once: name, type, unit, what it is, and where a run's summary has it.

CSV, JSON and Parquet have these names; docs/experiments.md has the same table, which a test compares. A family has one
column for each name that occurs, FAMILY.NAME: `hypercalls.mmu_update`. A type is text, integer or number (with a fraction).
Callers: compare, compare_read and compare_rows beside this file.
"""
import dataclasses

RINGS = ["ring0", "ring1", "ring3"]


@dataclasses.dataclass(frozen=True)
class Column:
    """path: keys of the summary of the run `events`; () where a column comes from elsewhere."""
    name: str
    type: str
    unit: str
    meaning: str
    path: tuple = ()


COLUMNS = [
    Column("table", "text", "", "`cell` or `operation`: what the line is about"),
    Column("workload", "text", "", "of the guest, or the kernel's name"),
    Column("configuration", "text", "", "mode, policy and switches"),
    Column("memory_mib", "integer", "MiB", "memory of the guest"),
    Column("seed", "integer", "", "of the scattering of machine frames; 0: none"),
    Column("phase_us", "integer", "microseconds", "by which the timer's first tick is later"),
    Column("operation", "text", "", "of an operation that was measured: its name"),
    Column("instructions", "number", "instructions", "of the guest's life, in every ring; of one operation. From the run `cost`"),
    Column("ring0", "number", "instructions", "of them in ring 0, 1 and 3"),
    Column("ring1", "number", "instructions", ""),
    Column("ring3", "number", "instructions", ""),
    Column("times_native", "number", "", "instructions as a multiple of the cell, or operation, of the same workload and memory with"
           " configuration `native`; null without one"),
    Column("modelled_cycles", "number", "cycles", "with `--model`: what the model makes of it"),
    Column("hypercalls", "integer", "", "that the guest made; a multicall is one", ("domains", 0, "hypercalls")),
    Column("exceptions", "integer", "", "outside ring 0", ("domains", 0, "exceptions")),
    Column("upcalls", "integer", "", "of the event callback", ("domains", 0, "upcalls")),
    Column("entries", "integer", "", "changes from another ring to ring 0", ("domains", 0, "entries")),
    Column("crossings", "integer", "", "changes to any ring of more privilege: those, and system calls from ring 3 to ring 1",
           ("domains", 0, "crossings")),
    Column("pte_writes", "integer", "entries", "page-table entries that the guest changed, as far as the hypervisor learned of"
           " them: by hypercall, by a store that was carried out, or found changed afterwards"),
    Column("shadow_faults", "integer", "", "page faults that shadow mode looked at", ("shadow", "faults")),
    Column("shadow_fills", "integer", "entries", "L1 entries that shadow mode filled", ("shadow", "fills_l1")),
    Column("emulated_writes", "integer", "", "stores to page tables that shadow mode carried out", ("shadow", "emulated_writes")),
    Column("explicit_updates", "integer", "entries", "changed by hypercall in shadow mode", ("shadow", "explicit_updates")),
    Column("oos_entries", "integer", "entries", "found changed in tables out of sync", ("shadow", "oos_entries")),
    Column("superpages", "integer", "entries", "large pages in one piece that shadow mode filled", ("shadow", "superpages")),
    Column("mmu_updates", "integer", "entries", "of L1 tables, by hypercall in direct and writable mode", ("mmu", "l1_updates")),
    Column("trapped_writes", "integer", "", "stores that writable mode carried out", ("mmu", "emulated_writes")),
    Column("disconnects", "integer", "", "of tables in writable mode", ("mmu", "disconnects")),
    Column("reconnected_entries", "integer", "entries", "found changed in disconnected tables", ("mmu", "reconnected_entries")),
    Column("flushes", "integer", "", "of the processor's TLB, in whole or a page", ("tlb", "flushes")),
    Column("walks", "number", "", "page walks of the processor, in the run `events`; of one operation, in the run `cost`", ("tlb", "walks")),
    Column("tlb_misses", "integer", "", "from the run `tlb`: misses of the TLB without tags"),
    Column("walks_saved", "integer", "", "the same: misses that tags save"),
    Column("flushes_saved", "integer", "", "the same: flushes that drop nothing because of tags"),
]
# what the summary has by name; refills: of the TLB without tags
FAMILIES = [
    Column("hypercalls.NAME", "integer", "", "by Xen's name; a part of a multicall counts under its own",
           ("domains", 0, "hypercalls_by_name")),
    Column("flushes.CAUSE", "integer", "", "by the guest's name for it, or the hypervisor's", ("tlb", "by_cause")),
    Column("walks.CAUSE", "integer", "", "page walks from a flush of that cause to the next flush of any"),
    Column("refills.CAUSE", "integer", "", "from the run `tlb`: misses whose entry a flush of that cause had dropped"),
]


def described(rows):
    """[{name, type, unit, meaning}] of the columns that rows have, in order."""
    found = {key for row in rows for key in row}
    result = [column for column in COLUMNS if column.name in found]
    for family in FAMILIES:
        prefix = family.name.split(".")[0] + "."
        result += [dataclasses.replace(family, name=name) for name in sorted(found) if name.startswith(prefix)]
    return [{"name": column.name, "type": column.type, "unit": column.unit, "meaning": column.meaning} for column in result]
