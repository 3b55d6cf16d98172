// Numbers and words as people read them.

const WHOLE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const SHORT = new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 3 });

export const NOTHING = "–";

export function count(value) {
    return value === null || value === undefined ? NOTHING : WHOLE.format(value);
}

// 1.2M: for axes and labels
export function short(value) {
    return SHORT.format(value);
}

export function multiple(value) {
    if (value === null || value === undefined) return NOTHING;
    return decimal(value, value < 100 ? 2 : 0) + " ×";
}

export function decimal(value, digits = 1) {
    if (value === null || value === undefined) return NOTHING;
    return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function share(part, whole) {
    return whole ? decimal((100 * part) / whole) + " %" : NOTHING;
}

export function hex(value) {
    return "0x" + value.toString(16);
}

// a, b and c
export function list(words, last = "and") {
    return words.length < 2 ? words.join("") : words.slice(0, -1).join(", ") + ` ${last} ` + words[words.length - 1];
}

export function plural(number, word) {
    return `${count(number)} ${word}${number === 1 ? "" : "s"}`;
}
