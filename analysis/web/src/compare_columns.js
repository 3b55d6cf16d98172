// Columns of a table, one a configuration, of multiples of the bare machine; each row shows which is best of those that
// protect the machine from the guest.
import { describe } from "./configurations.js";
import { multiple } from "./format.js";

// The best of some values is framed; the others are darker with the distance from it, a step for each fifth more,
// at most six. Values that are all alike have no best.
export function shade(element, value, values) {
    const known = values.filter(other => other !== null && other !== undefined);
    const best = Math.min(...known),
        worst = Math.max(...known);

    if (value === null || value === undefined || worst < 1.005 * best) return;
    if (value === best) element.classList.add("best");
    else element.classList.add("more-" + Math.min(6, Math.floor(Math.log(value / best) / Math.log(1.2)) + 1));
}

export function configurationColumns(configurations) {
    const compared = configurations.filter(name => name !== "trusted");

    return configurations.map(name => ({
        key: name,
        title: name,
        help: describe(name),
        text: multiple,
        cell: (element, value, row) =>
            name !== "trusted" &&
            shade(
                element,
                value,
                compared.map(other => row[other])
            )
    }));
}
