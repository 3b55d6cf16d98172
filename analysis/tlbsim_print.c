/*
 * tlbsim_print.c - what TLBs did with a trace: as tables, CSV and JSON.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/grid.h"
#include "analysis/json.h"
#include "analysis/tlbsim.h"

static const char *const use_names[] = { "read", "write", "fetch" };

static void print_walks(FILE *to, const struct tlbsim *sim) {
    const struct {
        const char *what;
        uint64_t count;
    } lines[] = {
        { "references to pages", sim->replay.accesses + sim->replay.fetches },
        { "page walks of the emulator", sim->walks },
        { "  made by its TLB as modelled, too", sim->reproduced },
        { "  not made by it", sim->unmade },
        { "  into entries of which nothing is known yet", sim->unknown },
        { "page walks that only the model makes", sim->surplus },
    };
    struct grid grid = { .columns = 2, .texts = 1 };

    for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        grid_row(&grid);
        strcpy(grid_cell(&grid, 0), lines[i].what);
        put_number(grid_cell(&grid, 1), lines[i].count);
    }
    print_grid(to, &grid);
    fputc('\n', to);
    grid_free(&grid);
}

static void put_signed(char *to, int64_t value) {
    put_number(to + (value < 0), (uint64_t)(value < 0 ? -value : value));
    if (value < 0)
        to[0] = '-';
}

static void print_models(FILE *to, const struct tlbsim *sim) {
    static const char *const heading[] = { "tlb",          "references", "misses",       "read",
                                           "write",        "fetch",      "/1000",        "second level",
                                           "entries read", "stale",      "saved by tags" };
    struct grid grid = { .columns = 11, .texts = 1 };

    grid_row(&grid);
    for (unsigned i = 0; i < grid.columns; i++)
        strcpy(grid_cell(&grid, i), heading[i]);
    for (uint32_t i = 0; i < sim->count; i++) {
        const struct tlb_counts *counts = &sim->models[i]->counts;

        grid_row(&grid);
        strcpy(grid_cell(&grid, 0), sim->models[i]->shape.name);
        put_number(grid_cell(&grid, 1), counts->references);
        put_number(grid_cell(&grid, 2), tlb_misses(sim->models[i]));
        for (unsigned use = 0; use < 3; use++)
            put_number(grid_cell(&grid, 3 + use), counts->misses[use]);
        put_mean(grid_cell(&grid, 6), 1000 * tlb_misses(sim->models[i]), counts->references);
        put_number(grid_cell(&grid, 7), counts->second);
        put_number(grid_cell(&grid, 8), counts->reads);
        put_number(grid_cell(&grid, 9), counts->stale);
        put_signed(grid_cell(&grid, 10), tlbsim_saved(sim, i));
    }
    print_grid(to, &grid);
    grid_free(&grid);
}

/* One line a reason for misses: a cause of flushes, or one of these two. */
static void print_reason(struct grid *grid, const struct tlbsim *sim, const char *name, uint64_t flushes,
                         uint64_t (*number)(const struct tlb_counts *, uint32_t), uint32_t cause) {
    grid_row(grid);
    strcpy(grid_cell(grid, 0), name);
    put_number(grid_cell(grid, 1), flushes);
    for (uint32_t i = 0; i < sim->count && i + 2 < COLUMNS_MAX; i++)
        put_number(grid_cell(grid, i + 2), number(&sim->models[i]->counts, cause));
}

static uint64_t refills(const struct tlb_counts *counts, uint32_t cause) {
    return counts->refills[cause];
}

static uint64_t cold(const struct tlb_counts *counts, uint32_t cause) {
    (void)cause;
    return counts->cold;
}

static uint64_t other(const struct tlb_counts *counts, uint32_t cause) {
    (void)cause;
    return counts->other;
}

static void print_causes(FILE *to, const struct tlbsim *sim) {
    struct grid grid = { .texts = 1 };
    char name[CELL_BYTES];

    grid.columns = 2 + (sim->count < COLUMNS_MAX - 2 ? sim->count : COLUMNS_MAX - 2);
    grid_row(&grid);
    strcpy(grid_cell(&grid, 0), "misses behind a flush");
    strcpy(grid_cell(&grid, 1), "flushes");
    for (uint32_t i = 0; i + 2 < grid.columns; i++)
        strcpy(grid_cell(&grid, i + 2), sim->models[i]->shape.name);
    for (uint32_t cause = 0; cause < REPLAY_CAUSES; cause++) {
        if (sim->flushes[cause])
            print_reason(&grid, sim, replay_cause_name(cause, name, sizeof(name)), sim->flushes[cause], refills,
                         cause);
    }
    print_reason(&grid, sim, "page not seen before", 0, cold, 0);
    print_reason(&grid, sim, "other", 0, other, 0);
    fputc('\n', to);
    print_grid(to, &grid);
    grid_free(&grid);
}

void print_tlbsim_table(FILE *to, const struct tlbsim *sim) {
    print_walks(to, sim);
    if (sim->count == 0)
        return;
    print_models(to, sim);
    print_causes(to, sim);
}

void print_tlbsim_csv(FILE *to, const struct tlbsim *sim) {
    char name[64];

    fprintf(to, "tlb,about,count\n");
    fprintf(to,
            "emulator,walks,%" PRIu64 "\nemulator,reproduced,%" PRIu64 "\nemulator,unmade,%" PRIu64
            "\nemulator,surplus,%" PRIu64 "\n",
            sim->walks, sim->reproduced, sim->unmade, sim->surplus);
    for (uint32_t i = 0; i < sim->count; i++) {
        const struct tlb_counts *counts = &sim->models[i]->counts;
        const char *tlb = sim->models[i]->shape.name;

        fprintf(to, "\"%s\",references,%" PRIu64 "\n", tlb, counts->references);
        for (unsigned use = 0; use < 3; use++)
            fprintf(to, "\"%s\",%s misses,%" PRIu64 "\n", tlb, use_names[use], counts->misses[use]);
        fprintf(to, "\"%s\",second level,%" PRIu64 "\n\"%s\",entries read,%" PRIu64 "\n\"%s\",stale,%" PRIu64 "\n",
                tlb, counts->second, tlb, counts->reads, tlb, counts->stale);
        fprintf(to, "\"%s\",saved by tags,%" PRId64 "\n\"%s\",flushes spared,%" PRIu64 "\n", tlb, tlbsim_saved(sim, i), tlb,
                counts->spared);
        fprintf(to, "\"%s\",cold,%" PRIu64 "\n\"%s\",other,%" PRIu64 "\n", tlb, counts->cold, tlb, counts->other);
        for (uint32_t cause = 0; cause < REPLAY_CAUSES; cause++) {
            if (sim->flushes[cause])
                fprintf(to, "\"%s\",refills %s,%" PRIu64 "\n", tlb, replay_cause_name(cause, name, sizeof(name)),
                        counts->refills[cause]);
        }
    }
}

static void put_model(struct json *json, const struct tlbsim *sim, uint32_t i) {
    const struct tlb_counts *counts = &sim->models[i]->counts;
    const struct tlb_model *plain = sim->plain[i];
    char name[64];

    json_begin(json, NULL, '{');
    json_text(json, "tlb", sim->models[i]->shape.name);
    json_number(json, "references", counts->references);
    json_number(json, "misses", tlb_misses(sim->models[i]));
    for (unsigned use = 0; use < 3; use++)
        json_number(json, use_names[use], counts->misses[use]);
    json_number(json, "second_level", counts->second);
    json_number(json, "entries_read", counts->reads);
    json_number(json, "failed", counts->failed);
    json_number(json, "stale", counts->stale);
    json_number(json, "cold", counts->cold);
    json_number(json, "other", counts->other);
    json_begin(json, "refills", '{');
    for (uint32_t cause = 0; cause < REPLAY_CAUSES; cause++) {
        if (sim->flushes[cause])
            json_number(json, replay_cause_name(cause, name, sizeof(name)), counts->refills[cause]);
    }
    json_end(json, '}');
    if (plain) {
        json_number(json, "misses_without_tags", tlb_misses(plain));
        json_number(json, "flushes_spared", counts->spared);
    } else {
        json_null(json, "misses_without_tags");
        json_null(json, "flushes_spared");
    }
    json_end(json, '}');
}

void print_tlbsim_json(FILE *to, const struct tlbsim *sim) {
    struct json json = { .to = to };
    char name[64];

    json_begin(&json, NULL, '{');
    json_number(&json, "format", 1);
    json_number(&json, "accesses", sim->replay.accesses);
    json_number(&json, "fetches", sim->replay.fetches);
    json_begin(&json, "emulator", '{');
    json_number(&json, "walks", sim->walks);
    json_number(&json, "unknown", sim->unknown);
    json_number(&json, "reproduced", sim->reproduced);
    json_number(&json, "unmade", sim->unmade);
    json_number(&json, "surplus", sim->surplus);
    json_number(&json, "alone_failed", sim->alone_failed);
    json_number(&json, "alone_fetch", sim->alone_fetch);
    json_number(&json, "alone_data", sim->alone_data);
    json_end(&json, '}');
    json_begin(&json, "flushes", '{');
    for (uint32_t cause = 0; cause < REPLAY_CAUSES; cause++) {
        if (sim->flushes[cause])
            json_number(&json, replay_cause_name(cause, name, sizeof(name)), sim->flushes[cause]);
    }
    json_end(&json, '}');
    json_begin(&json, "tlbs", '[');
    for (uint32_t i = 0; i < sim->count; i++)
        put_model(&json, sim, i);
    json_end(&json, ']');
    json_end(&json, '}');
}

void print_tlbsim_difference(FILE *to, const struct tlbsim *sim) {
    const struct reference *reference = &sim->first.reference;

    if (!sim->first.what)
        return;
    fprintf(to,
            "the emulator's TLB differs from its model in %" PRIu64 " walks; first at instruction %" PRIu64
            ", page %#010" PRIx32 ", %s%s%s: %s\n",
            sim->unmade + sim->surplus, reference->time, reference->page << 12, use_names[reference->use],
            reference->user ? ", ring 3" : "", reference->stack ? ", stack" : "", sim->first.what);
}
