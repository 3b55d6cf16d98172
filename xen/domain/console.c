/*
 * console.c - what a domain prints, line by line when there are several; see console.h.
 */
#include "xen/domain/console.h"

#include "xen/boot/options.h"
#include "xen/domain/domain.h"
#include "xen/lib/printk.h"

static __attribute__((noinline)) void print_line(struct domain *domain) {
    struct console_line *line = &domain->console_line;

    printk("(d%u) %.*s\n", domain->id, (int)line->length, line->text);
    line->length = 0;
}

static void add(struct domain *domain, char character) {
    struct console_line *line = &domain->console_line;

    if (character == '\n' || line->length == CONSOLE_LINE_MAX) {
        print_line(domain);
    }
    if (character != '\n' && character != '\r' && character != 0) {
        line->text[line->length++] = character;
    }
}

void domain_console_write(struct domain *domain, const char *text, uint32_t length) {
    if (domain_config_count <= 1 && domain->config) {
        console_write(text, length);
        return;
    }
    for (uint32_t i = 0; i < length; i++) {
        add(domain, text[i]);
    }
}

/* Out of line: what the compiler expands there it would not expand where it counts. */
__attribute__((cold, noinline)) void domain_console_end(struct domain *domain) {
    if (domain->console_line.length != 0) {
        print_line(domain);
    }
}
