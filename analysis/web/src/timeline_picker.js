// Which lanes are shown: at first the telling ones, of several domains fewer of each; then what the reader chooses.
import { h, replace, select } from "./dom.js";

const TELLING = [
    "processor",
    "mode",
    "mode_switch",
    "process",
    "ring",
    "hypercall",
    "fault",
    "shadow_fault",
    "guest_fault",
    "flush",
    "pte_write",
    "page_table",
    "shadow_frames",
    "marker",
    "trouble"
];
const TELLING_OF_MANY = ["processor", "mode", "mode_switch", "ring", "flush", "trouble"];
const MOST_LANES = 40;

// The domain that a lane belongs to, in words; "" of the machine's.
function domainOf(lane) {
    return lane.owner.match(/^domain \d+(?: \(life \d+\))?/)?.[0] ?? "";
}

export function domainsOf(lanes) {
    return [...new Set(lanes.map(domainOf).filter(Boolean))];
}

// Those to show of a domain, or of all with "".
export function telling(lanes, domain) {
    const names = !domain && domainsOf(lanes).length > 1 ? TELLING_OF_MANY : TELLING;

    return lanes
        .filter(lane => names.includes(lane.name) && (!domain || ["", domain].includes(domainOf(lane))))
        .slice(0, MOST_LANES);
}

// The choice of a domain, when there are several, and a box for each lane. changed() is called when view.lanes is
// another.
export function picker(lanes, view, changed) {
    const boxes = h("div.choices"),
        domains = domainsOf(lanes);
    const fill = () =>
        replace(
            boxes,
            lanes.map(lane => {
                const box = h("input", {
                    type: "checkbox",
                    onchange: () => {
                        view.lanes = lanes.filter(other =>
                            other === lane ? box.checked : view.lanes.includes(other)
                        );
                        changed();
                    }
                });

                box.checked = view.lanes.includes(lane);
                return h("label.choice", {}, box, " ", lane.title);
            })
        );

    fill();
    return [
        domains.length > 1 &&
            h(
                "div.choices",
                {},
                select("Lanes of", [["", "all domains"], ...domains.map(name => [name, name])], domain => {
                    view.lanes = telling(lanes, domain);
                    fill();
                    changed();
                })
            ),
        h("details", {}, h("summary", {}, "Lanes"), boxes)
    ];
}
