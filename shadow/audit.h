/*
 * audit.h - what the parts of the audit share.
 *
 * Rules: an audit changes nothing and reports by rule number. It checks what can be seen in a state; S11 and the
 * order in S7 can only be seen in motion, and are checked by the hosted tests.
 * Callers: audit.c, audit_entries.c, audit_superpages.c.
 */
#ifndef SHADOW_AUDIT_H
#define SHADOW_AUDIT_H

#include "shadow/rules.h"
#include "shadow/types.h"

struct audit {
    struct shadow *shadow;
    uint32_t checks;
    uint32_t violations;
    uint32_t references;     /* that the entries seen hold */
    uint32_t nodes;          /* reverse-map nodes that the entries seen account for */
};

/* One check. When it does not hold, rule is broken by the entry at index of the page that stands for frame. */
void audit_check(struct audit *audit, bool holds, enum shadow_rule rule, uint32_t frame, uint32_t index, pte_t entry);

/* All entries of a page in use. */
void audit_page_entries(struct audit *audit, struct shadow_page *page);
/* The superpage that is the entry at index of root page; guest: the entry that it stands for. */
void audit_superpage(struct audit *audit, const struct shadow_page *page, uint32_t index, pte_t entry, pte_t guest);
/* The frames behind all superpages. */
void audit_superframes(struct audit *audit);

#endif
