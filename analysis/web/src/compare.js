// The pages of a comparison's report.
import { Cells } from "./cells.js";
import { advice } from "./compare_advice.js";
import { flushes } from "./compare_flushes.js";
import { glance } from "./compare_glance.js";
import { made } from "./compare_made.js";
import { operations } from "./compare_operations.js";
import { oneRun } from "./compare_run.js";
import { why } from "./compare_why.js";

export function pages(data) {
    const cells = new Cells(data);

    return [
        { id: "glance", title: "At a glance", content: glance(cells) },
        { id: "advice", title: "Which mode?", content: advice(cells) },
        { id: "why", title: "Why", content: why(cells) },
        { id: "flushes", title: "TLB flushes", content: flushes(cells) },
        data.run && { id: "timeline", title: "Timeline of one run", content: oneRun(data) },
        { id: "operations", title: "Single operations", content: operations(cells) },
        { id: "made", title: "How it was made", content: made(cells) }
    ].filter(Boolean);
}
