/*
 * summary - one run in numbers, as JSON.
 */
#include <stdio.h>
#include <string.h>

#include "analysis/options.h"
#include "analysis/summary.h"

static const char help[] =
    "usage: summary [DIRECTORY] [--status FILE] [--fact KEY=VALUE]...\n"
    "\n"
    "Print a run as JSON: how it ended, instructions by privilege ring, TLB flushes, counters of the paging modes,\n"
    "mode switches, what the oracles checked and found. docs/summary.md describes the keys.\n"
    "\n"
    "  DIRECTORY          the folder with the trace; without it --status says what can be known\n"
    "  --status FILE      the status file that the agent wrote at the end of the run\n"
    "  --fact KEY=VALUE   what the trace does not know: guest, workload, mode, policy, geometry, memory_mib, trace,\n"
    "                     image_sha256; outcome replaces what the trace says\n"
    "\n"
    "Exit status: 0 fine, 1 a flush is unexplained or a rule was broken, 2 wrong usage, 3 nothing could be read,\n"
    "4 the trace is incomplete.\n"
    "\n"
    "Example: analysis/summary out/run/trace --fact guest=mini --fact workload=fork-cow\n";

struct analysis {
    struct domains domains;
    struct processes processes;
    struct flushes flushes;
    struct oracle oracle;
    struct run run;
    struct switches switches;
};

static void on_event(void *state, const struct event *event) {
    struct analysis *analysis = state;

    domains_event(&analysis->domains, event);
    processes_event(&analysis->processes, event);
    flushes_event(&analysis->flushes, event);
    oracle_event(&analysis->oracle, event);
    run_event(&analysis->run, event);
    switches_event(&analysis->switches, event);
}

static void take_fact(struct summary *summary, const char *fact) {
    const char *equals = strchr(fact, '=');
    size_t length = equals ? (size_t)(equals - fact) : 0;

    for (unsigned i = 0; equals && i < FACT_COUNT; i++) {
        if (strlen(fact_names[i]) != length || strncmp(fact_names[i], fact, length))
            continue;
        if (i == FACT_memory_mib && (!equals[1] || equals[1 + strspn(equals + 1, "0123456789")]))
            usage_error("--fact %s: a whole number of MiB", fact);
        summary->facts[i] = equals + 1;
        return;
    }
    usage_error("--fact %s: not KEY=VALUE with a key that is known", fact);
}

/* Returns the status file's name, or null. */
static const char *parse(int argc, char **argv, struct summary *summary, const char **directory) {
    const char *status = NULL, *fact;

    for (int at = 1; at < argc;) {
        if (take_option(argc, argv, &at, "--status", &status))
            continue;
        if (take_option(argc, argv, &at, "--fact", &fact))
            take_fact(summary, fact);
        else
            take_directory(argv, &at, directory);
    }
    if (!*directory && !status)
        usage_error("which trace directory or status file?");
    return status;
}

/* False: the status file says nothing; people have been told. */
static bool read_status(const char *path, struct json_file *file) {
    json_read(path, file);
    if (!file->error)
        return true;
    if (file->line)
        fprintf(stderr, "error: status file %s, line %u: %s\n", path, file->line, file->error);
    else
        fprintf(stderr, "error: status file %s: %s\n", path, file->error);
    return false;
}

static enum reader_status read_directory(const char *directory, struct analysis *analysis,
                                         struct reader_report *report) {
    enum reader_status status = read_trace(directory, on_event, analysis, report);

    print_report(directory, report);
    flushes_finish(&analysis->flushes);
    switches_finish(&analysis->switches);
    if (status == STATUS_NOTHING)
        return status;
    print_offence(stderr, &analysis->flushes);
    print_violation(stderr, &analysis->oracle);
    return analysis->flushes.unexplained || oracle_violations(&analysis->oracle) ? STATUS_OFFENCE : status;
}

int main(int argc, char **argv) {
    struct analysis analysis = {
        .processes = { .domains = &analysis.domains },
        .flushes = { .processes = &analysis.processes, .groupings = { BY_CAUSE, BY_MEANS, BY_DOMAIN } },
        .run = { .domains = &analysis.domains },
    };
    struct reader_report report = { 0 };
    struct json_file file = { 0 };
    struct summary summary = {
        .report = &report, .flushes = &analysis.flushes, .oracle = &analysis.oracle, .run = &analysis.run,
        .switches = &analysis.switches, .domains = &analysis.domains,
    };
    const char *directory = NULL;
    enum reader_status status = STATUS_FINE;

    answer_help(argc, argv, help);
    const char *status_file = parse(argc, argv, &summary, &directory);

    if (status_file && read_status(status_file, &file))
        summary.status = &file;
    if (directory)
        status = read_directory(directory, &analysis, &report);
    else if (!summary.status)
        status = STATUS_NOTHING;
    summary.has_trace = report.events;
    if (status != STATUS_NOTHING)
        print_summary(stdout, &summary);
    json_read_free(&file);
    flushes_free(&analysis.flushes);
    oracle_free(&analysis.oracle);
    run_free(&analysis.run);
    switches_free(&analysis.switches);
    processes_free(&analysis.processes);
    domains_free(&analysis.domains);
    return finish_output(status);
}
