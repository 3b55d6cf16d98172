// The timeline page: picture, window, what the window holds, and its single events when they are few.
import { h, replace } from "./dom.js";
import { count, NOTHING } from "./format.js";
import { color } from "./theme.js";
import { command, part, remark, section } from "./part.js";
import { LEAST, timelineChart, valueText } from "./timeline_chart.js";
import { Lane } from "./timeline_lanes.js";
import { table } from "./table.js";

const FIRST_SHOWN = [
    "processor",
    "mode",
    "mode_switch",
    "process",
    "ring",
    "hypercall",
    "fault",
    "shadow_fault",
    "guest_fault",
    "flush",
    "pte_write",
    "page_table",
    "shadow_frames",
    "marker",
    "trouble"
];
const MOST_LANES = 24;
const MOST_LISTED = 300;

export function timeline(data) {
    return part("What happened, over the run", data.parts.timeline, found => draw(found, data));
}

function draw(found, data) {
    const several = new Set(found.lanes.map(lane => lane.owner).filter(owner => owner.includes("vcpu"))).size > 1;
    const lanes = found.lanes.map(lane => new Lane(lane, found, several));
    const bounds = { from: found.from, until: found.until };
    const view = {
        from: found.guest ?? found.from,
        until: found.until,
        lanes: lanes.filter(lane => FIRST_SHOWN.includes(lane.name)).slice(0, MOST_LANES)
    };
    const picture = timelineChart(view, bounds, () => tell());
    const told = h("div"),
        from = field("From instruction"),
        until = field("until");

    function tell() {
        from.lastChild.value = view.from;
        until.lastChild.value = view.until;
        replace(told, holds(view), events(view), commands(view, data));
        picture.dataset.from = view.from;
        picture.dataset.until = view.until;
    }

    function go(start, end) {
        const length = Math.min(Math.max(end - start, LEAST), bounds.until - bounds.from);

        view.from = Math.round(Math.min(Math.max(start, bounds.from), bounds.until - length));
        view.until = Math.round(view.from + length);
        picture.show();
        tell();
    }

    const by = factor => {
        const middle = (view.from + view.until) / 2,
            half = ((view.until - view.from) / 2) * factor;

        go(middle - half, middle + half);
    };
    const move = part =>
        go(view.from + part * (view.until - view.from), view.until + part * (view.until - view.from));
    const button = (text, action) => h("button.quiet", { type: "button", onclick: action }, text);
    const bar = h(
        "form.choices",
        {
            onsubmit: event => {
                event.preventDefault();
                go(Number(from.lastChild.value), Number(until.lastChild.value));
            }
        },
        button("Whole run", () => go(bounds.from, bounds.until)),
        button("Zoom in", () => by(1 / 4)),
        button("Zoom out", () => by(4)),
        button("Earlier", () => move(-0.5)),
        button("Later", () => move(0.5)),
        from,
        until,
        h("button.quiet", { type: "submit" }, "Show")
    );

    tell();
    return [
        remark(
            "Time is in simulated instructions. The wheel or the slider zooms, dragging moves; close up, " +
                "each span and point stands by itself. From afar a span's lane shows the share of time that " +
                "each name has, and a point's lane how many there are, logarithmically."
        ),
        found.missing.length > 0 &&
            h(
                "p.warning",
                {},
                `Record classes that were off, so that lanes lack what they hold: ${found.missing.join(", ")}.`
            ),
        bar,
        lanePicker(lanes, view, () => {
            picture.show();
            tell();
        }),
        picture,
        told
    ];
}

function field(label) {
    return h("label.choice", {}, label, " ", h("input", { type: "number", step: "1" }));
}

function lanePicker(lanes, view, changed) {
    return h(
        "details",
        {},
        h("summary", {}, "Lanes"),
        h(
            "div.choices",
            {},
            lanes.map(lane => {
                const box = h("input", {
                    type: "checkbox",
                    onchange: () => {
                        view.lanes = lanes.filter(other =>
                            other === lane ? box.checked : view.lanes.includes(other)
                        );
                        changed();
                    }
                });

                box.checked = view.lanes.includes(lane);
                return h("label.choice", {}, box, " ", lane.title);
            })
        )
    );
}

function chip(name) {
    const box = h("span.chip");

    box.style.background = color(name);
    return box;
}

// The most frequent names of each lane in the window.
function holds(view) {
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

function commands(view, data) {
    const trace = data.parts.timeline.command.split(" ")[1];
    const window = `--from ${view.from} --until ${view.until}`;

    return [
        command(`analysis/timeline ${trace} ${window} --list`),
        data.parts.functions.data && view.until - view.from <= 100000 && command(`analysis/insn ${trace} ${window}`)
    ];
}
