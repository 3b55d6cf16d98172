/*
 * processes.c - see processes.h.
 */
#include "analysis/processes.h"

#include <stdio.h>
#include <stdlib.h>

#include "analysis/text.h"

#define PAGE_SHIFT 12

static uint64_t key_of(uint32_t domain, uint32_t other) {
    return (uint64_t)domain << 32 | other;
}

static uint32_t add(struct processes *processes, struct process process) {
    if (processes->count == 0) {
        processes->list = grow(NULL, 1, sizeof(*processes->list));
        processes->list[processes->count++] = (struct process){ .domain = NOBODY };
    }
    processes->list = grow(processes->list, processes->count + 1, sizeof(*processes->list));
    processes->list[processes->count] = process;
    map_put(&processes->by_directory, key_of(process.domain, process.directory), processes->count);
    return processes->count++;
}

static void name_process(struct processes *processes, uint32_t domain, const struct trace_record_marker *marker) {
    const uint32_t *known = map_get(&processes->by_number, key_of(domain, marker->b));
    uint32_t index;

    if (known) {
        index = *known;
        map_put(&processes->by_directory, key_of(domain, marker->a), index);
    } else {
        index = add(processes, (struct process){ .domain = domain, .number = marker->b, .directory = marker->a });
        map_put(&processes->by_number, key_of(domain, marker->b), index);
    }
    struct process *process = &processes->list[index];

    processes->changes++;
    process->named = true;
    process->directory = marker->a;
    take_text(process->name, sizeof(process->name), marker->text, sizeof(marker->text));
}

void processes_event(struct processes *processes, const struct event *event) {
    if (event->header.id == TRACE_ID_marker) {
        const struct trace_record_marker *marker = (const void *)event->bytes;

        if (marker->kind == TRACE_MARKER_process)
            name_process(processes, domains_of(processes->domains, event->header.domid), marker);
    } else if (event->header.id == TRACE_ID_base_pointer) {
        const struct trace_record_base_pointer *switched = (const void *)event->bytes;

        uint32_t domain = domains_of(processes->domains, event->header.domid);

        map_put(&processes->current, key_of(domain, event->header.vcpu), switched->guest_mfn);
    } else if (event->header.id == TRACE_ID_flush) {
        const struct trace_record_flush *flush = (const void *)event->bytes;
        uint32_t domain = domains_of(processes->domains, event->header.domid);

        if (flush->means == TRACE_MEANS_mov_cr3 && processes->domains->list[domain].mode == TRACE_MODE_native)
            map_put(&processes->current, key_of(domain, event->header.vcpu), flush->value >> PAGE_SHIFT);
    }
}

uint32_t processes_current(struct processes *processes, uint32_t domid, uint32_t vcpu) {
    uint32_t domain = domains_of(processes->domains, domid);
    const uint32_t *directory = map_get(&processes->current, key_of(domain, vcpu));

    if (!directory)
        return 0;
    const uint32_t *index = map_get(&processes->by_directory, key_of(domain, *directory));

    return index ? *index : add(processes, (struct process){ .domain = domain, .directory = *directory });
}

static bool have_several_domains(const struct processes *processes) {
    for (uint32_t i = 2; i < processes->count; i++) {
        if (processes->list[i].domain != processes->list[1].domain)
            return true;
    }
    return false;
}

const char *process_title(const struct processes *processes, uint32_t index, bool of_any_domain, char *text,
                          size_t size) {
    const struct process *process = index < processes->count ? &processes->list[index] : NULL;
    char domain[32] = "", title[32];

    if (index == 0 || !process) {
        snprintf(text, size, "-");
        return text;
    }
    if (of_any_domain && have_several_domains(processes))
        domain_title(processes->domains, process->domain, domain, sizeof(domain));
    if (process->named)
        snprintf(title, sizeof(title), "%s (%u)", process->name, process->number);
    else
        snprintf(title, sizeof(title), "mfn 0x%x", process->directory);
    snprintf(text, size, "%s%s%s", domain, domain[0] ? ": " : "", title);
    return text;
}

void processes_free(struct processes *processes) {
    free(processes->list);
    map_free(&processes->by_directory);
    map_free(&processes->by_number);
    map_free(&processes->current);
    *processes = (struct processes){ 0 };
}
