/*
 * options.h - what the tools' command lines have in common.
 *
 * Callers: analysis/tools/.
 */
#ifndef ANALYSIS_OPTIONS_H
#define ANALYSIS_OPTIONS_H

#include <stdbool.h>

#include "analysis/reader.h"

/* Print "error: " and the message, tell about --help, and end with STATUS_USAGE. */
_Noreturn void usage_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * If argv[*at] is name, or name=VALUE when value is not null: takes it, and the argument that follows as its value when
 * there is no "=", moves *at past it, and returns true. Ends the program when the value is missing.
 */
bool take_option(int argc, char **argv, int *at, const char *name, const char **value);

/* --help or -h among the arguments: print help and end the program. */
void answer_help(int argc, char **argv, const char *help);

/* What is no option is the one directory. Ends the program when it is an unknown option or a second directory. */
void take_directory(char **argv, int *at, const char **directory);

enum format { FORMAT_TABLE, FORMAT_CSV, FORMAT_JSON, FORMAT_SVG };

/* The command line DIRECTORY [--csv | --json]: the directory, and the format. Ends the program when it is another. */
const char *take_directory_and_format(int argc, char **argv, enum format *format);

/* Is name in the list of names with commas between them? One that ends in * stands for all that begin so. */
bool in_list(const char *list, const char *name);
/* The number that was given to option, in C's ways to write one. Ends the program when text is none. */
uint64_t option_number(const char *option, const char *text);
/* Ends the program when one in the list that was given to option is no record's name. */
void check_record_names(const char *option, const char *list);

/* Flush standard output. Returns status, or STATUS_NOTHING with a message when not everything could be written. */
enum reader_status finish_output(enum reader_status status);

#endif
