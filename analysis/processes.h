/*
 * processes.h - which process of which domain runs: base_pointer records say which page directory a vcpu is on, process
 * markers say whose directory that is.
 *
 * Rules: a process is a domain and a number; its name and directory may change (exec). A directory that no marker has
 * named stands for itself. Entry 0 stands for "no process": before the first base pointer, and outside every domain.
 * Callers: analysis/flushes.c, analysis/tools/.
 */
#ifndef ANALYSIS_PROCESSES_H
#define ANALYSIS_PROCESSES_H

#include <stdbool.h>

#include "analysis/event.h"
#include "analysis/map.h"

struct process {
    uint32_t domid;
    uint32_t number;      /* the guest's, when named */
    uint32_t directory;   /* mfn of the page directory */
    bool named;
    char name[20];
};

struct processes {
    struct process *list;
    uint32_t count;
    struct map by_directory;   /* domid, mfn -> index */
    struct map by_number;      /* domid, number -> index */
    struct map current;        /* domid, vcpu -> directory's mfn */
};

/* Take notice of an event. */
void processes_event(struct processes *processes, const struct event *event);
/* Index of the process that the vcpu runs now. */
uint32_t processes_current(struct processes *processes, uint32_t domid, uint32_t vcpu);
/* A short text that tells this process from all others, for tables: "fork-cow (2)", "mfn 0x2001", "-". */
const char *process_title(const struct processes *processes, uint32_t index, char *text, size_t size);
void processes_free(struct processes *processes);

#endif
