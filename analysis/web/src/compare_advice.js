// Which configuration for which load, and why: for who has to choose.
import { describe, modeOf } from "./configurations.js";
import { h } from "./dom.js";
import { count, list, multiple, short } from "./format.js";
import { modelled, remark } from "./part.js";
import { titleOf } from "./compare_glance.js";

export function advice(cells) {
    return h(
        "div",
        {},
        cells.choices("measure"),
        cells.live(() => [
            h(
                "p",
                {},
                "Find the load that is like yours. A configuration's figure is the geometric mean of its " +
                    "multiples of the bare machine over the workloads named in parentheses; what is within 3 % " +
                    "of the best counts as just as good. Counts are sums over these workloads, in which a long one " +
                    "weighs more."
            ),
            remark(
                "Instructions are counted, not time: a ring crossing or a miss of the cache counts nothing " +
                    "by itself. Where a model that weighs them says something else, it is said below. The start " +
                    "of a guest is in each figure, 1 to 2 million: a short run says more of it than of its work. Direct " +
                    "mode needs a kernel that asks by hypercall for every change of its tables; shadow mode " +
                    "takes one that writes them with plain stores."
            ),
            cells.data.advice[cells.chosen.measure].length === 0 &&
                h("p", {}, "There is nothing to choose: no two configurations that protect the machine have run."),
            cells.data.advice[cells.chosen.measure].map(found => card(cells, found))
        ])
    );
}

function card(cells, { load, workloads, scores, best, of, unprotected }) {
    const ranking = Object.entries(scores);
    const rest = ranking.filter(([name]) => !best.includes(name));

    return h(
        "article.advice",
        {},
        h("h3", {}, titleOf(load, workloads), h("span.muted", {}, ` (${workloads.join(", ")})`)),
        h(
            "p.choice-made",
            {},
            "Choose ",
            h("b", {}, list(best, "or")),
            of === "native"
                ? `: ${multiple(scores[best[0]])} the bare machine. `
                : ". It has not run on the bare machine: figures are multiples of the best. ",
            cells.chosen.measure === "instructions" ? null : modelled()
        ),
        rest.length > 0 &&
            h("p", {}, "Behind it: ", list(rest.map(([name, score]) => `${name} ${multiple(score)}`)), "."),
        h("p", {}, h("b", {}, "Why. "), describe(best[0])),
        of === "native" && unprotected && h("p", {}, price(scores[best[0]], unprotected)),
        reasons(cells, workloads, ranking),
        otherMeasures(cells, load, best[0])
    );
}

// What of a score is the price of protection; both are multiples of the bare machine.
function price(score, unprotected) {
    return (
        `A guest whose tables nobody checks (trusted) needs ${multiple(unprotected)}: that much is the price of not ` +
        `being in ring 0. Protection costs the rest, ${(score - unprotected).toFixed(2)} of the bare machine.`
    );
}

// The best configuration of each mode, with what it had to do.
function reasons(cells, workloads, ranking) {
    const leaders = ranking
        .filter(([name], at) => ranking.findIndex(([other]) => modeOf(other) === modeOf(name)) === at)
        .map(([name]) => name);
    const first = sums(cells, workloads, leaders[0]);

    return h(
        "ul",
        {},
        leaders.map((name, at) => {
            const found = sums(cells, workloads, name);

            return h(
                "li",
                {},
                h("b", {}, name),
                ": ",
                work(name, found),
                at > 0 && difference(found, first, leaders[0])
            );
        })
    );
}

// Numbers of a configuration, added over workloads, memory sizes and seeds.
function sums(cells, workloads, configuration) {
    const total = {};

    for (const row of cells.data.cells) {
        if (row.configuration !== configuration || !workloads.includes(row.workload)) continue;
        for (const [key, value] of Object.entries(row))
            if (typeof value === "number") total[key] = (total[key] ?? 0) + value;
    }
    return total;
}

// What the hypervisor had to do for the guest's page tables, in words. found: numbers of a cell, or sums of them.
export function work(configuration, found) {
    const mode = modeOf(configuration),
        told = [];
    const say = (key, text) => found[key] > 0 && told.push(`${count(found[key])} ${text}`);

    if (mode === "direct") say("mmu_updates", "entries of page tables were written by hypercall, many in one call");
    if (mode === "writable") {
        say("trapped_writes", "stores to page tables trapped");
        say("disconnects", "times a table was taken out of use to be written freely, then checked as a whole");
    }
    if (mode === "shadow") {
        say("shadow_fills", "entries were filled at their first use, most by a fault each");
        say("emulated_writes", "stores to page tables trapped");
        say("oos_entries", "changes were found without a trap, by comparing tables at a flush");
        found.explicit_updates > 100 && say("explicit_updates", "changes were announced by hypercall");
    }
    say("hypercalls", "hypercalls in all");
    say("exceptions", "exceptions");
    return told.length ? list(told) + "." : "nothing was recorded of what happened.";
}

function difference(found, first, name) {
    const more = found.instructions - first.instructions,
        above = found.ring0 - first.ring0;

    if (!Number.isFinite(more) || !more) return "";
    return (
        ` ${short(Math.abs(more))} instructions ${more > 0 ? "more" : "fewer"} than ${name}: ` +
        `${signed(above)} in the hypervisor, ${signed(more - above)} in the guest;` +
        ` with ${counted(found.exceptions - first.exceptions, "exceptions")} and ` +
        `${counted(found.hypercalls - first.hypercalls, "hypercalls")}.`
    );
}

function counted(value, what) {
    return value ? `${count(Math.abs(value))} ${value > 0 ? "more" : "fewer"} ${what}` : `as many ${what}`;
}

function signed(value) {
    return (value < 0 ? "−" : "+") + short(Math.abs(value));
}

function otherMeasures(cells, load, best) {
    const others = cells.measures.filter(measure => measure !== cells.chosen.measure);

    return others.map(measure => {
        const found = cells.data.advice[measure].find(other => other.load === load);
        const same = found?.best.includes(best);

        return (
            found &&
            h(
                "p.muted",
                {},
                `In ${cells.measureName(measure)} `,
                same ? "it is the same" : ["it is ", h("b", {}, list(found.best, "or"))],
                ` (${multiple(found.scores[found.best[0]])}).`
            )
        );
    });
}
