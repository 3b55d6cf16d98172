// The HTML report: what analysis/report puts beside the data, which this unpacks and shows as pages behind tabs.
import "./report.css";
import * as compare from "./compare.js";
import * as run from "./run.js";
import { h } from "./dom.js";
import { tabs } from "./tabs.js";
import { themeSwitch } from "./theme.js";

async function unpack(element) {
    const bytes = Uint8Array.from(atob(element.textContent), character => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));

    element.remove();
    return new Response(stream).json();
}

async function show() {
    const data = await unpack(document.getElementById("data"));
    const pages = (data.kind === "run" ? run : compare).pages(data);

    document.body.prepend(
        h("header", {}, h("div", {}, h("p.product", {}, "Penumbra"), h("h1", {}, data.title)), themeSwitch()),
        h("main", {}, tabs(pages)),
        h(
            "footer",
            {},
            `analysis/report ${data.directory}. Nothing here is loaded from elsewhere. Charts: Apache ECharts ` +
                `(Apache License 2.0).`
        )
    );
    document.documentElement.dataset.ready = String(performance.now());
}

show().catch(error => {
    document.body.prepend(h("p.warning", {}, `This report cannot be shown: ${error.message}`));
    throw error;
});
