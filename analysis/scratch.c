/*
 * scratch.c - see scratch.h. A signal handler may call nothing but unlink, rmdir and raise, so the names are kept ready
 * for it.
 */
#include "analysis/scratch.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/map.h"

#define FILES_MAX 256
#define PATH_BYTES 4096

static char folder[PATH_BYTES];            /* empty: none */
static char *files[FILES_MAX];
static volatile sig_atomic_t file_count;

static void unlink_all(void) {
    for (int i = 0; i < file_count; i++)
        unlink(files[i]);
    if (folder[0])
        rmdir(folder);
}

static void on_signal(int number) {
    unlink_all();
    signal(number, SIG_DFL);
    raise(number);
}

const char *scratch_make(void) {
    static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
    const char *parent = getenv("TMPDIR");

    snprintf(folder, sizeof(folder), "%s/penumbra-trace-XXXXXX", parent && parent[0] ? parent : "/tmp");
    if (!mkdtemp(folder)) {
        folder[0] = '\0';
        return NULL;
    }
    for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (signal(numbers[i], on_signal) == SIG_IGN) /* as nohup wants it */
            signal(numbers[i], SIG_IGN);
    }
    return folder;
}

const char *scratch_path(const char *name) {
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = grow(NULL, size, 1);

    snprintf(path, size, "%s/%s", folder, name);
    if (file_count == FILES_MAX) {
        fprintf(stderr, "error: a trace with more than %d streams\n", FILES_MAX - 1);
        unlink_all();
        exit(3);
    }
    files[file_count] = path;
    file_count = file_count + 1;
    return path;
}

void scratch_remove(void) {
    unlink_all();
    folder[0] = '\0';
    while (file_count > 0) {
        file_count = file_count - 1;
        free(files[file_count]);
    }
}
