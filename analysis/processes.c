/*
 * processes.c - see processes.h.
 */
#include "analysis/processes.h"

#include <stdio.h>
#include <stdlib.h>

#include "analysis/text.h"

static uint64_t key_of(uint32_t domid, uint32_t other) {
    return (uint64_t)domid << 32 | other;
}

static uint32_t add(struct processes *processes, struct process process) {
    if (processes->count == 0) {
        processes->list = grow(NULL, 1, sizeof(*processes->list));
        processes->list[processes->count++] = (struct process){ .domid = TRACE_NO_DOMAIN };
    }
    processes->list = grow(processes->list, processes->count + 1, sizeof(*processes->list));
    processes->list[processes->count] = process;
    map_put(&processes->by_directory, key_of(process.domid, process.directory), processes->count);
    return processes->count++;
}

static void name_process(struct processes *processes, uint32_t domid, const struct trace_record_marker *marker) {
    const uint32_t *known = map_get(&processes->by_number, key_of(domid, marker->b));
    uint32_t index;

    if (known) {
        index = *known;
        map_put(&processes->by_directory, key_of(domid, marker->a), index);
    } else {
        index = add(processes, (struct process){ .domid = domid, .number = marker->b, .directory = marker->a });
        map_put(&processes->by_number, key_of(domid, marker->b), index);
    }
    struct process *process = &processes->list[index];

    process->named = true;
    process->directory = marker->a;
    take_text(process->name, sizeof(process->name), marker->text, sizeof(marker->text));
}

void processes_event(struct processes *processes, const struct event *event) {
    if (event->header.id == TRACE_ID_marker) {
        const struct trace_record_marker *marker = (const void *)event->bytes;

        if (marker->kind == TRACE_MARKER_process)
            name_process(processes, event->header.domid, marker);
    } else if (event->header.id == TRACE_ID_base_pointer) {
        const struct trace_record_base_pointer *switched = (const void *)event->bytes;

        map_put(&processes->current, key_of(event->header.domid, event->header.vcpu), switched->guest_mfn);
    }
}

uint32_t processes_current(struct processes *processes, uint32_t domid, uint32_t vcpu) {
    const uint32_t *directory = map_get(&processes->current, key_of(domid, vcpu));

    if (!directory)
        return 0;
    const uint32_t *index = map_get(&processes->by_directory, key_of(domid, *directory));

    return index ? *index : add(processes, (struct process){ .domid = domid, .directory = *directory });
}

const char *process_title(const struct processes *processes, uint32_t index, char *text, size_t size) {
    const struct process *process = index < processes->count ? &processes->list[index] : NULL;

    if (index == 0 || !process)
        snprintf(text, size, "-");
    else if (process->named)
        snprintf(text, size, "%s (%u)", process->name, process->number);
    else
        snprintf(text, size, "mfn 0x%x", process->directory);
    return text;
}

void processes_free(struct processes *processes) {
    free(processes->list);
    map_free(&processes->by_directory);
    map_free(&processes->by_number);
    map_free(&processes->current);
    *processes = (struct processes){ 0 };
}
