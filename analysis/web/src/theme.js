// Light or dark: as the system says, until the reader says otherwise. Colours are the style sheet's; charts ask for
// them here.
import { h } from "./dom.js";

const system = matchMedia("(prefers-color-scheme: dark)");
const listeners = [];
const colors = new Map(); // of the theme, as far as they have been asked for
let chosen = null;

export function dark() {
    return chosen === null ? system.matches : chosen === "dark";
}

function apply() {
    document.documentElement.dataset.theme = dark() ? "dark" : "light";
    colors.clear();
    for (const listener of listeners) listener();
}

// Light while something is printed, then the reader's own again.
let before = null;
export function forPrint(printing) {
    if (printing) {
        before = chosen;
        chosen = "light";
    } else {
        chosen = before;
    }
    apply();
}

export function onChange(listener) {
    listeners.push(listener);
}

export function color(name) {
    if (!colors.has(name))
        colors.set(
            name,
            getComputedStyle(document.documentElement)
                .getPropertyValue("--" + name)
                .trim()
        );
    return colors.get(name);
}

// The colours of a chart without a meaning of their own, in order.
export function palette() {
    return Array.from({ length: 14 }, (_, index) => color("series-" + index));
}

export function themeSwitch() {
    const button = h("button.quiet", {
        type: "button",
        onclick: () => {
            chosen = dark() ? "light" : "dark";
            apply();
        }
    });

    onChange(() => {
        button.textContent = dark() ? "Light" : "Dark";
        button.title = `Show in ${dark() ? "light" : "dark"} colours`;
    });
    system.addEventListener("change", apply);
    apply();
    return button;
}
