// The timeline of one run of a comparison, and how to see the others.
import { h } from "./dom.js";
import { command, remark, section } from "./part.js";
import { timeline } from "./timeline.js";

export function oneRun({ run }) {
    return h(
        "div",
        {},
        section(
            `An example: ${run.workload} under ${run.configuration}`,
            remark(
                "One of the runs in which everything was recorded. A report like this one of it alone has more; for " +
                    "the others, the page Why has the command."
            ),
            command(run.command)
        ),
        timeline(run)
    );
}
