// Memory: which frames were touched when, what they were used as, and the frames of shadow page tables over time.
import { axis, chart, tip } from "./charts.js";
import { color } from "./theme.js";
import { h } from "./dom.js";
import { count, decimal, hex, share, short } from "./format.js";
import { Lane } from "./timeline_lanes.js";
import { part, remark, section } from "./part.js";
import { recorded } from "./run_recorded.js";
import { table } from "./table.js";

const FRAMES_A_MIB = 256;
const MOST_STEPS = 4000;
const USE_COLORS = { hypervisor: "ring0", "shadow table": "shadow-2", guest: "ring1", "guest table": "series-9" };

export function memory(data) {
    const { parts, summary } = data;

    return h(
        "div",
        {},
        recorded(data),
        part("References by place in memory and time", parts.memory, found => [heat(found), heatRemark(found)]),
        shadow(parts.timeline, summary),
        parts.memory.data &&
            section(
                "Working sets",
                workingSets(parts.memory.data),
                remark(
                    "Frames that were touched in a stretch of ",
                    `${count(parts.memory.data.interval)} instructions, by what they were used as.`
                )
            ),
        parts.memory.data && section("What the frames were used as", uses(parts.memory.data)),
        parts.memory.data && section("The hottest frames", hottest(parts.memory.data))
    );
}

function heatRemark({ accesses }) {
    return remark(
        "Each cell is a stretch of time and a sixty-fourth of the machine's memory; the stronger its " +
            "colour, the more references, logarithmically. ",
        accesses
            ? "Counted are instructions, accesses to data, and what the page walker read."
            : "Counted are instructions and what the page walker read: the run recorded no accesses to data. " +
                  "Run it again with TRACE=mem to have them."
    );
}

function heat({ intervals, interval, machine_frames: frames }) {
    const rows = intervals[0]?.heat.length ?? 0;
    const most = Math.max(...intervals.flatMap(found => found.heat), 1);
    const cells = intervals.flatMap((found, column) =>
        found.heat.flatMap((value, row) => (value ? [[column, row, Math.log1p(value), value]] : []))
    );
    const place = row => `${decimal((frames * row) / rows / FRAMES_A_MIB)} MiB`;

    return chart({
        label: "Heat map of references by memory and time",
        height: 430,
        options: () => ({
            grid: { left: 80, right: 20, top: 8, bottom: 44 },
            xAxis: axis({
                type: "category",
                data: intervals.map(found => found.from),
                axisLabel: { formatter: value => short(Number(value)) },
                name: "instruction",
                nameLocation: "middle",
                nameGap: 26
            }),
            yAxis: axis({
                type: "category",
                data: Array.from({ length: rows }, (_, row) => row),
                axisLabel: { formatter: row => place(Number(row)), interval: 7 },
                axisTick: { show: false }
            }),
            tooltip: {
                formatter: ({ data: [column, row, , value] }) =>
                    tip(`${place(row)} to ${place(row + 1)}`, [
                        ["references", count(value)],
                        ["from instruction", count(intervals[column].from)],
                        ["to", count(intervals[column].from + interval)]
                    ])
            },
            visualMap: {
                show: false,
                min: 0,
                max: Math.log1p(most),
                dimension: 2,
                inRange: { color: [0, 1, 2, 3].map(step => color("heat-" + step)) }
            },
            series: [{ type: "heatmap", data: cells, itemStyle: { borderWidth: 0 } }]
        })
    });
}

// Frames of shadow page tables, from the timeline.
function shadow(found, { shadow: counters }) {
    return part("Frames of shadow page tables", found, timeline => {
        const lanes = timeline.lanes
            .filter(lane => lane.lane === "shadow_frames")
            .map(lane => new Lane(lane, timeline, false));

        if (!lanes.length) return h("p.missing", {}, "No domain had shadow page tables.");
        return [
            steps(lanes, timeline),
            h(
                "p",
                {},
                lanes.map(lane => `${lane.owner}: at most ${count(Math.max(...lane.totals.amount))} frames. `),
                counters?.pool_frames
                    ? `The pool has ${count(counters.pool_frames)}; the fewest that were free: ` +
                          `${count(counters.pool_low_water)}.`
                    : ""
            )
        ];
    });
}

function steps(lanes, timeline) {
    const linesOf = lane => {
        const points = [];

        lane.each(timeline.from, timeline.until, MOST_STEPS, (start, end, name, amount) =>
            points.push([start, amount])
        );
        points.push([timeline.until, points[points.length - 1]?.[1] ?? 0]);
        return points;
    };

    return chart({
        label: "Shadow frames in use over time",
        height: 240,
        options: () => ({
            grid: { left: 60, right: 24, top: lanes.length > 1 ? 34 : 12, bottom: 40 },
            legend: lanes.length > 1 && {},
            xAxis: axis({
                type: "value",
                min: timeline.from,
                max: timeline.until,
                axisLabel: { formatter: short, showMinLabel: false, showMaxLabel: false },
                splitLine: { show: false },
                name: "instruction",
                nameLocation: "middle",
                nameGap: 24
            }),
            yAxis: axis({ type: "value", axisLabel: { formatter: count } }),
            tooltip: {
                trigger: "axis",
                formatter: items =>
                    tip(
                        `instruction ${count(items[0].value[0])}`,
                        items.map(item => [item.seriesName, count(item.value[1])])
                    )
            },
            series: lanes.map(lane => ({
                type: "line",
                name: lane.owner,
                step: "end",
                showSymbol: false,
                lineStyle: { width: 1.5 },
                areaStyle: { opacity: 0.15 },
                data: linesOf(lane)
            }))
        })
    });
}

function workingSets({ intervals, uses: found }) {
    return chart({
        label: "Frames touched over time, by use",
        height: 260,
        options: () => ({
            grid: { left: 60, right: 24, top: 34, bottom: 40 },
            legend: {},
            xAxis: axis({
                type: "category",
                data: intervals.map(interval => interval.from),
                boundaryGap: false,
                axisLabel: { formatter: value => short(Number(value)) },
                name: "instruction",
                nameLocation: "middle",
                nameGap: 24
            }),
            yAxis: axis({ type: "value", axisLabel: { formatter: count } }),
            tooltip: {
                trigger: "axis",
                formatter: items =>
                    tip(
                        `from instruction ${count(Number(items[0].name))}`,
                        items.map(item => [item.seriesName, count(item.value)])
                    )
            },
            series: found.map(({ use }) => ({
                type: "line",
                stack: "frames",
                name: use,
                showSymbol: false,
                lineStyle: { width: 0 },
                areaStyle: { opacity: 0.85 },
                itemStyle: { color: color(USE_COLORS[use] ?? "series-7") },
                data: intervals.map(interval => interval.frames[use])
            }))
        })
    });
}

const COUNTS = [
    { key: "instructions", title: "instructions" },
    { key: "reads", title: "reads" },
    { key: "writes", title: "writes" },
    { key: "walk_reads", title: "walk reads", help: "entries that the page walker read" },
    { key: "walk_sets", title: "walk sets", help: "entries in which it set accessed or dirty" }
];

// Without what is nothing in all rows: a run without accesses to data has neither reads nor writes.
function counted(rows) {
    return COUNTS.filter(({ key }) => rows.some(row => row[key]));
}

function uses({ uses: found, machine_frames: frames }) {
    return table({
        columns: [
            { key: "use", title: "used as", kind: "text" },
            { key: "frames", title: "frames" },
            { key: "share", title: "of the machine", text: value => share(value, 1) },
            ...counted(found)
        ],
        rows: found.map(row => ({ ...row, share: row.frames / frames }))
    });
}

function hottest({ hottest: found }) {
    return table({
        columns: [
            { key: "mfn", title: "frame", text: hex },
            { key: "use", title: "used as", kind: "text" },
            ...counted(found)
        ],
        rows: found
    });
}
