/*
 * console.h - what a domain prints, on the machine's console.
 *
 * Rules: when several domains are configured each line begins with its domain, "(d2) ", and only whole lines are
 * printed, so that lines of two domains never mix. A line that is longer than CONSOLE_LINE_MAX is broken there. With
 * one domain everything is printed as it comes.
 * Callers: hypercall/console_io.c, console_ring.c, end.c.
 */
#ifndef XEN_DOMAIN_CONSOLE_H
#define XEN_DOMAIN_CONSOLE_H

#include <stdint.h>

#define CONSOLE_LINE_MAX 160

struct domain;

/* The part of a line that has not been printed yet. */
struct console_line {
    uint32_t length;
    char text[CONSOLE_LINE_MAX];
};

/* The domain prints length bytes of text. */
void domain_console_write(struct domain *domain, const char *text, uint32_t length);
/* The domain has come to its end: what is left of its last line is printed. */
void domain_console_end(struct domain *domain);

#endif
