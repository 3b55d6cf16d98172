/*
 * memory_json.c - what a trace touched as JSON; the keys are described in docs/analysis.md.
 */
#include <stdlib.h>

#include "analysis/json.h"
#include "analysis/map.h"
#include "analysis/memory.h"

static void put_touched(struct json *json, const struct touched *touched) {
    json_number(json, "instructions", touched->instructions);
    json_number(json, "reads", touched->reads);
    json_number(json, "writes", touched->writes);
    json_number(json, "walk_reads", touched->walk_reads);
    json_number(json, "walk_sets", touched->walk_sets);
}

static void put_uses(struct json *json, const struct memory *memory) {
    json_begin(json, "uses", '[');
    for (unsigned use = 0; use < FRAME_USES; use++) {
        json_begin(json, NULL, '{');
        json_text(json, "use", frame_use_names[use]);
        json_number(json, "frames", memory_count(memory->seen[use]));
        put_touched(json, &memory->by_use[use]);
        json_end(json, '}');
    }
    json_end(json, ']');
}

static void put_intervals(struct json *json, const struct memory *memory) {
    json_number(json, "interval", memory->length);
    json_begin(json, "intervals", '[');
    for (uint32_t i = 0; i < memory->count; i++) {
        const struct interval *interval = &memory->intervals[i];

        json_begin(json, NULL, '{');
        json_number(json, "from", memory->begin + i * memory->length);
        json_begin(json, "frames", '{');
        for (unsigned use = 0; use < FRAME_USES; use++)
            json_number(json, frame_use_names[use], memory_count(interval->frames[use]));
        json_end(json, '}');
        json_number(json, "written", memory_count(interval->written));
        json_begin(json, "heat", '[');
        for (unsigned row = 0; row < MEMORY_ROWS; row++)
            json_number(json, NULL, interval->heat[row]);
        json_end(json, ']');
        json_end(json, '}');
    }
    json_end(json, ']');
}

static void put_hottest(struct json *json, const struct memory *memory, uint32_t top) {
    uint32_t *list = grow(NULL, top + 1, sizeof(*list)), count = memory_hottest(memory, list, top);

    json_begin(json, "hottest", '[');
    for (uint32_t i = 0; i < count; i++) {
        json_begin(json, NULL, '{');
        json_number(json, "mfn", list[i]);
        json_text(json, "use", frame_use_names[frames_use(&memory->frames, list[i])]);
        put_touched(json, &memory->by_frame[list[i]]);
        json_end(json, '}');
    }
    json_end(json, ']');
    free(list);
}

static void put_reuse(struct json *json, const struct reuse *reuse) {
    json_begin(json, "reuse", '{');
    json_number(json, "references", reuse->references);
    json_number(json, "first", reuse->first);
    json_begin(json, "distances", '[');
    for (unsigned bucket = 0; bucket < REUSE_BUCKETS; bucket++) {
        json_begin(json, NULL, '{');
        json_number(json, "from", reuse_bucket_first(bucket));
        json_number(json, "references", reuse->buckets[bucket]);
        json_end(json, '}');
    }
    json_end(json, ']');
    json_end(json, '}');
}

void print_memory_json(FILE *to, const struct memory *memory, uint32_t top) {
    struct json json = { .to = to };

    json_begin(&json, NULL, '{');
    json_number(&json, "format", 1);
    json_number(&json, "accesses", memory->accesses);
    json_number(&json, "machine_frames", memory->frame_count);
    put_uses(&json, memory);
    put_intervals(&json, memory);
    put_hottest(&json, memory, top);
    put_reuse(&json, &memory->reuse);
    json_end(&json, '}');
}
