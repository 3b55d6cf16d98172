// Elements without a template language.

// h("div.name", {attribute: value}, child, ...): a child is an element, a text, a list of children, or nothing
// (null, undefined, false). An attribute that begins with "on" is a listener; one that is false or null is left
// out.
export function h(what, attributes = {}, ...children) {
    const [tag, ...classes] = what.split(".");
    const element = document.createElement(tag || "div");

    if (classes.length) element.className = classes.join(" ");
    for (const [name, value] of Object.entries(attributes)) {
        if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
        else if (value !== false && value !== null && value !== undefined)
            element.setAttribute(name, value === true ? "" : value);
    }
    append(element, children);
    return element;
}

function append(element, children) {
    for (const child of children) {
        if (Array.isArray(child)) append(element, child);
        else if (child !== null && child !== undefined && child !== false) element.append(child);
    }
}

// A choice: options are [[value, text], ...]; changed is called with the value.
export function select(label, options, changed) {
    const box = h(
        "select",
        { onchange: () => changed(box.value) },
        options.map(([value, text]) => h("option", { value }, text))
    );

    return h("label.choice", {}, label, " ", box);
}

export function replace(element, ...children) {
    element.replaceChildren();
    append(element, children);
}
