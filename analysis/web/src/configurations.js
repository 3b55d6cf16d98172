// The ways of handling page tables: what each does, in a sentence, and its colour.
import { color } from "./theme.js";

const MODES = {
    native: "The same kernel and programs on the bare machine, without the hypervisor: the measure of everything.",
    direct:
        "The processor walks the guest's own tables, which the guest cannot write: it asks for each change " +
        "by hypercall.",
    writable:
        "The processor walks the guest's own tables. The guest writes them with plain stores, which the " +
        "hypervisor catches.",
    shadow: "The processor walks tables that the hypervisor derives from the guest's, entry by entry, at first use.",
    trusted:
        "The guest's own tables, unchecked: no protection at all. What it costs more than the bare machine is the " +
        "price of not being in ring 0; what the others cost beyond it is the price of protection."
};
const POLICIES = {
    "writable/disconnect":
        "The first store takes the table out of use; it is checked as a whole when it is used again.",
    "writable/emulate": "Each store traps and is carried out.",
    "shadow/emulate": "Each store to a table traps and is carried out.",
    "shadow/oos":
        "A table that is written often goes out of sync: no more traps, and at the next flush it is compared.",
    "shadow/brute": "No store traps, but each flush drops all shadows.",
    "shadow/announce": "No store traps; the guest announces each change by hypercall."
};
const DEFAULTS = { writable: "disconnect", shadow: "oos" };
const SWITCHES = {
    prefetch: ["A fill takes its neighbours along.", "A fill takes no neighbours along."],
    root_cache: [
        "Roots outlive the load of another base pointer.",
        "Roots end with the load of another base pointer."
    ],
    flood: ["A table that is recycled loses its shadow.", "A table that is recycled keeps its shadow."],
    global: ["The guest may have global pages.", "The guest has no global pages."],
    superpages: ["Large pages stay in one piece where they can.", "Large pages are always split."]
};
const COLORS = { native: 1, direct: 1, writable: 2, shadow: 6, trusted: 1 };

export function modeOf(configuration) {
    return configuration.split(/[/+-]/)[0];
}

export function describe(configuration) {
    const mode = modeOf(configuration);
    const policy = configuration.match(/\/([a-z]+)/)?.[1] ?? DEFAULTS[mode];
    const switches = [...configuration.matchAll(/([+-])([a-z_]+)/g)].map(
        ([, sign, name]) => SWITCHES[name]?.[sign === "+" ? 0 : 1] ?? name
    );

    return [MODES[mode], POLICIES[`${mode}/${policy}`], ...switches].filter(Boolean).join(" ");
}

// Modes differ in hue, configurations of one mode in shade; all: every configuration there is, in order.
export function colorOf(configuration, all) {
    const mode = modeOf(configuration);
    const index = all.filter(other => modeOf(other) === mode).indexOf(configuration);

    return color(`${mode in COLORS ? mode : "shadow"}-${index % (COLORS[mode] ?? 6)}`);
}
