// What a window of the timeline holds: sums by lane, single spans and points when they are few, and the commands
// that print the same.
import { h } from "./dom.js";
import { count, NOTHING } from "./format.js";
import { command, remark } from "./part.js";
import { valueText } from "./timeline_chart.js";
import { table } from "./table.js";

const MOST_LISTED = 300;

// view: as of timelineChart; trace: the trace as a person writes it; instructions: whether it has any
export function held(view, trace, instructions) {
    return [sums(view), events(view), commands(view, trace, instructions)];
}

function chip(name) {
    const box = h("span.chip");

    box.style.background = `var(--${name})`;
    return box;
}

// The most frequent names of each lane in the window.
function sums(view) {
    const rows = view.lanes
        .map(lane => ({ lane, ...lane.sums(view.from, view.until) }))
        .filter(({ sums }) => sums.length);
    const inexact = rows.some(({ exact }) => !exact);

    return [
        table({
            sortable: false,
            caption: h(
                "b",
                {},
                `The window: ${count(view.until - view.from)} instructions, ${count(view.from)} to ${count(view.until)}`
            ),
            rows,
            columns: [
                { key: "lane", title: "lane", kind: "text", text: lane => lane.title },
                {
                    key: "sums",
                    title: "what it holds",
                    kind: "text",
                    text: (sums, { lane }) => [
                        ...sums
                            .slice(0, 6)
                            .map(sum =>
                                h(
                                    "span.held",
                                    {},
                                    chip(lane.color(sum.name)),
                                    `${lane.shape === "level" ? "at most" : lane.names[sum.name]} ` +
                                        `${count(lane.shape === "level" ? sum.amount : sum.count)}` +
                                        (lane.shape === "spans" ? ` (${count(sum.amount)} instructions)` : "")
                                )
                            ),
                        sums.length > 6 ? `and ${count(sums.length - 6)} more` : ""
                    ]
                }
            ]
        }),
        inexact &&
            remark(
                "Of lanes with very many items this file has sums alone: counts are of all the bins that " +
                    "reach into the window."
            )
    ];
}

// Every single span and point, when they are few.
function events(view) {
    const rows = view.lanes
        .filter(lane => lane.items && lane.shape !== "level")
        .flatMap(lane => {
            const [first, end] = lane.inside(view.from, view.until);

            return end - first > MOST_LISTED
                ? new Array(MOST_LISTED + 1).fill(null)
                : Array.from({ length: end - first }, (_, at) => rowOf(lane, first + at));
        });

    if (rows.length > MOST_LISTED)
        return remark(`Up to ${MOST_LISTED} spans and points are listed here one by one: zoom in further.`);
    return table({
        sortable: false,
        caption: h("b", {}, "One by one"),
        rows: rows.sort((one, other) => one.start - other.start),
        columns: [
            { key: "start", title: "instruction" },
            { key: "lane", title: "lane", kind: "text" },
            { key: "name", title: "what", kind: "text" },
            { key: "detail", title: "detail", kind: "text" },
            { key: "length", title: "instructions", text: value => (value ? count(value) : NOTHING) },
            { key: "value", title: "value", kind: "text" }
        ]
    });
}

function rowOf(lane, index) {
    const { name, detail, value, length } = lane.items;

    return {
        start: lane.start(index),
        lane: lane.title,
        name: lane.names[name?.[index] ?? 0],
        detail: lane.names[detail?.[index] ?? 0],
        length: length?.[index] ?? 0,
        value: lane.meaning ? `${lane.meaning} ${valueText(lane, value?.[index] ?? 0)}` : ""
    };
}

function commands(view, trace, instructions) {
    const window = `--from ${view.from} --until ${view.until}`;

    return [
        command(`analysis/timeline ${trace} ${window} --list`),
        instructions && view.until - view.from <= 100000 && command(`analysis/insn ${trace} ${window}`)
    ];
}
