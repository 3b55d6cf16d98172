// The cells of a comparison, and what of them the reader looks at: measure, memory size, seed and workload.
import { h, replace, select } from "./dom.js";

const unique = values => [...new Set(values)];

// As the experiment has them; what it does not list itself comes last.
function ordered(names, listed) {
    const place = name => (listed.includes(name) ? listed.indexOf(name) : listed.length);

    return names.sort((one, other) => place(one) - place(other));
}

export class Cells {
    constructor(data) {
        this.data = data;
        this.workloads = ordered(unique(data.cells.map(row => row.workload)), data.experiment.workloads);
        this.configurations = ordered(
            unique(data.cells.map(row => row.configuration)),
            data.experiment.configurations
        );
        this.others = this.configurations.filter(name => name !== "native");
        this.memories = unique(data.cells.map(row => row.memory_mib));
        this.seeds = unique(data.cells.map(row => row.seed));
        this.phases = unique(data.cells.map(row => row.phase_us));
        this.measures = ["instructions", ...Object.keys(data.models)];
        this.chosen = {
            measure: "instructions",
            memory: this.memories[0],
            seed: this.seeds[0],
            phase: this.phases[0],
            workload: this.workloads[0]
        };
        this.listeners = [];
    }

    // Choices change what is shown on all pages; a listener is called after each, and now.
    onChange(listener) {
        this.listeners.push(listener);
        listener();
    }

    choose(changes) {
        Object.assign(this.chosen, changes);
        this.listeners.forEach(listener => listener());
    }

    // Whether a row is among what is looked at. The bare machine has neither seeds nor phases.
    _isChosen(row) {
        const { memory, seed, phase } = this.chosen;

        return (
            row.memory_mib === memory &&
            (row.configuration === "native" || (row.seed === seed && row.phase_us === phase))
        );
    }

    _of(rows, workload, configuration) {
        return rows.find(
            row => row.workload === workload && row.configuration === configuration && this._isChosen(row)
        );
    }

    row(workload, configuration) {
        return this._of(this.data.cells, workload, configuration);
    }

    details(workload, configuration) {
        return this._of(this.data.details, workload, configuration);
    }

    operations(workload) {
        return this.data.operations.filter(row => row.workload === workload && this._isChosen(row));
    }

    // The chosen measure of a row; null when it is not known.
    value(row) {
        if (!row) return null;
        return this.chosen.measure === "instructions"
            ? row.instructions
            : (row.modelled[this.chosen.measure] ?? null);
    }

    multiple(workload, configuration) {
        const value = this.value(this.row(workload, configuration));
        const native = this.value(this.row(workload, "native"));

        return value !== null && native ? value / native : null;
    }

    measureName(measure = this.chosen.measure) {
        return measure === "instructions" ? "instructions" : `modelled cycles (${this.data.models[measure].name})`;
    }

    // What can be chosen, without what has one value only: which cells, and what else is named.
    choices(...what) {
        const bar = h("div.choices");
        const offered = {
            workload: ["Workload", this.workloads],
            measure: ["Measured in", this.measures],
            memory: ["Memory, MiB", this.memories],
            seed: ["Seed", this.seeds],
            phase: ["Phase, µs", this.phases]
        };

        this.onChange(() =>
            replace(
                bar,
                [...what, "memory", "seed", "phase"]
                    .filter(name => offered[name][1].length > 1)
                    .map(name => {
                        const [label, values] = offered[name];
                        const box = select(
                            label,
                            values.map(value => [value, name === "measure" ? this.measureName(value) : value]),
                            value => this.choose({ [name]: typeof values[0] === "number" ? Number(value) : value })
                        );

                        box.lastChild.value = this.chosen[name];
                        return box;
                    })
            )
        );
        return bar;
    }

    // An element that is filled anew by draw() after each choice.
    live(draw) {
        const box = h("div");

        this.onChange(() => replace(box, draw()));
        return box;
    }
}

// Where an axis ends so that a few far values do not flatten the others.
export function axisEnd(values) {
    const sorted = values.filter(value => value !== null).sort((one, other) => one - other);
    const middle = sorted[Math.floor(sorted.length / 2)] ?? 1;
    const near = sorted.filter(value => value <= 1.75 * middle);

    return Math.ceil((near[near.length - 1] ?? 1) * 11) / 10;
}
