// Figures of one workload side by side: a line a figure, a column a configuration. What the columns mean comes with
// the data.
import { count, multiple } from "./format.js";
import { h } from "./dom.js";
import { modelled } from "./part.js";
import { shade } from "./compare_columns.js";
import { table } from "./table.js";

export const RINGS = [
    ["ring3", "programs (ring 3)"],
    ["ring1", "guest kernel (ring 1)"],
    ["ring0", "hypervisor (ring 0; natively the kernel)"]
];
// columns that count no events, or are shown by themselves
const NOT_EVENTS = new Set([
    "memory_mib",
    "seed",
    "phase_us",
    "instructions",
    "modelled_cycles",
    "ring0",
    "ring1",
    "ring3",
    "times_native"
]);

function lines(rows, described) {
    return described.map(({ title, meaning, value, text }) => ({
        title,
        meaning,
        text: text ?? count,
        ...Object.fromEntries(rows.map(row => [row.configuration, value(row)]))
    }));
}

// shaded: the line in which the best is framed
function grid(rows, found, shaded, caption) {
    const names = rows.map(row => row.configuration);
    const compared = names.filter(name => name !== "native");

    return table({
        sortable: false,
        caption,
        rows: found,
        columns: [
            {
                key: "title",
                title: "",
                kind: "text",
                cell: (element, _, { meaning }) => {
                    element.title = meaning;
                }
            },
            ...names.map(name => ({
                key: name,
                title: name,
                text: (value, line) => line.text(value),
                cell: (element, value, line) =>
                    line === shaded &&
                    name !== "native" &&
                    shade(
                        element,
                        value,
                        compared.map(other => line[other])
                    )
            }))
        ]
    });
}

// Instructions, and every event that a configuration had.
export function numbers(cells, rows) {
    const events = cells.data.columns.filter(
        ({ name, type }) =>
            type !== "text" && !NOT_EVENTS.has(name) && !name.includes(".") && rows.some(row => row[name])
    );
    const found = lines(rows, [
        { title: cells.measureName(), meaning: "of the guest's life", value: row => cells.value(row) },
        {
            title: "× native",
            meaning: "the same as a multiple of the bare machine",
            value: row => cells.multiple(row.workload, row.configuration),
            text: multiple
        },
        ...RINGS.map(([key, name]) => ({
            title: "instructions: " + name.replace(/;.*/, ")"),
            meaning: "",
            value: row => row[key]
        })),
        ...events.map(({ name, meaning }) => ({ title: name.replaceAll("_", " "), meaning, value: row => row[name] }))
    ]);

    return [
        grid(rows, found, found[1], cells.chosen.measure === "instructions" ? null : modelled()),
        h(
            "details",
            {},
            h("summary", {}, "What the lines mean"),
            h(
                "dl.pairs",
                {},
                found
                    .filter(({ meaning }) => meaning)
                    .map(({ title, meaning }) => [h("dt", {}, title), h("dd", {}, meaning)])
            )
        )
    ];
}

// A family of columns, such as hypercalls by name, the most frequent first.
export function named(cells, rows, family) {
    const most = name => Math.max(...rows.map(row => row[name] ?? 0));
    const names = cells.data.columns
        .map(({ name }) => name)
        .filter(name => name.startsWith(family + ".") && most(name))
        .sort((one, other) => most(other) - most(one));

    if (!names.length) return h("p.missing", {}, "Nothing of that was recorded.");
    return grid(
        rows,
        lines(
            rows,
            names.map(name => ({ title: name.slice(family.length + 1), meaning: "", value: row => row[name] }))
        ),
        null,
        null
    );
}
