// What of a window is drawn: each span and point by itself where there is room, otherwise columns that sum up.

const MOST_ITEMS = 1200; // of a lane, drawn one by one
const MOST_SUMMED = 100000; // of a lane, summed up exactly; beyond that by bins
const COLUMNS = 260;

// Rectangles of a lane: {from, until, low, high, color, index} where low and high are parts of the lane's height,
// and a rectangle that stands for several has their `sums` instead of an index. unit: instructions of a pixel.
export function shapesOf(lane, from, until, unit) {
    const [first, end] = lane.inside(from, until);

    if (lane.shape === "level") return level(lane, from, until);
    return lane.items && end - first <= MOST_ITEMS ? singles(lane, first, end, unit) : columns(lane, from, until);
}

function singles(lane, first, end, unit) {
    return Array.from({ length: end - first }, (_, at) => {
        const index = first + at;
        const start = lane.start(index),
            stop = Math.max(lane.end(index), start + 1.5 * unit);

        return { from: start, until: stop, low: 0, high: 1, color: lane.color(lane.items.name?.[index] ?? 0), index };
    });
}

// Spans: the share of time that each name has. Points: how many there are, logarithmically, by name.
function columns(lane, from, until) {
    const width = (until - from) / COLUMNS;
    const cells = Array.from({ length: COLUMNS }, () => new Map());
    const put = (column, name, amount, count) => {
        const sum = cells[column].get(name) ?? { name, amount: 0, count: 0 };

        sum.amount += amount;
        sum.count += count;
        cells[column].set(name, sum);
    };

    lane.each(from, until, MOST_SUMMED, (start, end, name, amount, count, index) => {
        const density = index >= 0 ? 1 : end > start ? amount / (end - start) : 0;
        const begin = Math.max(Math.floor((start - from) / width), 0),
            stop = Math.min(Math.ceil((end - from) / width), COLUMNS);

        for (let column = begin; column < Math.max(stop, Math.min(begin + 1, COLUMNS)); column++) {
            const covered = Math.max(
                Math.min(end, from + (column + 1) * width) - Math.max(start, from + column * width),
                0
            );

            put(
                column,
                name,
                density * covered,
                index >= 0 ? Number(column === begin) : (count * covered) / (end - start)
            );
        }
    });

    const all = cells.map(cell => [...cell.values()]);
    const most = Math.max(...all.map(sums => sums.reduce((total, sum) => total + sum.count, 0)), 1);

    return all.flatMap((sums, column) => stack(lane, sums, from + column * width, width, most));
}

function stack(lane, sums, start, width, most) {
    const points = lane.shape === "points";
    const weight = sum => (points ? sum.count : sum.amount);
    const total = sums.reduce((together, sum) => together + weight(sum), 0);
    const height = points ? 0.12 + (0.88 * Math.log1p(total)) / Math.log1p(most) : Math.min(total / width, 1);
    let low = 0;

    return sums
        .filter(weight)
        .sort((one, other) => weight(other) - weight(one))
        .map(sum => {
            const high = low + (height * weight(sum)) / total;
            const shape = { from: start, until: start + width, low, high, color: lane.color(sum.name), sums };

            low = high;
            return shape;
        });
}

function level(lane, from, until) {
    const most = Math.max(...lane.totals.amount, 1);
    const shapes = [];

    lane.each(from, until, MOST_SUMMED, (start, end, name, amount, _, index) => {
        shapes.push({
            from: start,
            until: end,
            low: 0,
            high: amount / most,
            color: "series-0",
            level: amount,
            index
        });
    });
    return thinned(shapes, (until - from) / (4 * COLUMNS));
}

// Steps that are narrower than a pixel are joined: the highest of them is shown.
function thinned(shapes, least) {
    const result = [];

    for (const shape of shapes) {
        const last = result[result.length - 1];

        if (last && last.until - last.from < least) {
            last.until = shape.until;
            if (shape.high > last.high) Object.assign(last, { high: shape.high, level: shape.level });
        } else {
            result.push({ ...shape });
        }
    }
    return result;
}
