// TLB flushes of a workload under each configuration, by cause, and what they cost.
import { axis, chart, tip } from "./charts.js";
import { h, select } from "./dom.js";
import { count, short } from "./format.js";
import { command, modelled, remark, section } from "./part.js";
import { table } from "./table.js";
import { tags } from "./compare_tags.js";

export function flushes(cells) {
    const models = Object.keys(cells.data.models);
    const state = { figure: "walks" };
    const figures = [
        ["flushes", "flushes"],
        ["walks", "page walks after them"],
        ...models.map(name => [name, `modelled cycles (${cells.data.models[name].name})`])
    ];
    const box = select("Show", figures, value => {
        state.figure = value;
        cells.choose({});
    });

    box.lastChild.value = state.figure;
    return h(
        "div",
        {},
        h("div.choices", {}, cells.choices("workload"), box),
        cells.live(() => {
            const { workload } = cells.chosen;
            const found = cells.configurations
                .map(name => [name, cells.details(workload, name)?.flushes])
                .filter(([, groups]) => groups);
            const title = figures.find(([value]) => value === state.figure)[1];
            const isModelled = models.includes(state.figure);

            if (!found.length)
                return section(
                    "TLB flushes by cause",
                    h(
                        "p.missing",
                        {},
                        "The results of this comparison do not have them: they are of an older version. Run it again."
                    )
                );
            const causes = [...new Set(found.flatMap(([, groups]) => groups.map(group => group.cause)))];
            const value = group =>
                isModelled ? cycles(group, cells.data.models[state.figure].weights) : group[state.figure];
            const of = Object.fromEntries(
                found.map(([name, groups]) => [
                    name,
                    Object.fromEntries(groups.map(group => [group.cause, value(group)]))
                ])
            );

            return [
                section(
                    `${workload}: ${title}, by cause of the flush`,
                    isModelled && modelled(),
                    picture(
                        found.map(([name]) => name),
                        causes,
                        of
                    ),
                    grid(
                        found.map(([name]) => name),
                        causes,
                        of
                    ),
                    command(`analysis/compare ${cells.data.directory} --by cause`),
                    remark(
                        "A flush is any event that makes the TLB drop entries; its cause is the guest's " +
                            "own name for it where the guest gave one. The page walks until the next flush are " +
                            "counted as what it cost: entries that had to be filled again."
                    ),
                    isModelled && weights(cells.data.models[state.figure])
                ),
                tags(cells, cells.configurations.map(name => cells.row(workload, name)).filter(Boolean))
            ];
        })
    );
}

// What a group of flushes costs by a model: the instructions themselves, and the walks after them.
export function cycles(group, weights) {
    const { mov_cr3 = 0, mov_cr4 = 0, invlpg = 0 } = group.by_means;

    return Math.round(
        (mov_cr3 + mov_cr4) * weights.whole_flush + invlpg * weights.page_flush + group.walks * weights.walk
    );
}

function weights({ name, source, weights: of }) {
    return remark(
        h("b", {}, name),
        ": ",
        Object.entries(of)
            .map(([key, value]) => `${key.replace("_", " ")} ${value}`)
            .join(", "),
        " cycles. ",
        source
    );
}

function picture(configurations, causes, of) {
    const names = [...configurations].reverse();

    return chart({
        label: "Flushes by cause under each configuration; the table has the numbers",
        height: 84 + 30 * names.length,
        options: () => ({
            grid: { left: 150, right: 40, top: 54, bottom: 30 },
            legend: {},
            xAxis: axis({ type: "value", axisLabel: { formatter: short } }),
            yAxis: axis({ type: "category", data: names, axisTick: { show: false } }),
            tooltip: {
                trigger: "axis",
                axisPointer: { type: "shadow" },
                formatter: ([{ name }]) =>
                    tip(
                        name,
                        causes.filter(cause => of[name][cause]).map(cause => [cause, count(of[name][cause])])
                    )
            },
            series: causes.map(cause => ({
                type: "bar",
                name: cause,
                stack: "causes",
                barWidth: 16,
                data: names.map(name => of[name][cause] ?? 0)
            }))
        })
    });
}

function grid(configurations, causes, of) {
    const rows = causes.map(cause => ({
        cause,
        ...Object.fromEntries(configurations.map(name => [name, of[name][cause]]))
    }));
    const total = Object.fromEntries(
        configurations.map(name => [name, Object.values(of[name]).reduce((sum, value) => sum + value, 0)])
    );

    return table({
        columns: [
            { key: "cause", title: "cause", kind: "text" },
            ...configurations.map(name => ({ key: name, title: name }))
        ],
        rows: [...rows, { cause: "all", ...total, total: true }]
    });
}
