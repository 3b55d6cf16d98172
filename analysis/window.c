/*
 * window.c - see window.h.
 */
#include "analysis/window.h"

#include <stddef.h>

void choose_format(struct command *command, enum format format) {
    if (command->format != FORMAT_TABLE && command->format != format)
        usage_error("only one kind of output is possible");
    command->format = format;
}

bool take_window(int argc, char **argv, int *at, struct window *window) {
    const char *value;

    if (take_option(argc, argv, at, "--from", &value))
        window->from = option_number("--from", value);
    else if (take_option(argc, argv, at, "--until", &value))
        window->until = option_number("--until", value);
    else
        return false;
    if (window->from >= window->until)
        usage_error("--from must be less than --until");
    return true;
}

void take_command(int argc, char **argv, int *at, struct command *command) {
    if (take_option(argc, argv, at, "--csv", NULL))
        choose_format(command, FORMAT_CSV);
    else if (take_option(argc, argv, at, "--json", NULL))
        choose_format(command, FORMAT_JSON);
    else if (!take_window(argc, argv, at, &command->window))
        take_directory(argv, at, &command->directory);
}

void check_command(const struct command *command) {
    if (!command->directory)
        usage_error("which trace directory?");
}
