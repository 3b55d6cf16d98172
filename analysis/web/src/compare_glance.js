// A comparison at a glance: every workload under every configuration, as multiples of the bare machine.
import { axis, chart, tip } from "./charts.js";
import { axisEnd } from "./cells.js";
import { colorOf, describe, modeOf } from "./configurations.js";
import { h } from "./dom.js";
import { count, list, multiple } from "./format.js";
import { command, modelled, remark, section } from "./part.js";
import { configurationColumns } from "./compare_columns.js";
import { table } from "./table.js";

const NARROW = 600; // pixels
const SYMBOLS = { direct: "diamond", writable: "triangle", shadow: "circle", trusted: "rect" };

export function glance(cells) {
    return h(
        "div",
        {},
        cells.choices("measure"),
        cells.live(() => [
            summary(cells),
            section(
                "Each workload, in multiples of the bare machine",
                cells.chosen.measure === "instructions" ? null : modelled(),
                dots(cells)
            ),
            section(
                "The same as numbers",
                remark(
                    "The best of a row is framed, trusted left aside; the darker, the more. " +
                        "A workload's name leads to the reasons."
                ),
                withoutNative(cells),
                multiples(cells),
                command(cells.data.command)
            ),
            section("What the configurations are", glossary(cells))
        ])
    );
}

function summary(cells) {
    const { advice, cells: rows, troubles } = cells.data;
    const { measure } = cells.chosen;

    return h(
        "div.summary",
        {},
        troubles.map(text => h("p.warning", {}, text)),
        h(
            "p",
            {},
            `${rows.length} results: ${cells.workloads.length} workloads under ${cells.configurations.length} ` +
                `configurations. `,
            measure === "instructions"
                ? "Counted are simulated instructions, so that every figure repeats to the digit. "
                : `Shown are ${cells.measureName()}: counts and the weights of a model, nothing that was timed. `,
            advice[measure].length > 0 &&
                "What costs least, by the kind of load, and how many times the bare machine that is:"
        ),
        h(
            "ul",
            {},
            advice[measure].map(({ load, workloads, best, scores, of }) =>
                h(
                    "li",
                    {},
                    `${titleOf(load, workloads)}: `,
                    h("b", {}, list(best, "or")),
                    of === "native" && ` (${multiple(scores[best[0]])})`
                )
            )
        )
    );
}

// Kernels of others have no build for the bare machine.
function withoutNative(cells) {
    const found = cells.workloads.filter(workload => !cells.row(workload, "native"));

    return (
        found.length > 0 && remark(`Without a cell on the bare machine, and so without multiples: ${list(found)}.`)
    );
}

// A load in words; the name of a workload stays as it is.
export function titleOf(load, workloads) {
    return workloads.includes(load) ? load : load[0].toUpperCase() + load.slice(1);
}

function dots(cells) {
    const values = cells.workloads.flatMap(workload => cells.others.map(name => cells.multiple(workload, name)));
    const end = axisEnd(values);
    const rows = cells.workloads.filter(workload => cells.row(workload, "native")).reverse();

    return chart({
        label: "Multiples of the bare machine by workload and configuration; the table below has the same numbers",
        height: 90 + 34 * rows.length,
        options: () => ({
            grid: { left: 110, right: 40, top: 56, bottom: 34 },
            legend: { itemWidth: 11, itemHeight: 11, icon: null },
            xAxis: axis({
                type: "value",
                min: Math.min(1, Math.floor(Math.min(...values.filter(Boolean)) * 10) / 10),
                max: end,
                axisLabel: { formatter: value => value + " ×", showMaxLabel: false }
            }),
            yAxis: axis({
                type: "category",
                data: rows,
                axisTick: { show: false },
                splitLine: { show: true, lineStyle: axis({}).splitLine.lineStyle }
            }),
            tooltip: {
                formatter: ({ seriesName, name, data }) =>
                    tip(`${name}, ${seriesName}`, [
                        ["of the bare machine", multiple(data.multiple)],
                        [cells.measureName(), count(cells.value(cells.row(name, seriesName)))]
                    ])
            },
            series: cells.others.map(name => ({
                type: "scatter",
                name,
                symbol: SYMBOLS[modeOf(name)] ?? "pin",
                symbolSize: 12,
                itemStyle: { color: colorOf(name, cells.configurations), opacity: 0.9 },
                emphasis: { scale: 1.5 },
                data: rows.map(workload => point(cells.multiple(workload, name), workload, end)).filter(Boolean)
            }))
        })
    });
}

// What lies beyond the axis is shown at its end, with an arrow and its number: above it where there is no room beside it.
function point(value, workload, end) {
    if (value === null) return null;
    if (value <= end) return { name: workload, value: [value, workload], multiple: value };
    return {
        name: workload,
        value: [end, workload],
        multiple: value,
        symbol: "arrow",
        symbolRotate: -90,
        symbolSize: 13,
        label: {
            show: true,
            position: innerWidth < NARROW ? "top" : "left",
            formatter: multiple(value),
            fontSize: 11,
            color: "inherit"
        }
    };
}

function multiples(cells) {
    const rows = cells.workloads.map(workload => ({
        workload,
        ...Object.fromEntries(cells.others.map(name => [name, cells.multiple(workload, name)]))
    }));

    return table({
        columns: [
            {
                key: "workload",
                title: "workload",
                kind: "text",
                text: name => h("a", { href: "#why", onclick: () => cells.choose({ workload: name }) }, name)
            },
            ...configurationColumns(cells.others)
        ],
        rows
    });
}

function glossary(cells) {
    return h(
        "dl.pairs",
        {},
        cells.configurations.map(name => [h("dt", {}, name), h("dd", {}, describe(name))])
    );
}
