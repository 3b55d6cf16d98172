// Pages behind tabs, by the pattern for keyboards: arrows, Home and End move, and the address keeps the page.
import { h } from "./dom.js";

// pages: [{id, title, content}], content an element. Returns the element with the tabs and the pages.
export function tabs(pages) {
    const buttons = pages.map(page =>
        h(
            "button",
            {
                type: "button",
                role: "tab",
                id: "tab-" + page.id,
                "aria-controls": page.id,
                onclick: () => open(page.id, true),
                onkeydown: event => move(event)
            },
            page.title
        )
    );
    const panels = pages.map(page =>
        h(
            "section.page",
            { role: "tabpanel", id: page.id, "aria-labelledby": "tab-" + page.id, tabindex: "0" },
            h("h2.print-only", {}, page.title),
            page.content
        )
    );

    function open(id, remember) {
        const at = Math.max(
            pages.findIndex(page => page.id === id),
            0
        );

        buttons.forEach((button, index) => {
            button.setAttribute("aria-selected", String(index === at));
            button.tabIndex = index === at ? 0 : -1;
            panels[index].hidden = index !== at;
        });
        if (remember) history.replaceState(null, "", "#" + pages[at].id);
        return buttons[at];
    }

    function move(event) {
        const at = buttons.indexOf(event.currentTarget);
        const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: pages.length - 1 }[event.key];

        if (to === undefined) return;
        event.preventDefault();
        open(pages[(to + pages.length) % pages.length].id, true).focus();
    }

    addEventListener("hashchange", () => open(location.hash.slice(1), false));
    open(location.hash.slice(1), false);
    return h("div", {}, h("div.tabs", { role: "tablist", "aria-label": "Parts of the report" }, buttons), panels);
}
