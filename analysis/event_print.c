/*
 * event_print.c - see event_print.h.
 */
#include "analysis/event_print.h"

#include <inttypes.h>
#include <string.h>

static void print_flags(FILE *to, const struct trace_enumeration *names, uint32_t value) {
    const char *between = "";

    for (uint32_t i = 0; i < names->count; i++) {
        if (value & names->values[i].value) {
            fprintf(to, "%s%s", between, names->values[i].name);
            value &= ~names->values[i].value;
            between = "|";
        }
    }
    if (value || !*between)
        fprintf(to, "%s0x%x", between, value);
}

/* A guest may put anything into a text: nothing but letters reaches the terminal. */
static void print_text(FILE *to, const char *text, uint32_t bytes) {
    fputc('"', to);
    for (uint32_t i = 0; i < bytes && text[i]; i++) {
        if (text[i] >= ' ' && text[i] <= '~' && text[i] != '"' && text[i] != '\\')
            fputc(text[i], to);
        else
            fprintf(to, "\\x%02x", (unsigned char)text[i]);
    }
    fputc('"', to);
}

static void print_field(FILE *to, const struct trace_field *field, const unsigned char *from) {
    uint32_t word = 0;
    uint64_t wide = 0;

    memcpy(&word, from, sizeof(word));
    fprintf(to, " %s=", field->name);
    switch (field->kind) {
    case TRACE_FIELD_text:
        print_text(to, (const char *)from, field->bytes);
        break;
    case TRACE_FIELD_u64:
        memcpy(&wide, from, sizeof(wide));
        fprintf(to, "%" PRIu64, wide);
        break;
    case TRACE_FIELD_s32:
        fprintf(to, "%d", (int32_t)word);
        break;
    case TRACE_FIELD_hex:
        fprintf(to, "0x%x", word);
        break;
    case TRACE_FIELD_flags:
        print_flags(to, field->enumeration, word);
        break;
    case TRACE_FIELD_enum:
        if (trace_value_name(field->enumeration, word)) {
            fprintf(to, "%s", trace_value_name(field->enumeration, word));
            break;
        }
        /* fall through */
    default:
        fprintf(to, "%u", word);
    }
}

void print_event(FILE *to, const struct event *event) {
    if (event->what->is_hardware)
        fprintf(to, "cpu %s", event->what->name);
    else if (event->header.domid == TRACE_NO_DOMAIN)
        fprintf(to, "hypervisor %s", event->what->name);
    else
        fprintf(to, "d%u.%u %s", event->header.domid, event->header.vcpu, event->what->name);
    for (uint32_t i = 0; i < event->what->field_count; i++)
        print_field(to, &event->what->fields[i], event->bytes + event->what->fields[i].offset);
}
