/*
 * window.c - see window.h.
 */
#include "analysis/window.h"

#include "analysis/options.h"

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
