/*
 * json_read.c - see json_read.h: one function a kind of value, each leaving the cursor behind what it read.
 */
#include "analysis/json_read.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/map.h"

#define FILE_BYTES_MAX (1u << 20)
#define DEPTH_MAX 8

struct cursor {
    const char *at;
    struct json_file *file;
    char key[64];
    unsigned depth;
};

static bool read_value(struct cursor *cursor);

static bool complain(struct cursor *cursor, const char *error) {
    if (!cursor->file->error)
        cursor->file->error = error;
    return false;
}

static void skip_space(struct cursor *cursor) {
    for (; isspace((unsigned char)*cursor->at); cursor->at++)
        cursor->file->line += *cursor->at == '\n';
}

static bool take(struct cursor *cursor, char wanted) {
    skip_space(cursor);
    if (*cursor->at != wanted)
        return false;
    cursor->at++;
    return true;
}

static struct json_entry *add_entry(struct cursor *cursor) {
    struct json_file *file = cursor->file;

    file->entries = grow(file->entries, file->count + 1, sizeof(*file->entries));
    struct json_entry *entry = &file->entries[file->count++];

    *entry = (struct json_entry){ .is_number = false };
    snprintf(entry->key, sizeof(entry->key), "%s", cursor->key);
    return entry;
}

/* A text; what does not fit into size bytes is dropped. */
static bool read_text(struct cursor *cursor, char *to, size_t size) {
    size_t used = 0;

    if (!take(cursor, '"'))
        return complain(cursor, "a text in double quotes must stand here");
    while (*cursor->at != '"') {
        char letter = *cursor->at++;

        if (letter == '\0' || letter == '\n')
            return complain(cursor, "a text does not end");
        if (letter == '\\' && *cursor->at) {
            letter = *cursor->at++;
            letter = letter == 'n' ? '\n' : letter == 't' ? '\t' : letter;
        }
        if (used + 1 < size)
            to[used++] = letter;
    }
    to[used] = '\0';
    cursor->at++;
    return true;
}

static bool read_number(struct cursor *cursor) {
    struct json_entry *entry = add_entry(cursor);
    bool negative = *cursor->at == '-';
    char *end;

    errno = 0;
    entry->number = negative ? 0 : strtoull(cursor->at, &end, 10);
    if (negative)
        strtoll(cursor->at, &end, 10);
    if (end == cursor->at || errno)
        return complain(cursor, "not a number that can be held");
    entry->is_number = !negative && *end != '.' && *end != 'e' && *end != 'E';
    if (!entry->is_number)
        strtod(cursor->at, &end);
    cursor->at = end;
    return true;
}

static bool read_word(struct cursor *cursor) {
    static const char *const words[] = { "null", "true", "false" };

    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (!strncmp(cursor->at, words[i], strlen(words[i]))) {
            cursor->at += strlen(words[i]);
            return true;
        }
    }
    return complain(cursor, "no value stands where one must be");
}

/* The elements of an object or array up to its closing bracket; the key is made longer for each. */
static bool read_members(struct cursor *cursor, bool is_object, char closing) {
    size_t length = strlen(cursor->key);
    unsigned index = 0;

    cursor->at++;
    if (++cursor->depth > DEPTH_MAX)
        return complain(cursor, "it is nested too deeply");
    if (!take(cursor, closing)) {
        do {
            char name[48];

            snprintf(name, sizeof(name), "%u", index++);
            if (is_object && (!read_text(cursor, name, sizeof(name)) || !take(cursor, ':')))
                return complain(cursor, "a key and a colon must stand here");
            snprintf(cursor->key + length, sizeof(cursor->key) - length, "%s%s", length ? "." : "", name);
            if (!read_value(cursor))
                return false;
            cursor->key[length] = '\0';
        } while (take(cursor, ','));
        if (!take(cursor, closing))
            return complain(cursor, "a comma or a closing bracket is missing");
    }
    cursor->depth--;
    return true;
}

static bool read_value(struct cursor *cursor) {
    skip_space(cursor);
    if (*cursor->at == '{')
        return read_members(cursor, true, '}');
    if (*cursor->at == '[')
        return read_members(cursor, false, ']');
    if (*cursor->at == '"') {
        struct json_entry *entry = add_entry(cursor);

        entry->is_text = true;
        return read_text(cursor, entry->text, sizeof(entry->text));
    }
    if (*cursor->at == '-' || isdigit((unsigned char)*cursor->at))
        return read_number(cursor);
    return read_word(cursor);
}

void json_read(const char *path, struct json_file *file) {
    char *text = calloc(1, FILE_BYTES_MAX + 1);
    FILE *from = text ? fopen(path, "r") : NULL;
    struct cursor cursor = { .at = text, .file = file };

    *file = (struct json_file){ 0 };
    if (!from) {
        file->error = strerror(errno);
    } else {
        file->line = 1;
        if (fread(text, 1, FILE_BYTES_MAX + 1, from) > FILE_BYTES_MAX)
            file->error = "it is too long";
        else if (read_value(&cursor) && (skip_space(&cursor), *cursor.at))
            complain(&cursor, "something follows the end");
        fclose(from);
    }
    free(text);
}

const struct json_entry *json_find(const struct json_file *file, const char *key) {
    for (uint32_t i = 0; i < file->count; i++) {
        if (!strcmp(file->entries[i].key, key))
            return &file->entries[i];
    }
    return NULL;
}

void json_read_free(struct json_file *file) {
    free(file->entries);
    *file = (struct json_file){ 0 };
}
