/*
 * events - the records of a trace as text, one a line, filtered.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/options.h"
#include "analysis/reader.h"

static const char help[] =
    "usage: events DIRECTORY [--only NAME[,NAME...]] [--from N] [--to N] [--count N]\n"
    "\n"
    "Print the records of a trace in time order: instruction, domain and vcpu, name, fields. docs/records.md lists\n"
    "the records.\n"
    "\n"
    "  DIRECTORY    the folder with the trace\n"
    "  --only NAME  only records of these names; NAME may end in * (shadow_*)\n"
    "  --from N     only from instruction N on\n"
    "  --to N       only up to instruction N\n"
    "  --count N    only the first N of them\n"
    "\n"
    "Exit status: 0 fine, 2 wrong usage, 3 nothing could be read, 4 the trace is incomplete.\n"
    "\n"
    "Example: analysis/events out/run/trace --only flush,hw_tlb_control --count 20\n";

struct filter {
    const char *directory;
    const char *only;       /* null: all */
    uint64_t from, to, count;
};

static bool is_wanted(const char *list, const char *name) {
    for (const char *at = list; *at;) {
        size_t length = strcspn(at, ",");
        bool prefix = length && at[length - 1] == '*';

        if (prefix ? !strncmp(at, name, length - 1) : strlen(name) == length && !strncmp(at, name, length))
            return true;
        at += length + (at[length] == ',');
    }
    return false;
}

static void print_flags(const struct trace_enumeration *names, uint32_t value) {
    const char *between = "";

    for (uint32_t i = 0; i < names->count; i++) {
        if (value & names->values[i].value) {
            printf("%s%s", between, names->values[i].name);
            value &= ~names->values[i].value;
            between = "|";
        }
    }
    if (value || !*between)
        printf("%s0x%x", between, value);
}

/* A guest may put anything into a text: nothing but letters reaches the terminal. */
static void print_text(const char *text, uint32_t bytes) {
    putchar('"');
    for (uint32_t i = 0; i < bytes && text[i]; i++) {
        if (text[i] >= ' ' && text[i] <= '~' && text[i] != '"' && text[i] != '\\')
            putchar(text[i]);
        else
            printf("\\x%02x", (unsigned char)text[i]);
    }
    putchar('"');
}

static void print_field(const struct trace_field *field, const unsigned char *from) {
    uint32_t word = 0;
    uint64_t wide = 0;

    memcpy(&word, from, sizeof(word));
    printf(" %s=", field->name);
    switch (field->kind) {
    case TRACE_FIELD_text:
        print_text((const char *)from, field->bytes);
        break;
    case TRACE_FIELD_u64:
        memcpy(&wide, from, sizeof(wide));
        printf("%" PRIu64, wide);
        break;
    case TRACE_FIELD_s32:
        printf("%d", (int32_t)word);
        break;
    case TRACE_FIELD_hex:
        printf("0x%x", word);
        break;
    case TRACE_FIELD_flags:
        print_flags(field->enumeration, word);
        break;
    case TRACE_FIELD_enum:
        if (trace_value_name(field->enumeration, word)) {
            printf("%s", trace_value_name(field->enumeration, word));
            break;
        }
        /* fall through */
    default:
        printf("%u", word);
    }
}

static void on_event(void *state, const struct event *event) {
    struct filter *filter = state;

    if (event->time < filter->from || event->time > filter->to || filter->count == 0)
        return;
    if (filter->only && !is_wanted(filter->only, event->what->name))
        return;
    filter->count--;
    printf("%" PRIu64 " ", event->time);
    if (event->what->is_hardware)
        printf("cpu %s", event->what->name);
    else if (event->header.domid == TRACE_NO_DOMAIN)
        printf("hypervisor %s", event->what->name);
    else
        printf("d%u.%u %s", event->header.domid, event->header.vcpu, event->what->name);
    for (uint32_t i = 0; i < event->what->field_count; i++)
        print_field(&event->what->fields[i], event->bytes + event->what->fields[i].offset);
    putchar('\n');
}

static uint64_t number_of(const char *option, const char *text) {
    char *end;

    errno = 0;
    uint64_t number = strtoull(text, &end, 0);

    if (errno || end == text || *end || *text == '-')
        usage_error("%s %s: not a number", option, text);
    return number;
}

static void check_names(const char *list) {
    for (const char *at = list; *at;) {
        size_t length = strcspn(at, ",");
        char name[64];
        bool known = false;

        snprintf(name, sizeof(name), "%.*s", (int)length, at);
        for (uint32_t i = 0; i < trace_description_count; i++)
            known |= is_wanted(name, trace_descriptions[i].name);
        if (!known)
            usage_error("--only %s: there is no such record; docs/records.md lists them", name);
        at += length + (at[length] == ',');
    }
}

static struct filter parse(int argc, char **argv) {
    struct filter filter = { .to = UINT64_MAX, .count = UINT64_MAX };
    const char *value;

    for (int at = 1; at < argc;) {
        if (take_option(argc, argv, &at, "--only", &value))
            check_names(filter.only = value);
        else if (take_option(argc, argv, &at, "--from", &value))
            filter.from = number_of("--from", value);
        else if (take_option(argc, argv, &at, "--to", &value))
            filter.to = number_of("--to", value);
        else if (take_option(argc, argv, &at, "--count", &value))
            filter.count = number_of("--count", value);
        else
            take_directory(argv, &at, &filter.directory);
    }
    if (!filter.directory)
        usage_error("which trace directory?");
    return filter;
}

int main(int argc, char **argv) {
    struct reader_report report;

    answer_help(argc, argv, help);
    struct filter filter = parse(argc, argv);
    enum reader_status status = read_trace(filter.directory, on_event, &filter, &report);

    print_report(filter.directory, &report);
    return finish_output(status);
}
