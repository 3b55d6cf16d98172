// How a run's report was made: every command behind it.
import { h } from "./dom.js";
import { command, remark, section } from "./part.js";

export function made({ summary, parts, directory, models }) {
    return h(
        "div",
        {},
        section(
            "To make it again",
            summary.run.command
                ? [command(`${summary.run.command} --out ${directory}`), command(`analysis/report ${directory}`)]
                : remark("Only runs that make run or bochs-config/run made say how.")
        ),
        section(
            "Where each figure is from",
            remark("Each command prints the figures again; without --json as a table."),
            h(
                "ul",
                {},
                h("li", {}, "the numbers at the top: ", h("code", {}, directory + "/summary.json")),
                Object.values(parts).map(part =>
                    h("li", {}, command(part.command), part.missing && remark(part.missing))
                )
            )
        ),
        section(
            "What is modelled",
            Object.values(models).map(model => remark(h("b", {}, model.name), ": ", model.source))
        )
    );
}
