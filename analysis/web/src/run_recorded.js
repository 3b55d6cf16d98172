// What of a run its instruction stream has, where that is not all: a window, or the last ones before the end.
import { count } from "./format.js";
import { remark } from "./part.js";

export function recorded({ parts, summary }) {
    const there = parts.functions.data?.instructions.total;
    const whole = summary.instructions?.total;

    if (there === undefined || parts.functions.bound || !whole || there >= whole) return null;
    return remark(
        `Recorded were ${count(there)} of the run's ${count(whole)} instructions, and only they are counted here.`
    );
}
