// Single operations as multiples of the bare machine, beside what others have measured.
import { axis, chart, tip } from "./charts.js";
import { FIGURES, SOURCE } from "./asplos.js";
import { color } from "./theme.js";
import { colorOf, modeOf } from "./configurations.js";
import { h } from "./dom.js";
import { decimal, multiple } from "./format.js";
import { command, remark, section } from "./part.js";
import { configurationColumns } from "./compare_columns.js";
import { table } from "./table.js";

export function operations(cells) {
    return h(
        "div",
        {},
        cells.choices(),
        cells.live(() => {
            const workloads = [...new Set(cells.data.operations.map(row => row.workload))];

            if (!workloads.length)
                return section(
                    "Single operations",
                    h(
                        "p.missing",
                        {},
                        "No workload of this comparison measures single operations; nano and lmbench do."
                    )
                );
            return [
                beside(cells),
                workloads.map(workload =>
                    section(
                        `${workload}: one operation, in multiples of the bare machine`,
                        each(cells, workload),
                        command(cells.data.command)
                    )
                )
            ];
        })
    );
}

// {operation: {configuration: row}}
function byOperation(cells, workload) {
    const found = {};

    for (const row of cells.operations(workload)) (found[row.operation] ??= {})[row.configuration] = row;
    return found;
}

function each(cells, workload) {
    const found = Object.entries(byOperation(cells, workload));

    return table({
        columns: [
            { key: "operation", title: "operation", kind: "text" },
            { key: "native", title: "native, instructions", text: value => decimal(value) },
            ...configurationColumns(cells.others)
        ],
        rows: found.map(([operation, of]) => ({
            operation,
            native: of.native?.instructions,
            ...Object.fromEntries(cells.others.map(name => [name, of[name]?.times_native]))
        }))
    });
}

function beside(cells) {
    const found = byOperation(cells, "nano");
    const known = Object.keys(FIGURES).filter(name => found[name]?.native);
    const rows = known
        .map(name => {
            const shadows = cells.others.filter(
                other => modeOf(other) === "shadow" && found[name][other]?.times_native
            );
            const best = shadows.sort(
                (one, other) => found[name][one].times_native - found[name][other].times_native
            )[0];

            return (
                best && {
                    name,
                    what: FIGURES[name].what,
                    best,
                    ours: found[name][best].times_native,
                    software: FIGURES[name].software / FIGURES[name].native,
                    hardware: FIGURES[name].hardware / FIGURES[name].native
                }
            );
        })
        .filter(Boolean);

    if (!rows.length) return null;
    return section(
        `Beside ${SOURCE}`,
        h(
            "ul",
            {},
            rows.map(row =>
                h(
                    "li",
                    {},
                    h("b", {}, row.what),
                    `: ${multiple(row.ours)} the bare machine's instructions under ${row.best}, `,
                    `${multiple(row.software)} its time under their software VMM: `,
                    h(
                        "b",
                        {},
                        row.ours < row.software
                            ? "ours is less"
                            : `ours is not less, by ${decimal(100 * (row.ours / row.software - 1))} %`
                    ),
                    "."
                )
            )
        ),
        bars(cells, found, rows),
        remark(
            "What may be compared: the order of things, each as a multiple of its own bare machine. What " +
                "may not: the numbers. Theirs are cycles of a real Pentium 4 with an unchanged operating " +
                "system; ours are instructions of an emulator with a paravirtual kernel that knows of the " +
                "hypervisor. An instruction that crosses rings costs a real processor hundreds of cycles and " +
                "counts one here. Their page-table modification is one store natively; ours is a call of the " +
                "kernel's function that stores, so its native count is higher and its multiple lower; and where " +
                "tables go out of sync (shadow/oos), all its stores are compared once, at the flush after them. " +
                "What else they measured (syscall, in, cr8wr, callret) has no shadow tables in it: ours is below."
        ),
        table({
            columns: [
                { key: "what", title: "operation", kind: "text" },
                { key: "best", title: "best shadow policy", kind: "text" },
                { key: "ours", title: "ours, instructions", text: multiple },
                { key: "software", title: "software VMM, time", text: multiple },
                { key: "hardware", title: "hardware-assisted VMM, time", text: multiple }
            ],
            rows
        })
    );
}

function bars(cells, found, rows) {
    const leaders = ["direct", "writable", "writable/emulate"].filter(name => cells.others.includes(name));
    const series = [
        ...leaders.map(name => [
            name,
            row => found[row.name][name]?.times_native,
            () => colorOf(name, cells.configurations)
        ]),
        ["best shadow policy", row => row.ours, () => color("shadow-0")],
        ["software VMM, 2006 (time)", row => row.software, () => color("native-0")],
        ["hardware-assisted VMM, 2006 (time)", row => row.hardware, () => color("trusted-0")]
    ];

    return chart({
        label: "Multiples of the bare machine on a logarithmic scale; the table has them",
        height: 90 + (22 * series.length * rows.length) / 1.6,
        options: () => ({
            grid: { left: 170, right: 70, top: 54, bottom: 30 },
            legend: {},
            xAxis: axis({
                type: "log",
                min: 1,
                axisLabel: { formatter: value => value.toLocaleString("en-US") + " ×" }
            }),
            yAxis: axis({
                type: "category",
                data: rows.map(row => row.what).reverse(),
                axisTick: { show: false },
                axisLabel: { width: 150, overflow: "break", lineHeight: 15 }
            }),
            tooltip: { formatter: ({ name, seriesName, value }) => tip(name, [[seriesName, multiple(value)]]) },
            series: series.map(([name, value, colour]) => ({
                type: "bar",
                name,
                itemStyle: { color: colour() },
                barGap: "15%",
                data: rows.map(value).reverse(),
                label: {
                    show: true,
                    position: "right",
                    color: color("text"),
                    fontSize: 11,
                    formatter: item => multiple(item.value)
                }
            }))
        })
    });
}
