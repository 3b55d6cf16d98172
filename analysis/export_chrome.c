/*
 * export_chrome.c - the timeline in the Trace Event Format; see export.h.
 *
 * Rules: spans are complete events (X), points are instant ones (i), levels counters (C). The unit of time is the
 * microsecond; an instruction is made a nanosecond. Events come in the order of their ends, which the format allows.
 */
#include "analysis/export.h"

#include <inttypes.h>

#include "analysis/json.h"

/* Of an event what every one has but the name. The first one opens the file. */
static void begin_event(struct export_chrome *chrome, char phase, uint32_t process, uint32_t thread) {
    fputs(chrome->begun ? ",\n" : "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n", chrome->to);
    chrome->begun = true;
    fprintf(chrome->to, "{\"ph\":\"%c\",\"pid\":%" PRIu32 ",\"tid\":%" PRIu32, phase, process, thread);
}

static uint32_t thread_of(const struct timeline_item *item) {
    return item->vcpu * TIMELINE_LANES + item->lane + 1;
}

/* What: "process" or "thread". Both are shown in the order of their numbers. */
static void name_it(struct export_chrome *chrome, const char *what, uint32_t process, uint32_t thread,
                    const char *name) {
    begin_event(chrome, 'M', process, thread);
    fprintf(chrome->to, ",\"name\":\"%s_name\",\"args\":{\"name\":", what);
    json_quote(chrome->to, name);
    fputs("}}", chrome->to);
    begin_event(chrome, 'M', process, thread);
    fprintf(chrome->to, ",\"name\":\"%s_sort_index\",\"args\":{\"sort_index\":%" PRIu32 "}}", what,
            thread ? thread : process);
}

/* The names of the item's process and thread, when they have not been told yet. */
static void introduce(struct export_chrome *chrome, const struct timeline_item *item) {
    uint64_t process = (uint64_t)item->domain << 32, thread = process | thread_of(item);
    const char *lane = timeline_lanes[item->lane].name;
    char text[64];

    if (!map_get(&chrome->named, process)) {
        map_put(&chrome->named, process, 1);
        name_it(chrome, "process", item->domain, 0,
                timeline_owner(&chrome->timeline, LANE_PROCESSOR, item->domain, 0, text, sizeof(text)));
    }
    if (map_get(&chrome->named, thread))
        return;
    map_put(&chrome->named, thread, 1);
    if (item->domain == NOBODY || item->lane < LANE_STATE)
        snprintf(text, sizeof(text), "%s", lane);
    else
        snprintf(text, sizeof(text), "vcpu %" PRIu32 " %s", item->vcpu, lane);
    name_it(chrome, "thread", item->domain, thread_of(item), text);
}

static void put_arguments(FILE *to, const struct timeline_item *item) {
    const struct timeline_lane_kind *kind = &timeline_lanes[item->lane];

    fputs(",\"args\":{", to);
    if (*item->detail) {
        fputs("\"detail\":", to);
        json_quote(to, item->detail);
    }
    if (kind->value)
        fprintf(to, kind->hex ? "%s\"%s\":\"0x%" PRIx64 "\"" : "%s\"%s\":%" PRId64, *item->detail ? "," : "",
                kind->value, item->value);
    fputs("}}", to);
}

static void put_microseconds(FILE *to, const char *key, uint64_t instructions) {
    fprintf(to, ",\"%s\":%" PRIu64 ".%03u", key, instructions / 1000, (unsigned)(instructions % 1000));
}

static void on_item(void *state, const struct timeline_item *item) {
    static const char phases[] = { [SHAPE_SPANS] = 'X', [SHAPE_POINTS] = 'i', [SHAPE_LEVEL] = 'C' };
    struct export_chrome *chrome = state;
    const struct timeline_lane_kind *kind = &timeline_lanes[item->lane];

    introduce(chrome, item);
    begin_event(chrome, phases[kind->shape], item->domain, thread_of(item));
    fprintf(chrome->to, ",\"cat\":\"%s\",\"name\":", kind->name);
    json_quote(chrome->to, kind->shape == SHAPE_LEVEL ? kind->name : item->name);
    put_microseconds(chrome->to, "ts", item->from);
    if (kind->shape == SHAPE_SPANS)
        put_microseconds(chrome->to, "dur", item->to - item->from);
    if (kind->shape == SHAPE_POINTS)
        fputs(",\"s\":\"t\"", chrome->to);
    put_arguments(chrome->to, item);
}

void export_chrome_event(void *state, const struct event *event) {
    struct export_chrome *chrome = state;

    chrome->timeline.state = chrome;
    chrome->timeline.item = on_item;
    timeline_event(&chrome->timeline, event);
}

void export_chrome_finish(struct export_chrome *chrome, uint64_t time) {
    timeline_finish(&chrome->timeline, time);
    if (chrome->begun)
        fputs("\n]}\n", chrome->to);
    map_free(&chrome->named);
    timeline_free(&chrome->timeline);
}
