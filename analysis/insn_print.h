/*
 * insn_print.h - what a trace has of instructions, an item or record a row: as text for people, as CSV and as JSON.
 *
 * Callers: analysis/tools/insn.c.
 */
#ifndef ANALYSIS_INSN_PRINT_H
#define ANALYSIS_INSN_PRINT_H

#include "analysis/images.h"
#include "analysis/json.h"
#include "analysis/options.h"

struct insn_print {
    struct images *images;
    const struct follow *follow;
    enum format format;      /* FORMAT_TABLE, FORMAT_CSV or FORMAT_JSON */

    /* for insn_print.c alone */
    struct json json;
    bool begun;
};

/* Behind the last row, or in the place of any. */
void insn_print_end(struct insn_print *print);

/* The index-th instruction of the run's code, which began at time. */
void insn_print_instruction(struct insn_print *print, const struct context *context, uint64_t time,
                            const struct stream_run *run, uint32_t index);
/* An item of another kind. */
void insn_print_item(struct insn_print *print, const struct context *context, const struct stream_item *item);
void insn_print_record(struct insn_print *print, const struct context *context, const struct event *event);

#endif
