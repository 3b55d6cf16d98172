/*
 * schedule_print.c - who had the processor, as a table, CSV and JSON; see schedule.h.
 *
 * Rules: the line of nobody comes last. A share is of all instructions, in thousandths where numbers are whole.
 */
#include <inttypes.h>
#include <string.h>

#include "analysis/grid.h"
#include "analysis/json.h"
#include "analysis/schedule.h"

static uint64_t thousandths(const struct schedule *schedule, const struct scheduled *vcpu) {
    uint64_t whole = schedule->total.instructions;

    return whole ? (vcpu->counts.instructions * 1000 + whole / 2) / whole : 0;
}

/* The i-th line's: nobody is first in the list. */
static const struct scheduled *line(const struct schedule *schedule, uint32_t i) {
    return &schedule->list[i + 1 < schedule->count ? i + 1 : 0];
}

static void print_heading(struct grid *grid) {
    static const char *const heading[] = {
        "domain", "vcpu", "share", "instructions", "ring 0", "ring 1", "ring 3", "switches", "wakes", "running",
        "runnable", "blocked", "longest wait",
    };

    grid_row(grid);
    grid->columns = sizeof(heading) / sizeof(heading[0]);
    grid->texts = 1;
    for (unsigned i = 0; i < grid->columns; i++)
        strcpy(grid_cell(grid, i), heading[i]);
}

static void print_line(struct grid *grid, const struct schedule *schedule, const struct scheduled *vcpu) {
    const uint64_t work[] = {
        vcpu->counts.instructions, vcpu->counts.ring0, vcpu->counts.ring1, vcpu->counts.ring3, vcpu->switches,
    };
    const uint64_t states[] = {
        vcpu->wakes, vcpu->time[TRACE_RUNSTATE_running], vcpu->time[TRACE_RUNSTATE_runnable],
        vcpu->time[TRACE_RUNSTATE_blocked], vcpu->longest_wait,
    };
    uint64_t share = thousandths(schedule, vcpu);
    unsigned column = 3;

    grid_row(grid);
    if (vcpu->domain == NOBODY) {
        strcpy(grid_cell(grid, 0), "nobody");
    } else {
        domain_title(schedule->domains, vcpu->domain, grid_cell(grid, 0), CELL_BYTES);
        snprintf(grid_cell(grid, 1), CELL_BYTES, "%" PRIu32, vcpu->vcpu);
    }
    snprintf(grid_cell(grid, 2), CELL_BYTES, "%" PRIu64 ".%" PRIu64 "%%", share / 10, share % 10);
    for (unsigned i = 0; i < sizeof(work) / sizeof(work[0]); i++)
        put_number(grid_cell(grid, column++), work[i]);
    for (unsigned i = 0; i < sizeof(states) / sizeof(states[0]) && vcpu->domain != NOBODY; i++) {
        if (schedule->without_states)
            strcpy(grid_cell(grid, column++), "unknown");
        else
            put_number(grid_cell(grid, column++), states[i]);
    }
}

void print_schedule_table(FILE *to, const struct schedule *schedule) {
    struct grid grid = { 0 };

    fprintf(to, "Who had the processor, in instructions, from the first guest's first instruction to the end\n\n");
    print_heading(&grid);
    for (uint32_t i = 0; i < schedule->count; i++)
        print_line(&grid, schedule, line(schedule, i));
    print_grid(to, &grid);
    grid_free(&grid);
    if (schedule->without_states)
        fprintf(to, "\nThis run recorded no states of vcpus: the record class 'sched' was off (boot option\n"
                    "classes=)\n");
}

static void put_state(FILE *to, bool known, uint64_t value) {
    if (known)
        fprintf(to, ",%" PRIu64, value);
    else
        fputc(',', to);
}

void print_schedule_csv(FILE *to, const struct schedule *schedule) {
    fputs("domain,life,vcpu,share_thousandths,instructions,ring0,ring1,ring3,walks,switches,wakes,running,runnable,"
          "blocked,offline,longest_wait\n", to);
    for (uint32_t i = 0; i < schedule->count; i++) {
        const struct scheduled *vcpu = line(schedule, i);
        const struct domain *domain = &schedule->domains->list[vcpu->domain];
        bool known = !schedule->without_states && vcpu->domain != NOBODY;

        if (vcpu->domain == NOBODY)
            fputs("nobody,,", to);
        else
            fprintf(to, "%" PRIu32 ",%" PRIu32 ",%" PRIu32, domain->domid, domain->life, vcpu->vcpu);
        fprintf(to, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64,
                thousandths(schedule, vcpu), vcpu->counts.instructions, vcpu->counts.ring0, vcpu->counts.ring1,
                vcpu->counts.ring3, vcpu->counts.walks, vcpu->switches);
        put_state(to, known, vcpu->wakes);
        for (unsigned state = 0; state < RUNSTATES; state++)
            put_state(to, known, vcpu->time[state]);
        put_state(to, known, vcpu->longest_wait);
        fputc('\n', to);
    }
}

static void put_counts(struct json *json, const struct schedule *schedule, const struct scheduled *vcpu) {
    json_number(json, "share_thousandths", thousandths(schedule, vcpu));
    json_begin(json, "instructions", '{');
    json_number(json, "total", vcpu->counts.instructions);
    json_number(json, "ring0", vcpu->counts.ring0);
    json_number(json, "ring1", vcpu->counts.ring1);
    json_number(json, "ring3", vcpu->counts.ring3);
    json_end(json, '}');
    json_number(json, "walks", vcpu->counts.walks);
    json_number(json, "switches", vcpu->switches);
}

static void put_times(struct json *json, const struct schedule *schedule, const struct scheduled *vcpu) {
    if (schedule->without_states) {
        json_null(json, "wakes");
        json_null(json, "time");
        json_null(json, "longest_wait");
        return;
    }
    json_number(json, "wakes", vcpu->wakes);
    json_begin(json, "time", '{');
    for (unsigned state = 0; state < RUNSTATES; state++)
        json_number(json, trace_value_name(&trace_enumeration_runstate, state), vcpu->time[state]);
    json_end(json, '}');
    json_number(json, "longest_wait", vcpu->longest_wait);
}

void print_schedule_json(FILE *to, const struct schedule *schedule) {
    struct json json = { .to = to };

    json_begin(&json, NULL, '{');
    json_number(&json, "format", 1);
    json_number(&json, "time", schedule->started ? schedule->last - schedule->start : 0);
    json_number(&json, "instructions", schedule->total.instructions);
    json_begin(&json, "vcpus", '[');
    for (uint32_t i = 1; i < schedule->count; i++) {
        const struct scheduled *vcpu = &schedule->list[i];
        const struct domain *domain = &schedule->domains->list[vcpu->domain];

        json_begin(&json, NULL, '{');
        json_number(&json, "domain", domain->domid);
        json_number(&json, "life", domain->life);
        json_number(&json, "vcpu", vcpu->vcpu);
        put_counts(&json, schedule, vcpu);
        put_times(&json, schedule, vcpu);
        json_end(&json, '}');
    }
    json_end(&json, ']');
    json_begin(&json, "nobody", '{');
    put_counts(&json, schedule, &schedule->list[0]);
    json_end(&json, '}');
    json_end(&json, '}');
}
