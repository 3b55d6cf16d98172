// A flame graph, with the callers above: paths of calls as bars that are as wide as their instructions.
import { chart, tip } from "./charts.js";
import { color } from "./theme.js";
import { count, share } from "./format.js";

const ROW = 20;
const LEAST_PART = 1 / 1000; // of the width, of a bar that is drawn
const IMAGES = ["ring0", "ring1", "ring3"];

// paths: [["image;function;...", instructions], ...]; total: of all instructions, those of paths left out as well.
export function flame(paths, total) {
    const root = { name: "all", size: 0, depth: 0, children: new Map(), image: -1 };

    for (const [path, size] of paths) add(root, path.split(";"), size);
    root.size = Math.max(root.size, total);

    let top = root,
        bars = barsOf(top);
    const box = chart({
        label: "Flame graph of calls; the tables have the functions",
        height: () => 12 + ROW * (1 + Math.max(...bars.map(bar => bar.row))),
        options: () => ({
            grid: { left: 0, right: 0, top: 4, bottom: 4 },
            xAxis: { type: "value", show: false, min: 0, max: 1 },
            yAxis: { type: "value", show: false, min: 0, max: 1 },
            tooltip: {
                formatter: ({ dataIndex }) =>
                    tip(bars[dataIndex].node.name, [
                        ["instructions, with what it called", count(bars[dataIndex].node.size)],
                        ["of all", share(bars[dataIndex].node.size, total)]
                    ])
            },
            series: [
                {
                    type: "custom",
                    encode: { x: [0, 1] },
                    data: bars.map(bar => [bar.from, bar.until]),
                    renderItem: (params, api) => rectangle(bars[params.dataIndex], api)
                }
            ]
        }),
        ready: instance =>
            instance.on("click", ({ dataIndex }) => {
                const { node } = bars[dataIndex];

                top = node === top ? root : node;
                bars = barsOf(top);
                box.redraw();
            })
    });

    return box;
}

function add(root, names, size) {
    let node = root;

    root.size += size;
    names.forEach((name, depth) => {
        if (!node.children.has(name))
            node.children.set(name, {
                name,
                size: 0,
                depth: depth + 1,
                children: new Map(),
                image: depth === 0 ? imageOf(name) : node.image
            });
        node = node.children.get(name);
        node.size += size;
    });
}

function imageOf(name) {
    return name.startsWith("program") ? 2 : name.startsWith("kernel") ? 1 : 0;
}

// Those that are wide enough, from above to below.
function barsOf(top) {
    const bars = [];

    function place(node, from, row) {
        const width = node.size / top.size;

        if (width < LEAST_PART) return;
        bars.push({ node, from, until: from + width, row });
        let next = from;

        for (const child of [...node.children.values()].sort((one, other) => other.size - one.size)) {
            place(child, next, row + 1);
            next += child.size / top.size;
        }
    }

    place(top, 0, 0);
    return bars;
}

function rectangle({ node, from, until, row }, api) {
    const left = api.coord([from, 0])[0],
        right = api.coord([until, 0])[0];
    const width = Math.max(right - left - 1, 0.5);

    return {
        type: "rect",
        shape: { x: left, y: 4 + row * ROW, width, height: ROW - 1, r: 2 },
        style: {
            fill: node.image < 0 ? color("faint") : color(IMAGES[node.image]),
            opacity: 1 - 0.09 * ((node.depth + 1) % 4)
        },
        ...(width > 30 && {
            textContent: {
                type: "text",
                style: {
                    text: node.name,
                    fill: color("on-color"),
                    fontSize: 11,
                    width: width - 8,
                    overflow: "truncate"
                }
            },
            textConfig: { position: "insideLeft" }
        })
    };
}
