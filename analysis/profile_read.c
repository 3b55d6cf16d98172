/*
 * profile_read.c - see profile_read.h.
 */
#include "analysis/profile_read.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void on_item(void *state, const struct context *context, const struct stream_item *item) {
    profile_item(state, context, item);
}

static void on_event(void *state, const struct context *context, const struct event *event) {
    profile_event(state, context, event);
}

struct profile_read *profile_read(const char *path, uint64_t from, uint64_t until, const char *images, int by) {
    struct profile_read *read = grow(NULL, 1, sizeof(*read));

    *read = (struct profile_read){ .status = STATUS_NOTHING };
    read->follow = (struct follow){ .state = &read->profile, .item = on_item, .event = on_event };
    read->entries.by = by < 0 ? BY_ENTRY : (enum entries_by)by;
    read->profile = (struct profile){ .images = &read->images, .entries = by < 0 ? NULL : &read->entries };
    images_open(&read->images, &read->follow, path, images);
    read->status = follow_trace(&read->follow, path, from, until);
    if (read->status != STATUS_NOTHING)
        profile_finish(&read->profile);
    return read;
}

void profile_read_report(const struct profile_read *read, const char *path) {
    follow_print_report(path, &read->follow);
    if (read->status == STATUS_NOTHING)
        return;
    if (read->images.trouble[0])
        fprintf(stderr, "warning: trace %s: symbols are missing: %s\n", path, read->images.trouble);
    if (read->profile.paths.full)
        fprintf(stderr, "warning: there are more than %u paths of calls; the instructions of others count for their "
                "callers\n", PATHS_NODES);
}

enum reader_status profile_read_status(const struct profile_read *read) {
    return read->status;
}

const char *profile_read_trouble(const struct profile_read *read) {
    static char missing[80];

    if (read->follow.trouble[0])
        return read->follow.trouble;
    if (read->follow.report.error[0])
        return read->follow.report.error;
    snprintf(missing, sizeof(missing), "%" PRIu64 " instructions are missing", read->follow.totals.missing);
    return read->follow.totals.missing ? missing : read->images.trouble;
}

bool profile_read_function(const struct profile_read *read, uint32_t index, struct function_row *row) {
    const struct profile *profile = &read->profile;

    if (index >= profile->function_count)
        return false;
    const struct function_count *from = &profile->functions[index];

    *row = (struct function_row){ .function = from->name, .calls = from->calls, .instructions = from->instructions,
                                  .with_callees = from->with_callees };
    image_title(profile->images, from->image, row->image, sizeof(row->image));
    return true;
}

bool profile_read_entry(const struct profile_read *read, uint32_t index, struct entry_row *row) {
    const struct entries *entries = &read->entries;

    if (index < entries->count) {
        const struct entry_kind *kind = &entries->kinds[index];
        const struct spread *spread = &kind->instructions;

        *row = (struct entry_row){
            .kind = kind->name, .entries = spread->count, .instructions = spread->sum, .least = spread->least,
            .median = spread_at(spread, 50), .p90 = spread_at(spread, 90), .most = spread->most, .writes = kind->writes,
        };
        return true;
    }
    if (index - entries->count >= entries->function_count)
        return false;
    const struct entry_function *function = &entries->functions[index - entries->count];

    *row = (struct entry_row){ .kind = entries->kinds[function->kind].name, .entries = function->entries,
                               .instructions = function->instructions };
    images_of_function(&read->images, function->function, &row->function);
    return true;
}

void profile_read_free(struct profile_read *read) {
    profile_free(&read->profile);
    entries_free(&read->entries);
    images_close(&read->images);
    follow_free(&read->follow);
    free(read);
}
