// The timeline page: a picture, the window that it shows, and what the window holds.
import { h, replace } from "./dom.js";
import { part, remark } from "./part.js";
import { LEAST, timelineChart } from "./timeline_chart.js";
import { Lane } from "./timeline_lanes.js";
import { picker, telling } from "./timeline_picker.js";
import { held } from "./timeline_window.js";

export function timeline(data) {
    return part("What happened, over the run", data.parts.timeline, found => draw(found, data));
}

function draw(found, data) {
    const several = new Set(found.lanes.map(lane => lane.owner).filter(owner => owner.includes("vcpu"))).size > 1;
    const lanes = found.lanes.map(lane => new Lane(lane, found, several));
    const bounds = { from: found.from, until: found.until };
    const view = { from: found.guest ?? found.from, until: found.until, lanes: telling(lanes, "") };
    const picture = timelineChart(view, bounds, () => tell());
    const told = h("div");
    const trace = data.parts.timeline.command.split(" ")[1];
    const bar = controls(view, bounds, show);

    function tell() {
        bar.tell();
        replace(told, held(view, trace, Boolean(data.parts.functions.data)));
        picture.dataset.from = view.from;
        picture.dataset.until = view.until;
    }

    function show() {
        picture.show();
        tell();
    }

    tell();
    return [
        remark(
            "Time is in simulated instructions. The wheel or the slider zooms, dragging moves; close up, " +
                "each span and point stands by itself. From afar a span's lane shows the share of time that " +
                "each name has, and a point's lane how many there are, logarithmically."
        ),
        found.missing.length > 0 &&
            h(
                "p.warning",
                {},
                `Record classes that were off, so that lanes lack what they hold: ${found.missing.join(", ")}.`
            ),
        bar,
        picker(lanes, view, show),
        picture,
        told
    ];
}

// Buttons and fields that change the window, and then call changed(). Its tell() writes the window into the fields.
function controls(view, bounds, changed) {
    const from = field("From instruction");
    const until = field("until");
    const button = (text, action) => h("button.quiet", { type: "button", onclick: action }, text);

    function go(start, end) {
        const length = Math.min(Math.max(end - start, LEAST), bounds.until - bounds.from);

        view.from = Math.round(Math.min(Math.max(start, bounds.from), bounds.until - length));
        view.until = Math.round(view.from + length);
        changed();
    }

    // The window's middle moves by a part of its length, and it becomes so many times as long.
    function move(part, times) {
        const length = view.until - view.from;
        const middle = view.from + length * (0.5 + part);

        go(middle - (length * times) / 2, middle + (length * times) / 2);
    }

    function submit(event) {
        event.preventDefault();
        go(Number(from.lastChild.value), Number(until.lastChild.value));
    }

    const bar = h(
        "form.choices",
        { onsubmit: submit },
        button("Whole run", () => go(bounds.from, bounds.until)),
        button("Zoom in", () => move(0, 1 / 4)),
        button("Zoom out", () => move(0, 4)),
        button("Earlier", () => move(-0.5, 1)),
        button("Later", () => move(0.5, 1)),
        from,
        until,
        h("button.quiet", { type: "submit" }, "Show")
    );

    bar.tell = () => {
        from.lastChild.value = view.from;
        until.lastChild.value = view.until;
    };
    return bar;
}

function field(label) {
    return h("label.choice", {}, label, " ", h("input", { type: "number", step: "1" }));
}
