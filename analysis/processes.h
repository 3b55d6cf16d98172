/*
 * processes.h - which process of which domain runs: base_pointer records say which page directory a vcpu is on, process
 * markers say whose directory that is. On the bare machine the loads of CR3 say it.
 *
 * Rules: a process is a domain and a number; its name and directory may change (exec). A directory that no marker has
 * named stands for itself. Entry 0 stands for "no process": before the first base pointer, and outside every domain.
 * Callers: analysis/flushes.c, analysis/tools/.
 */
#ifndef ANALYSIS_PROCESSES_H
#define ANALYSIS_PROCESSES_H

#include <stdbool.h>

#include "analysis/domains.h"

struct process {
    uint32_t domain;      /* index in domains */
    uint32_t number;      /* the guest's, when named */
    uint32_t directory;   /* mfn of the page directory */
    bool named;
    char name[20];
};

struct processes {
    struct domains *domains;   /* the caller's; fed with each event before processes_event */
    struct process *list;
    uint32_t count;
    struct map by_directory;   /* domain, mfn -> index */
    struct map by_number;      /* domain, number -> index */
    struct map current;        /* domain, vcpu -> directory's mfn */
    uint32_t changes;          /* how often a process was named */
};

/* Take notice of an event. */
void processes_event(struct processes *processes, const struct event *event);
/* Index of the process that the vcpu runs now. */
uint32_t processes_current(struct processes *processes, uint32_t domid, uint32_t vcpu);
/*
 * A short text that tells this process from all others of its domain, for tables: "fork-cow (2)", "mfn 0x2001", "-".
 * of_any_domain: from those of all domains: "3: init (1)", if several have processes.
 */
const char *process_title(const struct processes *processes, uint32_t index, bool of_any_domain, char *text,
                          size_t size);
void processes_free(struct processes *processes);

#endif
