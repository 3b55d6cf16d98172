// TLB flushes of a run: by cause, by process, and what they cost.
import { axis, chart, tip } from "./charts.js";
import { cycles } from "./compare_flushes.js";
import { h } from "./dom.js";
import { count, decimal, NOTHING, short } from "./format.js";
import { modelled, part, remark } from "./part.js";
import { table } from "./table.js";

const MOST_PROCESSES = 25;

export function flushes(data) {
    const models = Object.values(data.models);

    return h(
        "div",
        {},
        part("By cause, with the page walks that each cost", data.parts.flushes, found => byCause(found, models)),
        part("By process", data.parts.processes, found => byProcess(found, models))
    );
}

function byCause({ run, reconciled, unexplained }, models) {
    if (!run.groups.length) return h("p.missing", {}, "No flush from the guest's first instruction on.");
    return [
        picture(run.groups),
        groups(
            run.groups.map(group => ({ ...group, what: group.cause })),
            run.total,
            "cause",
            models
        ),
        remark(
            `${count(reconciled)} records agree with what the processor did, ${count(unexplained)} are unexplained. `,
            "A call is the guest's own word that it flushes. The page walks until the next flush are what " +
                "it cost: entries that had to be filled again."
        ),
        models.map(model =>
            remark(
                modelled(),
                ` ${model.name}: `,
                Object.entries(model.weights)
                    .map(([key, value]) => `${key.replace("_", " ")} ${value}`)
                    .join(", "),
                ` cycles. ${model.source}`
            )
        )
    ];
}

function byProcess({ run }, models) {
    const several = new Set(run.groups.map(group => group.domain)).size > 1;
    const rows = [...run.groups]
        .sort((one, other) => other.walks - one.walks)
        .map(group => ({ ...group, what: several ? `${group.domain}: ${group.process}` : group.process }));

    return [
        groups(rows.slice(0, MOST_PROCESSES), run.total, "process", models),
        rows.length > MOST_PROCESSES &&
            remark(`The ${MOST_PROCESSES} with the most page walks, of ${count(rows.length)}.`)
    ];
}

function picture(found) {
    const rows = [...found].sort((one, other) => one.walks - other.walks);

    return chart({
        label: "Flushes and page walks by cause; the table has them",
        height: 64 + 40 * rows.length,
        options: () => ({
            grid: { left: 160, right: 70, top: 34, bottom: 26 },
            legend: {},
            xAxis: axis({ type: "value", axisLabel: { formatter: short } }),
            yAxis: axis({ type: "category", data: rows.map(row => row.cause), axisTick: { show: false } }),
            tooltip: {
                trigger: "axis",
                axisPointer: { type: "shadow" },
                formatter: items =>
                    tip(
                        items[0].name,
                        items.map(item => [item.seriesName, count(item.value)])
                    )
            },
            series: [
                ["page walks after them", "walks"],
                ["flushes", "flushes"]
            ].map(([name, key]) => ({
                type: "bar",
                name,
                barWidth: 12,
                barGap: "10%",
                data: rows.map(row => row[key]),
                label: {
                    show: true,
                    position: "right",
                    fontSize: 11,
                    color: "inherit",
                    formatter: ({ value }) => count(value)
                }
            }))
        })
    });
}

function groups(rows, total, title, models) {
    const fill = row => ({
        ...row,
        ...row.by_means,
        each: row.flushes ? row.walks / row.flushes : null,
        median: row.since?.median,
        ...Object.fromEntries(models.map(model => [model.name, cycles(row, model.weights)]))
    });
    const all = [...rows.map(fill), { ...fill({ ...total, what: "total" }), total: true }];
    const means = [
        ["mov_cr3", "mov cr3"],
        ["invlpg", "invlpg"],
        ["mov_cr4", "mov cr4"]
    ].filter(([key]) => all.some(row => row[key]));

    return table({
        columns: [
            { key: "what", title, kind: "text" },
            { key: "calls", title: "calls", help: "how often the guest said that it flushes" },
            { key: "flushes", title: "flushes" },
            ...means.map(([key, name]) => ({ key, title: name })),
            { key: "elided", title: "elided", help: "requests that were answered without a flush" },
            { key: "walks", title: "page walks" },
            { key: "each", title: "walks a flush", text: value => decimal(value) },
            {
                key: "median",
                title: "median gap",
                help: "instructions since the flush before",
                text: value => (value === undefined ? NOTHING : count(value))
            },
            ...models.map(model => ({
                key: model.name,
                title: `cycles, modelled (${model.name})`,
                help: model.source
            }))
        ],
        rows: all,
        sorted: "walks"
    });
}
