// What tags of address spaces (PCID) would save: the run `tlb` of a cell, its references made once more with
// another TLB.
import { count, share } from "./format.js";
import { command, remark, section } from "./part.js";
import { table } from "./table.js";

export function tags(cells, rows) {
    const found = rows.filter(row => row.tlb_misses !== undefined && row.tlb_misses !== null);

    if (!found.length) return null;
    return section(
        `${cells.chosen.workload}: what tags of address spaces (PCID) would save`,
        table({
            columns: [
                { key: "configuration", title: "configuration", kind: "text" },
                { key: "tlb_misses", title: "misses without tags" },
                { key: "walks_saved", title: "saved by tags" },
                { key: "part", title: "of the misses", text: value => share(value, 1) },
                { key: "flushes", title: "TLB flushes", text: count },
                { key: "flushes_saved", title: "that would drop nothing" },
                { key: "flushPart", title: "of the flushes", text: value => share(value, 1) }
            ],
            rows: found.map(row => ({
                ...row,
                part: row.walks_saved / row.tlb_misses,
                flushPart: row.flushes ? row.flushes_saved / row.flushes : null
            }))
        }),
        remark(
            "Simulated: every reference that the run made is made once more with a TLB of 64 and 512 entries " +
                "without tags, and with the same and 16 tags. Less than nothing is saved where entries of " +
                "address spaces that have ended take the room of others."
        ),
        command(cells.data.command)
    );
}
