// How a comparison was made: the experiment, the versions, the models, and every command.
import { h } from "./dom.js";
import { command, remark, section } from "./part.js";

export function made(cells) {
    const { data } = cells;
    const words = Object.entries(data.experiment).map(([key, value]) => [
        key,
        typeof value === "object" ? JSON.stringify(value) : String(value)
    ]);

    return h(
        "div",
        {},
        section("To make it again", command(data.again), command("analysis/report " + data.directory)),
        data.troubles.length > 0 &&
            section(
                "What is wrong with it",
                h(
                    "ul",
                    {},
                    data.troubles.map(text => h("li.warning", {}, text))
                )
            ),
        section(
            "The experiment",
            pairs(words),
            data.left_out.map(text => remark(text))
        ),
        section(
            "What ran, by SHA-256",
            remark("Two comparisons with the same hashes and the same experiment have the same figures."),
            pairs(Object.entries(data.made_of))
        ),
        section(
            "The cost models",
            remark(
                "A modelled figure is a sum of counts, each with a weight in cycles. A file of one's own: ",
                h("code", {}, `analysis/compare ${data.directory} --model FILE`)
            ),
            Object.values(data.models).map(model => [
                h("h4", {}, model.name),
                h("p", {}, model.source),
                pairs(Object.entries(model.weights).map(([key, value]) => [key, `${value} cycles`]))
            ])
        ),
        section(
            "Every run",
            h(
                "details",
                {},
                h("summary", {}, "The commands"),
                data.details.map(found => [
                    h(
                        "h4",
                        {},
                        `${found.workload}, ${found.configuration}, ${found.memory_mib} MiB, seed ${found.seed}, ` +
                            `phase ${found.phase_us}`
                    ),
                    found.commands.map(text => command(text))
                ])
            )
        )
    );
}

export function pairs(entries) {
    return h(
        "dl.pairs",
        {},
        entries.map(([key, value]) => [h("dt", {}, key), h("dd", {}, h("code", {}, value))])
    );
}
