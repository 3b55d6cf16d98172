// The picture of the timeline: lanes above each other, zoomed by the wheel, the slider below, or whoever calls show().
import { axis, chart, tip } from "./charts.js";
import { color } from "./theme.js";
import { count, hex, short } from "./format.js";
import { shapesOf } from "./timeline_shapes.js";

const ROW = 30;
const TOP = 10;
const BOTTOM = 78;
const LEFT = 150;
const RIGHT = 24;
export const LEAST = 40; // instructions in the smallest window

// view: {from, until, lanes} with the window and the lanes that are shown; bounds: {from, until} of the run;
// moved() is called after the reader has changed the window. Returns the element; its show() draws the view anew.
export function timelineChart(view, bounds, moved) {
    let instance = null;
    let shapes = [];
    let waiting = false;

    const box = chart({
        label: "Lanes of the run over time; the tables below have what the window holds",
        height: () => TOP + BOTTOM + ROW * view.lanes.length,
        options: () => ({ ...frame(view, bounds), series: [series()] }),
        ready: made => {
            instance = made;
            instance.on("datazoom", () => {
                if (!waiting)
                    requestAnimationFrame(() => {
                        waiting = false;
                        readWindow();
                    });
                waiting = true;
            });
        }
    });

    function readWindow() {
        const right = instance.getWidth() - RIGHT;

        view.from = Math.round(instance.convertFromPixel({ xAxisIndex: 0 }, LEFT));
        view.until = Math.max(Math.round(instance.convertFromPixel({ xAxisIndex: 0 }, right)), view.from + 1);
        instance.setOption({ series: [series()] });
        moved();
    }

    function series() {
        const unit = (view.until - view.from) / 1000;

        shapes = view.lanes.flatMap((lane, row) =>
            shapesOf(lane, view.from, view.until, unit).map(shape => ({ ...shape, lane, row }))
        );
        return {
            type: "custom",
            renderItem: (params, api) => rectangle(shapes[params.dataIndex], api, params),
            encode: { x: [0, 1], y: 2 },
            clip: true,
            data: shapes.map(shape => [shape.from, shape.until, shape.row]),
            tooltip: { formatter: ({ dataIndex }) => tipOf(shapes[dataIndex]) }
        };
    }

    box.show = () => box.redraw();
    return box;
}

function frame(view, bounds) {
    return {
        grid: { left: LEFT, right: RIGHT, top: TOP, bottom: BOTTOM },
        tooltip: {},
        xAxis: axis({
            type: "value",
            min: bounds.from,
            max: bounds.until,
            splitLine: { show: false },
            axisLabel: { formatter: value => count(value), showMinLabel: true, showMaxLabel: false }
        }),
        yAxis: axis({
            type: "category",
            data: view.lanes.map(lane => lane.title),
            inverse: true,
            axisTick: { show: false },
            splitLine: { show: true, lineStyle: { color: color("line-soft") } }
        }),
        dataZoom: [
            {
                type: "inside",
                filterMode: "none",
                minValueSpan: LEAST,
                startValue: view.from,
                endValue: view.until,
                throttle: 30
            },
            {
                type: "slider",
                filterMode: "none",
                minValueSpan: LEAST,
                startValue: view.from,
                endValue: view.until,
                bottom: 8,
                height: 24,
                showDataShadow: false,
                borderColor: color("line"),
                fillerColor: color("zoom"),
                handleStyle: { color: color("panel"), borderColor: color("muted") },
                moveHandleStyle: { color: color("faint") },
                labelFormatter: value => short(value),
                textStyle: { color: color("muted") }
            }
        ]
    };
}

function rectangle(shape, api, params) {
    const [left, middle] = api.coord([shape.from, shape.row]);
    const right = api.coord([shape.until, shape.row])[0];
    const height = ROW - 8;
    const bottom = middle + height / 2;
    const clip = params.coordSys;
    const x = Math.max(left, clip.x);
    const width = Math.max(Math.min(right, clip.x + clip.width) - x, 1);
    const name =
        shape.index >= 0 && shape.level === undefined
            ? shape.lane.names[shape.lane.items.name?.[shape.index] ?? 0]
            : "";

    return {
        type: "rect",
        shape: { x, y: bottom - shape.high * height, width, height: (shape.high - shape.low) * height },
        style: { fill: color(shape.color) },
        ...(width > 34 &&
            name && {
                textContent: {
                    type: "text",
                    style: {
                        text: name,
                        fill: color("on-color"),
                        fontSize: 11,
                        width: width - 6,
                        overflow: "truncate"
                    }
                },
                textConfig: { position: "insideLeft" }
            })
    };
}

function tipOf({ lane, index, sums, level, from, until }) {
    if (level !== undefined)
        return tip(lane.title, [
            [lane.meaning, count(level)],
            ["from", count(from)]
        ]);
    if (index === undefined)
        return tip(
            `${lane.title}: ${count(from)} to ${count(until)}`,
            sums
                .slice(0, 12)
                .map(sum => [
                    lane.names[sum.name],
                    lane.shape === "points" ? count(sum.count) : `${count(sum.amount)} instructions`
                ])
        );
    return tip(lane.names[lane.items.name?.[index] ?? 0], describe(lane, index));
}

// [what, value] of a single span or point.
export function describe(lane, index) {
    const { length, detail, value } = lane.items;

    return [
        ["lane", lane.title],
        ["at instruction", count(lane.start(index))],
        lane.shape === "spans" && ["instructions", count(length?.[index] ?? 0)],
        detail?.[index] && ["detail", lane.names[detail[index]]],
        lane.meaning && [lane.meaning, valueText(lane, value?.[index] ?? 0)]
    ].filter(Boolean);
}

export function valueText(lane, value) {
    return ["result", "frames", "a"].includes(lane.meaning) ? count(value) : hex(value);
}
