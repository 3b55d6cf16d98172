/*
 * decode.c - see decode.h. A plan, made once an event class, lists which member of the payload goes where.
 */
#include "analysis/decode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROVIDER_PREFIX "penumbra:"
#define STEPS_MAX 16

enum step_kind { STEP_UNSIGNED, STEP_SIGNED, STEP_TEXT };

struct step {
    uint64_t member;   /* index in the payload */
    enum step_kind kind;
    uint32_t offset;
    uint32_t bytes;
};

struct decode_plan {
    enum decode_result result;
    const struct trace_description *what;
    struct step steps[STEPS_MAX];
    uint32_t count;
};

enum decode_result decode_description(const char *name, size_t bytes, const struct trace_description **what) {
    size_t prefix = strlen(PROVIDER_PREFIX);

    *what = NULL;
    if (bytes < prefix || strncmp(name, PROVIDER_PREFIX, prefix))
        return DECODE_FOREIGN;
    for (uint32_t i = 0; i < trace_description_count && !*what; i++) {
        const char *known = trace_descriptions[i].name;

        if (strlen(known) == bytes - prefix && !strncmp(known, name + prefix, bytes - prefix))
            *what = &trace_descriptions[i];
    }
    return *what ? DECODE_OK : DECODE_UNKNOWN;
}

bool decode_place(const struct trace_description *what, const char *name, uint32_t *offset, uint32_t *bytes,
                  bool *is_text) {
    *is_text = false;
    if (!what->is_hardware && (!strcmp(name, "domid") || !strcmp(name, "vcpu"))) {
        *offset = !strcmp(name, "domid") ? offsetof(struct trace_header, domid) : offsetof(struct trace_header, vcpu);
        *bytes = 2;
        return true;
    }
    for (uint32_t i = 0; i < what->field_count; i++) {
        if (strcmp(what->fields[i].name, name))
            continue;
        *offset = what->fields[i].offset;
        *bytes = what->fields[i].bytes;
        *is_text = what->fields[i].kind == TRACE_FIELD_text;
        return *offset + *bytes <= EVENT_BYTES_MAX;
    }
    return false;
}

/* False: the member's class cannot hold what the schema says. */
static bool choose_kind(const bt_field_class *class, bool is_text, struct step *step) {
    bt_field_class_type type = bt_field_class_get_type(class);

    if (is_text) {
        step->kind = STEP_TEXT;
        return type == BT_FIELD_CLASS_TYPE_STRING;
    }
    if (bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_UNSIGNED_INTEGER)) {
        step->kind = STEP_UNSIGNED;
        return true;
    }
    step->kind = STEP_SIGNED;
    return bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_SIGNED_INTEGER);
}

static void plan_fields(struct decode_plan *plan, const bt_event_class *class) {
    const bt_field_class *payload = bt_event_class_borrow_payload_field_class_const(class);
    uint64_t members = payload ? bt_field_class_structure_get_member_count(payload) : 0;

    for (uint64_t i = 0; i < members && plan->count < STEPS_MAX; i++) {
        const bt_field_class_structure_member *member =
            bt_field_class_structure_borrow_member_by_index_const(payload, i);
        struct step *step = &plan->steps[plan->count];
        bool is_text;

        if (!decode_place(plan->what, bt_field_class_structure_member_get_name(member), &step->offset, &step->bytes,
                          &is_text))
            continue;
        if (!choose_kind(bt_field_class_structure_member_borrow_field_class_const(member), is_text, step)) {
            plan->result = DECODE_UNKNOWN;
            return;
        }
        step->member = i;
        plan->count++;
    }
}

static struct decode_plan *make_plan(struct decoder *decoder, const bt_event_class *class) {
    struct decode_plan *plan = grow(NULL, 1, sizeof(*plan));
    const char *name = bt_event_class_get_name(class);

    *plan = (struct decode_plan){ .result = DECODE_FOREIGN };
    if (name)
        plan->result = decode_description(name, strlen(name), &plan->what);
    if (plan->what)
        plan_fields(plan, class);
    if (plan->result == DECODE_UNKNOWN && !decoder->first_unknown[0])
        snprintf(decoder->first_unknown, sizeof(decoder->first_unknown), "%s", name);
    decoder->plans = grow(decoder->plans, decoder->plan_count + 1, sizeof(*decoder->plans));
    decoder->plans[decoder->plan_count] = plan;
    map_put(&decoder->plan_of_class, (uintptr_t)class, decoder->plan_count++);
    return plan;
}

void decode_store(unsigned char *to, uint32_t bytes, uint64_t value) {
    uint32_t word = (uint32_t)value;
    uint16_t half = (uint16_t)value;
    const void *from = bytes == 8 ? (const void *)&value : bytes == 4 ? (const void *)&word : (const void *)&half;

    memcpy(to, from, bytes);
}

static void take(const struct step *step, const bt_field *field, struct event *event) {
    unsigned char *to = event->bytes + step->offset;

    if (step->kind == STEP_TEXT) {
        uint64_t length = bt_field_string_get_length(field);

        /* version 2.0.4 leaves an earlier event's text behind the length of an empty one */
        if (length)
            memcpy(to, bt_field_string_get_value(field), length < step->bytes ? length : step->bytes);
    } else if (step->kind == STEP_SIGNED) {
        decode_store(to, step->bytes, (uint64_t)bt_field_integer_signed_get_value(field));
    } else {
        decode_store(to, step->bytes, bt_field_integer_unsigned_get_value(field));
    }
}

void decode_begin(const struct trace_description *what, uint64_t time, struct event *event) {
    event->time = time;
    event->what = what;
    memset(event->bytes, 0, what->size);
    event->header.id = (uint16_t)what->id;
    event->header.size = (uint16_t)what->size;
    if (what->is_hardware)
        event->header.domid = TRACE_NO_DOMAIN;
}

enum decode_result decode(struct decoder *decoder, const bt_message *message, struct event *event) {
    const bt_event *from = bt_message_event_borrow_event_const(message);
    const bt_event_class *class = bt_event_borrow_class_const(from);
    const uint32_t *known = map_get(&decoder->plan_of_class, (uintptr_t)class);
    const struct decode_plan *plan = known ? decoder->plans[*known] : make_plan(decoder, class);

    if (plan->result != DECODE_OK)
        return plan->result;
    if (!bt_message_event_borrow_stream_class_default_clock_class_const(message))
        return DECODE_FOREIGN;
    const bt_clock_snapshot *snapshot = bt_message_event_borrow_default_clock_snapshot_const(message);

    decode_begin(plan->what, bt_clock_snapshot_get_value(snapshot), event);
    if (plan->count) {
        const bt_field *payload = bt_event_borrow_payload_field_const(from);

        for (uint32_t i = 0; i < plan->count; i++)
            take(&plan->steps[i], bt_field_structure_borrow_member_field_by_index_const(payload, plan->steps[i].member),
                 event);
    }
    return DECODE_OK;
}

void decoder_free(struct decoder *decoder) {
    for (uint32_t i = 0; i < decoder->plan_count; i++)
        free(decoder->plans[i]);
    free(decoder->plans);
    map_free(&decoder->plan_of_class);
    *decoder = (struct decoder){ 0 };
}
