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

enum reader_status finish_output(enum reader_status status) {
    if (!fflush(stdout) && !ferror(stdout))
        return status;
    fprintf(stderr, "error: the result cannot be written: %s\n", strerror(errno));
    return STATUS_NOTHING;
}
