/*
 * options.c - see options.h.
 */
#include "analysis/options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void usage_error(const char *format, ...) {
    va_list arguments;

    va_start(arguments, format);
    fputs("error: ", stderr);
    vfprintf(stderr, format, arguments);
    fputs("; --help tells more\n", stderr);
    va_end(arguments);
    exit(STATUS_USAGE);
}

bool take_option(int argc, char **argv, int *at, const char *name, const char **value) {
    const char *given = argv[*at];
    size_t length = strlen(name);

    if (strncmp(given, name, length) || (given[length] && (given[length] != '=' || !value)))
        return false;
    (*at)++;
    if (!value)
        return true;
    if (given[length] == '=') {
        *value = given + length + 1;
        return true;
    }
    if (*at == argc)
        usage_error("%s wants a value", name);
    *value = argv[(*at)++];
    return true;
}

void answer_help(int argc, char **argv, const char *help) {
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
            fputs(help, stdout);
            exit(finish_output(STATUS_FINE));
        }
    }
}

void take_directory(char **argv, int *at, const char **directory) {
    if (argv[*at][0] == '-')
        usage_error("unknown option %s", argv[*at]);
    if (*directory)
        usage_error("one directory at a time, not %s and %s", *directory, argv[*at]);
    *directory = argv[(*at)++];
}

const char *take_directory_and_format(int argc, char **argv, enum format *format) {
    const char *directory = NULL;

    *format = FORMAT_TABLE;
    for (int at = 1; at < argc;) {
        enum format chosen = FORMAT_TABLE;

        if (take_option(argc, argv, &at, "--csv", NULL))
            chosen = FORMAT_CSV;
        else if (take_option(argc, argv, &at, "--json", NULL))
            chosen = FORMAT_JSON;
        else
            take_directory(argv, &at, &directory);
        if (chosen != FORMAT_TABLE && *format != FORMAT_TABLE && *format != chosen)
            usage_error("one of --csv and --json");
        if (chosen != FORMAT_TABLE)
            *format = chosen;
    }
    if (!directory)
        usage_error("which trace directory?");
    return directory;
}

bool in_list(const char *list, const char *name) {
    for (const char *at = list; *at;) {
        size_t length = strcspn(at, ",");
        bool prefix = length && at[length - 1] == '*';

        if (prefix ? !strncmp(at, name, length - 1) : strlen(name) == length && !strncmp(at, name, length))
            return true;
        at += length + (at[length] == ',');
    }
    return false;
}

uint64_t option_number(const char *option, const char *text) {
    char *end;

    errno = 0;
    uint64_t number = strtoull(text, &end, 0);

    if (errno || end == text || *end || *text == '-')
        usage_error("%s %s: not a number", option, text);
    return number;
}

void check_record_names(const char *option, const char *list) {
    for (const char *at = list; *at;) {
        size_t length = strcspn(at, ",");
        char name[64];
        bool known = false;

        snprintf(name, sizeof(name), "%.*s", (int)length, at);
        for (uint32_t i = 0; i < trace_description_count; i++)
            known |= in_list(name, trace_descriptions[i].name);
        if (!known)
            usage_error("%s %s: there is no such record; docs/records.md lists them", option, name);
        at += length + (at[length] == ',');
    }
}

enum reader_status finish_output(enum reader_status status) {
    if (!fflush(stdout) && !ferror(stdout))
        return status;
    fprintf(stderr, "error: the result cannot be written: %s\n", strerror(errno));
    return STATUS_NOTHING;
}
