// What the pieces of a page are made of: sections, remarks, the command behind a figure, and what is missing.
import { h } from "./dom.js";

export function section(title, ...content) {
    return h("section.part", {}, h("h3", {}, title), content);
}

export function remark(...content) {
    return h("p.remark", {}, content);
}

export function modelled() {
    return h(
        "span.modelled",
        { title: "Not measured: computed from counts and the weights of a cost model" },
        "modelled"
    );
}

// The command that prints the figures above it, with a button that copies it.
export function command(text) {
    const button = h("button.quiet", { type: "button", onclick: () => copy(text, button) }, "Copy");

    return h("p.command", {}, h("code", {}, text), button);
}

async function copy(text, button) {
    try {
        await navigator.clipboard.writeText(text);
        button.textContent = "Copied";
    } catch {
        getSelection().selectAllChildren(button.previousSibling);
        button.textContent = "Selected";
    }
}

// A part of a run's report: what draw(data) gives, or why there is nothing, and the command.
export function part(title, found, draw) {
    if (!found || found.missing)
        return section(
            title,
            h("p.missing", {}, found ? found.missing : "This report was made without it."),
            found && command(found.command)
        );
    return section(
        title,
        found.note && h("p.warning", {}, found.note),
        found.bound && remark(found.bound),
        draw(found.data),
        command(found.command)
    );
}
