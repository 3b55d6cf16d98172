/*
 * insn_print.c - see insn_print.h. Everything becomes a row first; a row has one function for each format.
 */
#include "analysis/insn_print.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "analysis/disassemble.h"
#include "analysis/event_print.h"
#include "analysis/leave.h"

struct row {
    const char *kind;
    uint64_t time;
    const struct context *context;
    char process[64];
    bool has_place;            /* of an instruction: what follows */
    uint32_t address;
    char image[96];
    const char *function;      /* null: no symbol */
    uint32_t offset;
    char bytes[40];            /* in hexadecimal */
    char text[600];
};

static struct row row_of(const struct insn_print *print, const struct context *context, const char *kind,
                         uint64_t time) {
    struct row row = { .kind = kind, .time = time, .context = context };

    process_title(&print->follow->processes, context->process, false, row.process, sizeof(row.process));
    return row;
}

static void append(char *text, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void append(char *text, size_t size, const char *format, ...) {
    size_t used = strlen(text);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text + used, size - used, format, arguments);
    va_end(arguments);
}

/* " <name+0x12>", or nothing when no symbol tells. */
static void append_symbol(struct insn_print *print, const struct context *context, uint32_t address, char *text,
                          size_t size) {
    const struct symbol *symbol = image_symbol(images_of(print->images, context, address, NULL, 0), address);

    if (symbol && symbol->address == address)
        append(text, size, " <%s>", symbol->name);
    else if (symbol)
        append(text, size, " <%s+0x%x>", symbol->name, address - symbol->address);
}

/* ---- a row in each format --------------------------------------------------------------------------------------- */

static void who(const struct row *row, char *text, size_t size) {
    const struct context *context = row->context;

    if (context->domid == TRACE_NO_DOMAIN)
        snprintf(text, size, "-");
    else
        snprintf(text, size, "d%u.%u %s", context->domid, context->vcpu, row->process);
}

static void put_text(const struct row *row) {
    char name[96], place[160] = "";

    who(row, name, sizeof(name));
    printf("%13" PRIu64 "  %-20s r%u ", row->time, name, row->context->ring);
    if (!row->has_place) {
        printf(" -- %s %s\n", row->kind, row->text);
        return;
    }
    if (row->function)
        snprintf(place, sizeof(place), "%s+0x%x", row->function, row->offset);
    else
        snprintf(place, sizeof(place), "[%s]", row->image);
    printf(" %08x  %-36s  %-20s  %s\n", row->address, place, row->bytes, row->text);
}

static void put_quoted(const char *text) {
    putchar('"');
    for (; *text; text++) {
        if (*text == '"')
            putchar('"');
        putchar(*text);
    }
    putchar('"');
}

static void put_csv(const struct row *row) {
    printf("%s,%" PRIu64 ",%u,", row->kind, row->time, row->context->ring);
    if (row->context->domid != TRACE_NO_DOMAIN)
        printf("%u,%u,", row->context->domid, row->context->vcpu);
    else
        printf(",,");
    put_quoted(row->process);
    if (row->has_place) {
        printf(",0x%x,", row->address);
        put_quoted(row->image);
        printf(",%s,", row->function ? row->function : "");
        if (row->function)
            printf("%u", row->offset);
        printf(",%s,", row->bytes);
    } else {
        printf(",,,,,,");
    }
    put_quoted(row->text);
    putchar('\n');
}

static void put_json(struct json *json, const struct row *row) {
    bool somebody = row->context->domid != TRACE_NO_DOMAIN;

    json_begin(json, NULL, '{');
    json_text(json, "kind", row->kind);
    json_number(json, "time", row->time);
    json_number(json, "ring", row->context->ring);
    if (somebody) {
        json_number(json, "domain", row->context->domid);
        json_number(json, "vcpu", row->context->vcpu);
        json_text(json, "process", row->process);
    }
    if (row->has_place) {
        json_number(json, "address", row->address);
        json_text(json, "image", row->image);
        json_text(json, "function", row->function);
        if (row->function)
            json_number(json, "offset", row->offset);
        json_text(json, "bytes", row->bytes);
    }
    json_text(json, "text", row->text);
    json_end(json, '}');
}

static void begin(struct insn_print *print) {
    if (print->begun)
        return;
    print->begun = true;
    print->json.to = stdout;
    if (print->format == FORMAT_CSV)
        printf("kind,time,ring,domain,vcpu,process,address,image,function,offset,bytes,text\n");
    if (print->format == FORMAT_JSON)
        json_begin(&print->json, NULL, '[');
}

static void put(struct insn_print *print, const struct row *row) {
    begin(print);
    if (print->format == FORMAT_CSV)
        put_csv(row);
    else if (print->format == FORMAT_JSON)
        put_json(&print->json, row);
    else
        put_text(row);
}

void insn_print_end(struct insn_print *print) {
    begin(print);
    if (print->format != FORMAT_JSON)
        return;
    json_end(&print->json, ']');
    putchar('\n');
}

/* ---- what becomes a row ----------------------------------------------------------------------------------------- */

void insn_print_instruction(struct insn_print *print, const struct context *context, uint64_t time,
                            const struct stream_run *run, uint32_t index) {
    const struct stream_code *code = run->code;
    uint32_t offset = code_offset(code, index), length = code->lengths[index], target = 0;
    struct row row = row_of(print, context, "instruction", time);
    bool last = index + 1u == run->first + run->count;

    row.has_place = true;
    row.address = code->address + offset;
    const struct image *image = images_of(print->images, context, row.address, code->bytes + offset, length);
    const struct symbol *symbol = image_symbol(image, row.address);

    image_title(print->images, image, row.image, sizeof(row.image));
    row.function = symbol ? symbol->name : NULL;
    row.offset = symbol ? image_offset(image, symbol, row.address) : 0;
    for (uint32_t i = 0; i < length; i++)
        snprintf(row.bytes + 2 * i, sizeof(row.bytes) - 2 * i, "%02x", code->bytes[offset + i]);
    if (disassemble(code->bytes + offset, length, code->bits, row.address, row.text, sizeof(row.text), &target))
        append_symbol(print, context, target, row.text, sizeof(row.text));
    if (last && run->passes > 1)
        append(row.text, sizeof(row.text), "  ; began %u times", run->passes);
    if (last && run->iterations)
        append(row.text, sizeof(row.text), "  ; %" PRIu64 " repeats", run->iterations);
    if (last && run->faulted)
        append(row.text, sizeof(row.text), "  ; faulted");
    put(print, &row);
}

static void write_transfer(struct insn_print *print, const struct context *context,
                           const struct stream_transfer *transfer, char *text, size_t size) {
    static const char *const names[] = {
        "exception", "interrupt", "software interrupt", "iret", "far transfer", "hlt",
    };
    struct context behind = *context;

    append(text, size, "%s", names[transfer->kind]);
    if (transfer->kind <= TRANSFER_SOFTWARE_INTERRUPT)
        append(text, size, " 0x%x", transfer->vector);
    if (transfer->kind == TRANSFER_EXCEPTION)
        append(text, size, " error 0x%x", transfer->error_code);
    if (transfer->from_ring != transfer->to_ring)
        append(text, size, " ring %u -> %u", transfer->from_ring, transfer->to_ring);
    append(text, size, " to %08x", transfer->to);
    behind.ring = transfer->to_ring;
    append_symbol(print, &behind, transfer->to, text, size);
}

static void write_walk(const struct stream_walk *walk, char *text, size_t size) {
    static const char *const uses[] = { "read", "write", "fetch" };

    append(text, size, "for %s%s of %08x:", walk->user ? "user's " : "", uses[walk->use], walk->address);
    for (uint32_t i = 0; i < walk->levels && i < STREAM_LEVELS; i++)
        append(text, size, " [%x]=%" PRIx64 "%s", walk->entry[i], walk->value[i],
               walk->set >> i & 1 ? " (marked)" : "");
    if (!walk->filled)
        append(text, size, " no entry");
}

void insn_print_item(struct insn_print *print, const struct context *context, const struct stream_item *item) {
    static const char *const kinds[] = { "end", "run", "transfer", "walk", "access", "gap" };
    static const char *const accesses[] = { "", "read", "write", "read and write" };
    struct row row = row_of(print, context, kinds[item->kind], item->time);

    switch (item->kind) {
    case STREAM_TRANSFER:
        write_transfer(print, context, &item->transfer, row.text, sizeof(row.text));
        break;
    case STREAM_WALK:
        write_walk(&item->walk, row.text, sizeof(row.text));
        break;
    case STREAM_ACCESS:
        append(row.text, sizeof(row.text), "%s %u at %08x (physical %08x)", accesses[item->access.kind & 3],
               item->access.bytes, item->access.address, item->access.physical);
        break;
    case STREAM_GAP:
        append(row.text, sizeof(row.text), "of %" PRIu64 " instructions: %s", item->gap.until - item->time,
               item->gap.why);
        break;
    default:
        return;
    }
    put(print, &row);
}

void insn_print_record(struct insn_print *print, const struct context *context, const struct event *event) {
    struct row row = row_of(print, context, "record", event->time);
    FILE *to = fmemopen(row.text, sizeof(row.text) - 1, "w");

    if (to) {
        print_event(to, event);
        fclose(to);
    }
    put(print, &row);
}
