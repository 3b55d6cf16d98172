// Tables that are sorted by a click on a column's head.
import { count } from "./format.js";
import { h, replace } from "./dom.js";

// columns  [{key, title, text, kind, help}]: kind "text" is aligned to the left; text(value, row) says how a value is
//          shown, or gives an element (without it: as a whole number); cell(element, value, row) may change the cell
// rows     objects; a row's `total` true keeps it at the end, whatever is sorted
export function table({ columns, rows, caption, sortable = true, sorted = null, descending = true }) {
    const body = h("tbody");
    const heads = columns.map(column =>
        h(
            "th",
            { scope: "col", class: column.kind === "text" ? "text" : null, title: column.help },
            sortable
                ? h("button", { type: "button", onclick: () => sort(column) }, breakable(column.title))
                : breakable(column.title)
        )
    );
    let by = sorted,
        down = descending;

    function sort(column) {
        down = by === column.key ? !down : column.kind !== "text";
        by = column.key;
        fill();
    }

    function fill() {
        const ordered = [...rows];

        if (by !== null) ordered.sort((one, other) => compare(one[by], other[by]) * (down ? -1 : 1));
        ordered.sort((one, other) => Boolean(one.total) - Boolean(other.total));
        columns.forEach(
            (column, index) =>
                sortable &&
                heads[index].setAttribute("aria-sort", column.key !== by ? "none" : down ? "descending" : "ascending")
        );
        replace(
            body,
            ordered.map(row =>
                h(
                    row.total ? "tr.total" : "tr",
                    {},
                    columns.map((column, index) => cellOf(column, row, index))
                )
            )
        );
    }

    fill();
    return h(
        "div.scroll",
        {},
        h("table", {}, caption && h("caption", {}, caption), h("thead", {}, h("tr", {}, heads)), body)
    );
}

function cellOf(column, row, index) {
    const value = row[column.key];
    const shown = column.text ? column.text(value, row) : column.kind === "text" ? value : count(value);
    const cell = h(
        index === 0 ? "th" : "td",
        { class: column.kind === "text" ? "text" : null, scope: index === 0 ? "row" : null },
        shown
    );

    column.cell?.(cell, value, row);
    return cell;
}

// Names of configurations may be broken behind their parts.
function breakable(title) {
    return title.replace(/(\/)|(?=[+])/g, "$1\u200b");
}

// What is not there comes last in descending order.
function compare(one, other) {
    if (typeof one === "string" || typeof other === "string")
        return String(one ?? "").localeCompare(String(other ?? ""));
    return (one ?? -Infinity) - (other ?? -Infinity) || 0;
}
