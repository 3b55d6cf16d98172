// Charts by Apache ECharts, only the parts that the report draws with. A chart is drawn when it can be seen, again
// when the theme or its width changes, and in light colours on paper.
import { use, init } from "echarts/core";
import { BarChart, CustomChart, HeatmapChart, LineChart, ScatterChart } from "echarts/charts";
import {
    DataZoomComponent,
    GridComponent,
    LegendComponent,
    TooltipComponent,
    VisualMapComponent
} from "echarts/components";
import { CanvasRenderer } from "echarts/renderers";
import { color, forPrint, onChange, palette } from "./theme.js";
import { h } from "./dom.js";

use([
    BarChart,
    CanvasRenderer,
    CustomChart,
    DataZoomComponent,
    GridComponent,
    HeatmapChart,
    LegendComponent,
    LineChart,
    ScatterChart,
    TooltipComponent,
    VisualMapComponent
]);

const LEGEND_GAP = 8;
const PAPER_WIDTH = 680; // pixels that A4 has between its margins, less the page's own
let all = [];

// label    what the picture shows, for who cannot see it
// height   in pixels, or a function that gives it
// options  a function that gives what ECharts draws; it is called again when colours change
// ready    called once with the chart
// Returns the element; its `redraw` draws it anew with other data.
export function chart({ label, height, options, ready }) {
    const box = h("div.chart", { role: "img", "aria-label": label });
    const item = {
        box,
        options,
        ready,
        height: typeof height === "function" ? height : () => height,
        instance: null,
        room: 0,
        placed: false
    };

    box.style.height = item.height() + "px";
    new ResizeObserver(() => box.clientWidth && fit(item)).observe(box);
    all.push(item);
    box.redraw = () => draw(item);
    return box;
}

function fit(item, width) {
    if (!item.instance) {
        item.instance = init(item.box, null, { renderer: "canvas", width });
        draw(item);
        item.ready?.(item.instance);
    } else {
        item.instance.resize({ width: width ?? "auto" });
        makeRoom(item);
    }
}

function draw(item) {
    item.room = 0;
    item.box.style.height = item.height() + "px";
    if (!item.instance) return;
    item.instance.resize();
    const options = withDefaults(item.options());

    item.top = options.grid?.top;
    item.instance.setOption(options, { notMerge: true });
    makeRoom(item);
}

// In a narrow box a legend breaks into more lines than the options leave room for above the picture, which then goes
// down, and the box grows by as much.
function makeRoom(item) {
    const legend = item.instance.getModel().getComponent("legend");

    if (!legend || item.top === undefined) return;
    const { group } = item.instance.getViewOfComponentModel(legend);
    const { y, height } = group.getBoundingRect();
    const room = Math.max(0, Math.ceil(group.y + y + height + LEGEND_GAP - item.top));

    if (room === item.room) return;
    item.room = room;
    item.box.style.height = item.height() + room + "px";
    item.instance.resize({ width: item.instance.getWidth() });
    item.instance.setOption({ grid: { top: item.top + room } });
}

// What all charts have in common: no movement, the page's colours, tips that are elements (no markup is parsed).
function withDefaults(options) {
    const text = { color: color("text"), fontFamily: "system-ui, sans-serif", fontSize: 12 };

    return {
        animation: false,
        progressive: 0,
        color: palette(),
        textStyle: text,
        ...options,
        tooltip: options.tooltip && {
            backgroundColor: color("panel"),
            borderColor: color("line"),
            textStyle: text,
            confine: true,
            ...options.tooltip
        },
        legend: options.legend && {
            textStyle: text,
            icon: "roundRect",
            itemWidth: 14,
            itemHeight: 9,
            left: 0,
            top: 0,
            inactiveColor: color("faint"),
            ...options.legend
        }
    };
}

// An axis in the page's colours.
export function axis(options) {
    return {
        axisLine: { lineStyle: { color: color("line") } },
        axisTick: { lineStyle: { color: color("line") } },
        splitLine: { lineStyle: { color: color("line-soft") } },
        nameTextStyle: { color: color("muted") },
        ...options,
        axisLabel: { color: color("muted"), hideOverlap: true, ...options.axisLabel }
    };
}

// A tip: a title and lines of [name, value].
export function tip(title, lines) {
    return h(
        "div.tip",
        {},
        h("b", {}, title),
        h(
            "table",
            {},
            lines.map(([name, value]) => h("tr", {}, h("td", {}, name), h("td", {}, value)))
        )
    );
}

// Those that are part of the page. What was and is no more is forgotten; what is not yet will come.
function living() {
    all.filter(item => item.placed && !item.box.isConnected).forEach(item => item.instance?.dispose());
    all = all.filter(item => !item.placed || item.box.isConnected);
    for (const item of all) item.placed = item.box.isConnected;
    return all.filter(item => item.placed);
}

onChange(() =>
    living()
        .filter(item => item.instance)
        .forEach(draw)
);
addEventListener("beforeprint", () => {
    document.documentElement.dataset.printing = "yes";
    forPrint(true);
    for (const item of living()) {
        fit(item, PAPER_WIDTH);
        item.sheet = item.instance.renderToCanvas({ pixelRatio: 2 });
        item.sheet.className = "sheet";
        item.box.append(item.sheet);
    }
});
addEventListener("afterprint", () => {
    delete document.documentElement.dataset.printing;
    forPrint(false);
    for (const item of living()) {
        item.sheet?.remove();
        fit(item);
    }
});
