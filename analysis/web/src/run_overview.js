// A run in a few numbers, and what it was run with.
import { axis, chart, tip } from "./charts.js";
import { color } from "./theme.js";
import { h } from "./dom.js";
import { count, NOTHING, share, short } from "./format.js";
import { command, part, remark, section } from "./part.js";
import { pairs } from "./compare_made.js";
import { table } from "./table.js";

const RINGS = [
    ["ring0", "hypervisor"],
    ["ring1", "guest kernel"],
    ["ring3", "programs"]
];

export function overview(data) {
    const { summary } = data;

    return h(
        "div",
        {},
        facts(summary),
        trouble(summary),
        section("Where the instructions went", rings(summary)),
        section("What it was run with", pairs(settings(data)), summary.run.command && command(summary.run.command)),
        (summary.domains ?? []).length > 1 && section("Domains", domains(summary)),
        section("Hypercalls by name", hypercalls(summary)),
        data.parts.schedule.data?.vcpus.length > 1 && part("Who had the processor", data.parts.schedule, schedule),
        data.parts.modes.data?.switches.length > 0 && part("Mode switches", data.parts.modes, switches),
        data.parts.measures.data?.measures.length > 0 &&
            part("What the guest measured", data.parts.measures, measures)
    );
}

function facts({ outcome, instructions, tlb, domains }) {
    const sum = key => (domains?.length ? domains.reduce((total, domain) => total + (domain[key] ?? 0), 0) : null);

    return h(
        "div.facts",
        {},
        [
            [outcome ?? "unknown", "outcome"],
            [count(instructions?.total), "instructions"],
            [share(instructions?.ring0, instructions?.total), "of them in ring 0"],
            [count(tlb?.flushes), "TLB flushes"],
            [count(tlb?.walks), "page walks"],
            [count(sum("hypercalls")), "hypercalls"],
            [count(sum("exceptions")), "exceptions of guests"]
        ].map(([value, what]) => h("div.fact", {}, h("b", {}, value), h("span", {}, what)))
    );
}

// What makes the figures doubtful, and what says that they are not.
function trouble({ tlb, oracle, trace }) {
    const wrong = [
        tlb?.unexplained && `${count(tlb.unexplained)} flushes are not explained by a record.`,
        oracle?.violations && `${count(oracle.violations)} violations of a rule were found.`,
        trace?.lost && `${count(trace.lost)} records were lost.`,
        trace?.complete === false && "The trace is not complete: what follows is what could be read."
    ].filter(Boolean);

    if (wrong.length)
        return h(
            "section.part",
            {},
            wrong.map(text => h("p.warning", {}, text))
        );
    return remark(
        tlb?.unexplained === 0 && "Every flush that the processor did has a record of the hypervisor that says why. ",
        oracle?.checks > 0 && `${count(oracle.checks)} checks of the oracle found no violation. `,
        trace?.events > 0 && `${count(trace.events)} events, none lost.`
    );
}

function rings({ instructions, run }) {
    const names =
        run.mode === "native"
            ? [
                  ["ring0", "kernel"],
                  ["ring3", "programs"]
              ]
            : RINGS;

    if (!instructions?.total) return h("p.missing", {}, "The run ended before anybody counted.");
    return [
        chart({
            label: "Instructions by ring",
            height: 78,
            options: () => ({
                grid: { left: 8, right: 30, top: 30, bottom: 22 },
                legend: {},
                tooltip: {
                    formatter: ({ seriesName, value }) =>
                        tip(seriesName, [
                            ["instructions", count(value)],
                            ["share", share(value, instructions.total)]
                        ])
                },
                xAxis: axis({
                    type: "value",
                    max: instructions.total,
                    axisLabel: { formatter: short, showMaxLabel: false }
                }),
                yAxis: axis({ type: "category", data: [""], axisTick: { show: false } }),
                series: names.map(([key, name]) => ({
                    type: "bar",
                    stack: "rings",
                    name,
                    barWidth: 20,
                    itemStyle: { color: color(key) },
                    data: [instructions[key]]
                }))
            })
        }),
        h(
            "p",
            {},
            names.map(([key, name], at) => [
                at > 0 && ", ",
                `${name} `,
                h("b", {}, count(instructions[key])),
                ` (${share(instructions[key], instructions.total)})`
            ])
        )
    ];
}

function settings({ summary: { run }, images }) {
    const known = [
        ["guest", run.guest],
        ["workload", run.workload],
        ["mode", run.mode],
        ["policy", run.policy],
        ["memory", run.memory_mib && `${run.memory_mib} MiB`],
        ["recorded", run.trace],
        ["image, SHA-256", run.image_sha256],
        ...new Map(
            images.map(({ what, file, sha256 }) => [sha256, [`${what}, SHA-256`, `${sha256}  ${file}`]])
        ).values()
    ];

    return known.filter(([, value]) => value !== null && value !== undefined);
}

function domains(summary) {
    const wanted = summary.run.domains ?? [];
    const rows = summary.domains.map((found, at) => ({
        ...found,
        wanted: wanted[at],
        all: found.instructions.total,
        ring0: found.instructions.ring0,
        ring1: found.instructions.ring1,
        ring3: found.instructions.ring3
    }));

    return table({
        columns: [
            { key: "id", title: "domain" },
            {
                key: "wanted",
                title: "kernel, workload",
                kind: "text",
                text: value => (value ? `${value.kernel} ${value.workload}` : NOTHING)
            },
            { key: "mode", title: "mode", kind: "text" },
            { key: "outcome", title: "outcome", kind: "text", text: value => value ?? "not ended" },
            { key: "all", title: "instructions" },
            { key: "ring0", title: "ring 0" },
            { key: "ring1", title: "ring 1" },
            { key: "ring3", title: "ring 3" },
            { key: "flushes", title: "flushes" },
            { key: "walks", title: "walks" },
            { key: "hypercalls", title: "hypercalls" },
            { key: "exceptions", title: "exceptions" },
            { key: "switches", title: "switches" }
        ],
        rows
    });
}

// Of each domain that made some, the most frequent first. A part of a multicall counts under its own name.
function hypercalls({ domains: all = [] }) {
    const made = all.filter(found => Object.keys(found.hypercalls_by_name ?? {}).length);
    const names = [...new Set(made.flatMap(found => Object.keys(found.hypercalls_by_name)))];
    const rows = names.map(name => ({
        name,
        ...Object.fromEntries(made.map(({ hypercalls_by_name: of }, at) => [at, of[name] ?? 0]))
    }));
    const sum = row => made.reduce((total, _, at) => total + row[at], 0);

    if (!names.length) return h("p.missing", {}, "None was made, or none was recorded.");
    return table({
        columns: [
            { key: "name", title: "hypercall", kind: "text" },
            ...made.map(({ id }, at) => ({ key: at, title: made.length > 1 ? `domain ${id}` : "calls" }))
        ],
        rows: rows.sort((one, other) => sum(other) - sum(one))
    });
}

function schedule({ vcpus, nobody }) {
    const several = new Set(vcpus.map(vcpu => vcpu.domain)).size > 1;
    const rows = vcpus.map(found => ({
        ...found,
        who: (several ? `domain ${found.domain}, ` : "") + `vcpu ${found.vcpu}`,
        all: found.instructions.total,
        running: found.time?.running,
        runnable: found.time?.runnable,
        blocked: found.time?.blocked
    }));

    return table({
        columns: [
            { key: "who", title: "who", kind: "text" },
            { key: "all", title: "instructions" },
            { key: "share_thousandths", title: "share", text: value => share(value, 1000) },
            { key: "switches", title: "switches to it" },
            { key: "wakes", title: "wakes" },
            { key: "running", title: "running" },
            { key: "runnable", title: "ready" },
            { key: "blocked", title: "blocked" },
            { key: "longest_wait", title: "longest wait" }
        ],
        rows: [...rows, { ...nobody, who: "nobody", all: nobody.instructions.total }]
    });
}

function switches(found) {
    return table({
        columns: [
            { key: "kind", title: "from, to", kind: "text" },
            { key: "count", title: "switches" },
            { key: "refused", title: "refused" },
            { key: "least", title: "least instructions" },
            { key: "median", title: "median" },
            { key: "most", title: "most" },
            { key: "refill", title: "page walks after, in all" }
        ],
        rows: found.switches.map(({ from, to, count: number, instructions, walks, refused }) => ({
            kind: `${from} → ${to}`,
            count: number,
            refused,
            least: instructions.least,
            median: instructions.median,
            most: instructions.most,
            refill: walks.total
        }))
    });
}

function measures(found) {
    return table({
        columns: [
            { key: "name", title: "operation", kind: "text" },
            { key: "operations", title: "times" },
            { key: "instructions", title: "instructions, in all" },
            { key: "each", title: "of one" },
            { key: "ring0", title: "ring 0" },
            { key: "ring1", title: "ring 1" },
            { key: "ring3", title: "ring 3" },
            { key: "walks", title: "walks" }
        ],
        rows: found.measures.map(row => ({ ...row, each: row.instructions / row.operations }))
    });
}
