// Where the instructions went: on whose behalf the hypervisor worked, by function, by path of calls.
import { axis, chart, tip } from "./charts.js";
import { color } from "./theme.js";
import { flame } from "./flame.js";
import { h, replace, select } from "./dom.js";
import { count, decimal, share, short } from "./format.js";
import { part, remark } from "./part.js";
import { recorded } from "./run_recorded.js";
import { table } from "./table.js";

const MOST_FUNCTIONS = 30;
const MOST_BARS = 15;

export function profile(data) {
    const { parts, summary } = data;
    const ring0 = summary.run.mode === "native" ? "kernel" : "hypervisor";

    return h(
        "div",
        {},
        recorded(data),
        part(`On whose behalf the ${ring0} worked`, parts.entries, entries),
        part("By function", parts.functions, functions),
        part("By path of calls", parts.paths, paths)
    );
}

function entries({ kinds, ring0 }) {
    const rows = kinds.map(kind => ({
        ...kind,
        ...kind.instructions,
        all: kind.instructions.total,
        share: kind.instructions.total / ring0,
        total: false
    }));
    if (!rows.length) return h("p.missing", {}, "No entry into ring 0 lies in what was recorded.");
    const told = h("div");
    const show = row =>
        replace(
            told,
            h("h4", {}, `${row.kind}: its functions`),
            table({
                columns: [
                    { key: "function", title: "function", kind: "text" },
                    { key: "each", title: "instructions an entry", text: value => decimal(value) },
                    { key: "share", title: "share", text: value => share(value, 1) },
                    { key: "entries", title: "in entries" }
                ],
                rows: row.functions
                    .slice(0, MOST_BARS)
                    .map(found => ({
                        ...found,
                        each: found.instructions / row.entries,
                        share: found.instructions / row.all
                    }))
            })
        );

    show(rows[0]);
    return [
        bars(
            rows.slice(0, MOST_BARS).map(row => [row.kind, row.all]),
            ring0
        ),
        table({
            columns: [
                {
                    key: "kind",
                    title: "entry",
                    kind: "text",
                    text: (kind, row) => h("button.link", { type: "button", onclick: () => show(row) }, kind)
                },
                { key: "entries", title: "entries" },
                { key: "all", title: "instructions" },
                { key: "share", title: "of ring 0", text: value => share(value, 1) },
                { key: "least", title: "least" },
                { key: "median", title: "median" },
                { key: "p90", title: "90 %" },
                { key: "most", title: "most" }
            ],
            rows,
            sorted: "all"
        }),
        told,
        remark(
            "An entry reaches from the first instruction in ring 0 to the last before the guest goes on. " +
                "Choose one to see its functions."
        )
    ];
}

function bars(rows, whole) {
    const shown = [...rows].reverse();

    return chart({
        label: "Instructions by kind; the table has them",
        height: 40 + 24 * shown.length,
        options: () => ({
            grid: { left: 260, right: 70, top: 6, bottom: 26 },
            xAxis: axis({ type: "value", axisLabel: { formatter: short } }),
            yAxis: axis({
                type: "category",
                data: shown.map(([name]) => name),
                axisTick: { show: false },
                axisLabel: { width: 245, overflow: "truncate" }
            }),
            tooltip: {
                formatter: ({ name, value }) =>
                    tip(name, [
                        ["instructions", count(value)],
                        ["share", share(value, whole)]
                    ])
            },
            series: [
                {
                    type: "bar",
                    barWidth: 13,
                    itemStyle: { color: color("ring0") },
                    data: shown.map(([, value]) => value),
                    label: {
                        show: true,
                        position: "right",
                        fontSize: 11,
                        color: color("text"),
                        formatter: ({ value }) => share(value, whole)
                    }
                }
            ]
        })
    });
}

function functions(found) {
    const images = found.images.map(image => image.image);
    const box = h("div");
    const show = image => {
        const rows = found.functions.filter(row => !image || row.image === image);
        const whole = rows.reduce((sum, row) => sum + row.instructions, 0);

        replace(
            box,
            table({
                columns: [
                    { key: "function", title: "function", kind: "text" },
                    { key: "image", title: "image", kind: "text" },
                    { key: "calls", title: "calls" },
                    { key: "instructions", title: "instructions" },
                    { key: "share", title: "share", text: value => share(value, 1) },
                    { key: "with_callees", title: "with callees" }
                ],
                rows: rows.slice(0, MOST_FUNCTIONS).map(row => ({ ...row, share: row.instructions / whole })),
                sorted: "instructions"
            }),
            rows.length > MOST_FUNCTIONS && remark(`The first ${MOST_FUNCTIONS} of ${count(rows.length)}.`)
        );
    };
    const choice = select("Of", [...images.map(image => [image, image]), ["", "all images"]], show);

    choice.lastChild.value = images.includes("hypervisor") ? "hypervisor" : "";
    show(choice.lastChild.value);
    return [
        h(
            "p",
            {},
            found.images.map(({ image, instructions }, at) => [
                at > 0 && ", ",
                `${image} `,
                h("b", {}, count(instructions)),
                ` (${share(instructions, found.instructions.total)})`
            ])
        ),
        h("div.choices", {}, choice),
        box
    ];
}

function paths({ paths: found, total }) {
    return [
        flame(found, total),
        remark(
            "A bar is a function, as wide as its instructions with those of what it called; below it is " +
                "who it called. A click on a bar makes it the whole width, a click on the first one goes back. " +
                "What is narrower than a part in 2,000 is left out."
        )
    ];
}
