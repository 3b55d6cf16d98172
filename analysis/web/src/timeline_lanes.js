// The lanes of analysis/timeline as arrays, and what of them lies in a window of time: docs/timeline.md has the format.

const ALONE = {
    ring: { hypervisor: "ring0", kernel: "ring1", program: "ring3" },
    mode: { shadow: "shadow-0", direct: "direct-0", writable: "writable-0", trusted: "trusted-0", native: "native-0" }
};

export class Lane {
    constructor(found, timeline, severalOwners) {
        Object.assign(this, {
            name: found.lane,
            owner: found.owner,
            shape: found.shape,
            meaning: found.value,
            totals: found.totals
        });
        this.names = timeline.names;
        this.title =
            severalOwners && found.domain !== null
                ? `${found.lane}, ${found.owner.replace("domain ", "d").replace(" vcpu ", " v")}`
                : found.lane;
        this.bins = { width: timeline.bin, from: timeline.from, start: running(found.bins.bin, 0), ...found.bins };
        this.rank = new Map(found.totals.name.map((name, index) => [name, index]));
        if (found.items) {
            const { start, length, name, detail, value } = found.items;

            this.items = { start: running(start, timeline.from), length, name, detail, value, count: start.length };
        }
    }

    // The name of a colour for a name of this lane.
    color(name) {
        return ALONE[this.name]?.[this.names[name]] ?? "series-" + ((this.rank.get(name) ?? 0) % 14);
    }

    start(index) {
        return this.items.start[index];
    }

    end(index) {
        return this.items.start[index] + (this.items.length?.[index] ?? 0);
    }

    // [first, end): items that lie in a window or reach into it. Spans of a lane do not overlap, so that ends are
    // in order, too.
    inside(from, until) {
        return this.items
            ? [
                  search(this.items.count, index => Math.max(this.end(index), this.start(index) + 1) > from),
                  search(this.items.count, index => this.start(index) >= until)
              ]
            : [0, 0];
    }

    // Calls visit(start, end, name, amount, count) for each item of a window or, where there are too many or none,
    // for each bin.
    each(from, until, most, visit) {
        const [first, end] = this.inside(from, until);

        if (this.items && end - first <= most) {
            for (let index = first; index < end; index++)
                visit(
                    this.start(index),
                    this.end(index),
                    this.items.name?.[index] ?? 0,
                    this.items.value?.[index] ?? 0,
                    1,
                    index
                );
            return true;
        }
        const { start, width, from: zero, name, count, amount } = this.bins;
        const begin = search(start.length, index => zero + (start[index] + 1) * width > from);

        for (let index = begin; index < start.length && zero + start[index] * width < until; index++)
            visit(
                zero + start[index] * width,
                zero + (start[index] + 1) * width,
                name[index],
                amount?.[index] ?? 0,
                count[index],
                -1
            );
        return false;
    }

    // [{name, count, amount}] of a window, the most first: exact where the items are there.
    sums(from, until) {
        const found = new Map();
        const exact = this.each(from, until, Infinity, (start, end, name, amount, count, index) => {
            const sum = found.get(name) ?? { name, count: 0, amount: 0 };

            sum.count += count;
            if (this.shape === "level") sum.amount = Math.max(sum.amount, amount);
            else sum.amount += index >= 0 ? Math.max(Math.min(end, until) - Math.max(start, from), 0) : amount;
            found.set(name, sum);
        });

        return {
            exact,
            sums: [...found.values()].sort((one, other) => other.amount - one.amount || other.count - one.count)
        };
    }
}

function running(differences, from) {
    const result = new Float64Array(differences.length);
    let sum = from;

    differences.forEach((difference, index) => {
        result[index] = sum += difference;
    });
    return result;
}

// The first of count indexes that fulfil a condition, or count: those that do stand behind those that do not.
function search(count, condition) {
    let low = 0,
        high = count;

    while (low < high) {
        const middle = (low + high) >> 1;

        if (condition(middle)) high = middle;
        else low = middle + 1;
    }
    return low;
}
