/*
 * json_read.h - the few numbers and texts of a small JSON file, by path.
 *
 * Rules: an object is flattened to "outer.inner" keys; elements of arrays have their index as key. Only what is needed:
 * texts without escapes beyond \" \\ \/ \n \t are kept as they are written.
 * Callers: analysis/tools/summary.c (the agent's status file). Source: RFC 8259.
 */
#ifndef ANALYSIS_JSON_READ_H
#define ANALYSIS_JSON_READ_H

#include <stdbool.h>
#include <stdint.h>

struct json_entry {
    char key[64];
    char text[128];      /* of a string; empty otherwise */
    uint64_t number;     /* of a whole number that is not negative */
    bool is_number, is_text;
};

struct json_file {
    struct json_entry *entries;
    uint32_t count;
    const char *error;   /* what is wrong, static storage; null when the file was read */
    uint32_t line;       /* and where; 0: the file could not be opened */
};

/* Read the file at path. On error the entries before it are kept, error and line say what and where. */
void json_read(const char *path, struct json_file *file);
/* The entry under key, or null. */
const struct json_entry *json_find(const struct json_file *file, const char *key);
void json_read_free(struct json_file *file);

#endif
