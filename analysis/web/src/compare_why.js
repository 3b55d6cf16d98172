// One workload: where the instructions of each configuration went, and what happened meanwhile.
import { axis, chart, tip } from "./charts.js";
import { axisEnd } from "./cells.js";
import { color } from "./theme.js";
import { h } from "./dom.js";
import { count, multiple, short } from "./format.js";
import { command, remark, section } from "./part.js";
import { named, numbers, RINGS } from "./compare_numbers.js";
import { work } from "./compare_advice.js";

export function why(cells) {
    return h(
        "div",
        {},
        cells.choices("workload", "measure"),
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
                    `${workload}: hypercalls by name`,
                    named(cells, rows, "hypercalls"),
                    command(`analysis/compare ${cells.data.directory} --by hypercall`)
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

    return h(
        "details",
        {},
        h("summary", {}, row.configuration),
        found.commands.map(text => command(text))
    );
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
            axisLabel: { formatter: value => (base ? value + " ×" : short(value)), showMaxLabel: !base }
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
