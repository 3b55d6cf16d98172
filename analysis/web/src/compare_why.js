// One workload: where the instructions of each configuration went, and what happened meanwhile.
import { axis, chart, tip } from "./charts.js";
import { axisEnd } from "./cells.js";
import { color } from "./theme.js";
import { h } from "./dom.js";
import { count, multiple, short } from "./format.js";
import { command, modelled, remark, section } from "./part.js";
import { work } from "./compare_advice.js";
import { shade } from "./compare_glance.js";
import { table } from "./table.js";

const RINGS = [
    ["ring3", "programs (ring 3)"],
    ["ring1", "guest kernel (ring 1)"],
    ["ring0", "hypervisor (ring 0; natively the kernel)"]
];
const EVENTS = [
    ["hypercalls", "hypercalls", "requests of the guest's kernel; a multicall is one"],
    ["exceptions", "exceptions", "page faults and others outside of ring 0"],
    ["upcalls", "upcalls", "events delivered to the guest's kernel"],
    ["shadow_faults", "shadow faults", "page faults that the shadow engine looked at"],
    ["shadow_fills", "shadow fills", "entries taken over from the guest's tables into the shadow"],
    ["emulated_writes", "emulated stores", "guest stores to page tables that shadow mode carried out"],
    ["oos_entries", "found by comparing", "entries changed in tables out of sync, found at a flush"],
    ["explicit_updates", "announced", "changes of page tables that the guest announced"],
    [
        "mmu_updates",
        "updates",
        "entries of L1 tables written by hypercall or by the hypervisor for the guest, in direct and writable mode"
    ],
    ["trapped_writes", "trapped stores", "guest stores to page tables that trapped in writable mode"],
    ["disconnects", "disconnects", "tables taken out of use to be written freely"],
    ["flushes", "TLB flushes", "events that made the TLB drop entries"],
    ["walks", "page walks", "of the processor: TLB entries that had to be filled"]
];

export function why(cells) {
    return h(
        "div",
        {},
        cells.choices("workload", "measure", "memory", "seed"),
        cells.live(() => {
            const { workload } = cells.chosen;
            const rows = cells.configurations.map(name => cells.row(workload, name)).filter(Boolean);

            return [
                section(
                    `${workload}: where the instructions went`,
                    chart({
                        label: "Instructions by ring; the table has them",
                        height: 70 + 30 * rows.length,
                        options: () => rings(cells, rows)
                    })
                ),
                section(
                    `${workload}: what each configuration did`,
                    numbers(cells, rows),
                    command(cells.data.command)
                ),
                section(
                    "In words",
                    h(
                        "ul",
                        {},
                        rows
                            .filter(row => row.configuration !== "native")
                            .map(row =>
                                h("li", {}, h("b", {}, row.configuration), ": ", work(row.configuration, row))
                            )
                    )
                ),
                section(
                    "The runs behind it",
                    remark(
                        "Instructions come from the first of each pair, events from the second, in which " +
                            "everything is recorded."
                    ),
                    rows.map(row => commands(cells, row))
                )
            ];
        })
    );
}

function commands(cells, row) {
    const found = cells.details(row.workload, row.configuration);

    return h("details", {}, h("summary", {}, row.configuration), Object.values(found.commands).map(command));
}

function rings(cells, rows) {
    const names = rows.map(row => row.configuration).reverse();
    const of = Object.fromEntries(rows.map(row => [row.configuration, row]));
    const base = of.native?.instructions;
    const scale = value => (base ? value / base : value);
    const end = base ? axisEnd(rows.map(row => scale(row.instructions))) : null;
    const series = RINGS.map(([key, name]) => ({
        type: "bar",
        name,
        stack: "rings",
        barWidth: 16,
        itemStyle: { color: color(key) },
        data: names.map(n => scale(of[n][key]))
    }));

    return {
        grid: { left: 150, right: 70, top: 34, bottom: 30 },
        legend: {},
        xAxis: axis({
            type: "value",
            max: end,
            axisLabel: { formatter: value => (base ? value + " ×" : short(value)) }
        }),
        yAxis: axis({ type: "category", data: names, axisTick: { show: false } }),
        tooltip: {
            trigger: "axis",
            axisPointer: { type: "shadow" },
            formatter: ([{ name }]) =>
                tip(name, [
                    ...RINGS.map(([key, text]) => [text, count(of[name][key])]),
                    ["together", count(of[name].instructions)],
                    ["of native", multiple(of[name].times_native)]
                ])
        },
        series: [
            ...series,
            {
                type: "scatter",
                symbolSize: 0,
                silent: true,
                tooltip: { show: false },
                clip: false,
                data: names.map(n => [
                    end === null ? scale(of[n].instructions) : Math.min(scale(of[n].instructions), end),
                    n
                ]),
                label: {
                    show: true,
                    position: "right",
                    color: color("text"),
                    formatter: ({ value }) => (base ? multiple(scale(of[value[1]].instructions)) : "")
                }
            }
        ]
    };
}

// A line a figure, a column a configuration.
function numbers(cells, rows) {
    const names = rows.map(row => row.configuration);
    const line = (title, help, value, text) => ({
        title,
        help,
        text: text ?? count,
        ...Object.fromEntries(rows.map(row => [row.configuration, value(row)]))
    });
    const lines = [
        line(cells.measureName(), "of the guest's life", row => cells.value(row)),
        line(
            "× native",
            "the same as a multiple of the bare machine",
            row => cells.multiple(row.workload, row.configuration),
            multiple
        ),
        ...RINGS.map(([key, name]) => line("instructions: " + name.replace(/;.*/, ")"), "", row => row[key])),
        ...EVENTS.filter(([key]) => rows.some(row => row[key])).map(([key, title, help]) =>
            line(title, help, row => row[key])
        )
    ];

    return table({
        sortable: false,
        caption: cells.chosen.measure === "instructions" ? null : modelled(),
        rows: lines,
        columns: [
            {
                key: "title",
                title: "",
                kind: "text",
                cell: (element, _, row) => {
                    element.title = row.help;
                }
            },
            ...names.map(name => ({
                key: name,
                title: name,
                text: (value, row) => row.text(value),
                cell: (element, value, row) =>
                    row === lines[1] &&
                    name !== "native" &&
                    shade(
                        element,
                        value,
                        names.filter(other => other !== "native").map(other => row[other])
                    )
            }))
        ]
    });
}
