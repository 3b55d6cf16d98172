/*
 * layouts.c - see layouts.h. Declarations are looked for by the words that they begin with; what is between them
 * defines the types that LTTng-UST 2.13 always defines in the same way.
 */
#include "analysis/layouts.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/metadata.h"

/* The text between two places. */
struct span {
    const char *at, *end;
};

static const char *find(struct span in, const char *word) {
    return memmem(in.at, (size_t)(in.end - in.at), word, strlen(word));
}

/* The number behind a name and "= ". False: it is not there. */
static bool number(struct span in, const char *name, uint32_t *value) {
    size_t length = strlen(name);

    for (const char *at = in.at; (at = find((struct span){ at, in.end }, name)); at += length) {
        if (at == in.at || !strchr("\t {;", at[-1]) || strncmp(at + length, " = ", 3))
            continue;
        *value = (uint32_t)strtoul(at + length + 3, NULL, 10);
        return true;
    }
    return false;
}

/* Behind the brace that closes the one at `at`; quoted braces do not count. */
static const char *close_of(const char *at) {
    int depth = 0;
    bool quoted = false;

    for (; *at; at++) {
        quoted ^= *at == '"';
        if (!quoted && *at == '{')
            depth++;
        if (!quoted && *at == '}' && --depth == 0)
            return at + 1;
    }
    return at;
}

static const char *skip_blanks(const char *at) {
    return at + strspn(at, " \t\r\n");
}

/* Where a field called name goes, if the schema knows it. False: it cannot hold what the schema says. */
static bool place_field(struct layout *layout, struct span name, struct layout_step step) {
    char text[64];
    bool is_text;

    if (layout->result != DECODE_OK || (size_t)(name.end - name.at) >= sizeof(text))
        return true;
    memcpy(text, name.at, (size_t)(name.end - name.at));
    text[name.end - name.at] = '\0';
    if (!decode_place(layout->what, text, &step.to, &step.to_bytes, &is_text))
        return true;
    if (is_text != step.is_text || layout->count == LAYOUT_STEPS_MAX)
        return false;
    if (is_text && step.from_bytes > step.to_bytes)
        step.from_bytes = step.to_bytes;
    layout->steps[layout->count++] = step;
    return true;
}

/* One field: [enum :] integer { ... } [{ labels }] _name[[N]];  Returns what is behind it, or null. */
static const char *take_field(struct layout *layout, const char *at) {
    struct layout_step step = { .from = layout->bytes };
    struct span type, name;
    uint32_t bits, align, is_signed = 0, elements = 1;

    if (!strncmp(at, "enum : ", 7))
        at += 7;
    if (strncmp(at, "integer {", 9))
        return NULL;
    type = (struct span){ at, close_of(at) };
    at = skip_blanks(type.end);
    if (*at == '{')
        at = skip_blanks(close_of(at));
    name.at = at + (*at == '_');
    name.end = at += strcspn(at, " [;");
    if (*at == '[') {
        char *end;

        elements = (uint32_t)strtoul(at + 1, &end, 10);
        at = end + (*end == ']');
    }
    if (*at != ';' || !number(type, "size", &bits) || !number(type, "align", &align))
        return NULL;
    if (bits % 8 || bits > 64 || align != 8 || elements > EVENT_BYTES_MAX)
        return NULL;
    number(type, "signed", &is_signed);
    step.is_signed = is_signed || find(type, "signed = true");
    step.is_text = elements > 1;
    step.from_bytes = bits / 8 * elements;
    layout->bytes += step.from_bytes;
    if ((step.is_text && bits != 8) || !place_field(layout, name, step))
        layout->result = DECODE_UNKNOWN;
    return skip_blanks(at + 1);
}

/* The fields between two braces. False: one is not understood. */
static bool take_fields(struct layout *layout, struct span fields) {
    const char *at = skip_blanks(fields.at + 1);

    while (at && at < fields.end - 1)
        at = take_field(layout, at);
    return at;
}

/* event { ... }; False: it cannot be told what it is. */
static bool take_event(struct layouts *layouts, struct span event) {
    struct layout layout = { .readable = true };
    const char *fields = find(event, "fields := struct {"), *name = find(event, "name = \"");
    uint32_t id, kind;

    if (!fields || !name || !number((struct span){ event.at, fields }, "id", &id)
        || !number((struct span){ event.at, fields }, "stream_id", &kind))
        return false;
    layout.name = name + strlen("name = \"");
    layout.name_bytes = (uint32_t)strcspn(layout.name, "\"");
    layout.result = decode_description(layout.name, layout.name_bytes, &layout.what);
    fields = strchr(fields, '{');
    layout.readable = take_fields(&layout, (struct span){ fields, close_of(fields) });
    layouts->list = grow(layouts->list, layouts->count + 1, sizeof(*layouts->list));
    layouts->list[layouts->count] = layout;
    map_put(&layouts->by_number, (uint64_t)kind << 32 | id, layouts->count++);
    return true;
}

/* stream { ... }; */
static bool take_stream(struct layouts *layouts, struct span stream) {
    bool large = find(stream, "struct event_header_large"), compact = find(stream, "struct event_header_compact");
    uint32_t kind;

    if (large == compact || !number(stream, "id", &kind))
        return false;
    map_put(&layouts->large_headers, kind, large);
    return true;
}

static bool take_declarations(struct layouts *layouts) {
    for (const char *at = layouts->metadata; *at; at += strcspn(at, "\n"), at += *at == '\n') {
        struct span declaration = { at, at };

        if (strncmp(at, "event {", 7) && strncmp(at, "stream {", 8))
            continue;
        declaration.end = close_of(at);
        if (!(*at == 'e' ? take_event(layouts, declaration) : take_stream(layouts, declaration)))
            return false;
        at = declaration.end;
    }
    return layouts->count;
}

bool layouts_read(const char *folder, struct layouts *layouts) {
    bool is_lttng;

    *layouts = (struct layouts){ 0 };
    return !metadata_read(folder, &layouts->metadata, &is_lttng) && is_lttng && take_declarations(layouts);
}

void layouts_free(struct layouts *layouts) {
    free(layouts->metadata);
    free(layouts->list);
    map_free(&layouts->by_number);
    map_free(&layouts->large_headers);
    *layouts = (struct layouts){ 0 };
}
