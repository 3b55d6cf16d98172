/*
 * t_services - the far ends of the console ring and of the store, as the hypervisor serves them: answers and errors,
 * watches, transactions, requests in pieces, answers that do not fit, indices that mean nothing. Expected outcome:
 * success.
 */
#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/console.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/string.h"

#include <xen/io/console.h>
#include <xen/io/xs_wire.h>

static struct xenstore_domain_interface *store;
static struct xencons_interface *console;
static struct xsd_sockmsg answer;
static char payload[XENSTORE_PAYLOAD_MAX + 1];

static void *page_of(uint32_t mfn) {
    return (void *)(GUEST_VIRT_BASE + boot_pfn_of(mfn) * GUEST_PAGE_SIZE);
}

static void send_event(uint32_t port) {
    struct evtchn_send argument = { .port = port };

    check_equal(hypercall_event_channel_op(EVTCHNOP_send, &argument), 0);
}

/* Was the port pending? It is not afterwards. */
static bool take_pending(uint32_t port) {
    volatile xen_ulong_t *word = &shared_info->evtchn_pending[port / 32];
    bool pending = (*word >> (port % 32) & 1) != 0;

    *word &= ~(1ul << (port % 32));
    return pending;
}

static void put(const void *from, uint32_t length) {
    const char *bytes = from;

    for (uint32_t i = 0; i < length; i++)
        store->req[MASK_XENSTORE_IDX(store->req_prod + i)] = bytes[i];
    store->req_prod += length;
}

static uint32_t take(void *to, uint32_t length) {
    uint32_t there = store->rsp_prod - store->rsp_cons;
    char *bytes = to;

    length = there < length ? there : length;
    for (uint32_t i = 0; i < length; i++)
        bytes[i] = store->rsp[MASK_XENSTORE_IDX(store->rsp_cons + i)];
    store->rsp_cons += length;
    return length;
}

/* Put a request into the ring; the store is not told. */
static void request(uint32_t type, uint32_t number, uint32_t transaction, const char *text, uint32_t length) {
    struct xsd_sockmsg header = { type, number, transaction, length };

    put(&header, sizeof(header));
    put(text, length);
}

/* The next message is of this type and number, with this text and, unless it is a value, its NUL. */
static void expect(uint32_t type, uint32_t number, const char *text) {
    memset(payload, 0, sizeof(payload));
    check_equal(take(&answer, sizeof(answer)), sizeof(answer));
    check_equal(answer.type, type);
    check_equal(answer.req_id, number);
    check(answer.len <= XENSTORE_PAYLOAD_MAX);
    check_equal(take(payload, answer.len), answer.len);
    check_equal(answer.len, strlen(text) + (type != XS_READ));
    check(strncmp(payload, text, strlen(text) + 1) == 0);
}

static uint32_t numbers;

/* One request, told, answered and taken. */
static void ask(uint32_t type, uint32_t transaction, const char *text, uint32_t length, uint32_t answer_type,
                const char *answer_text) {
    uint32_t number = ++numbers;

    request(type, number, transaction, text, length);
    send_event(start_info->store_evtchn);
    check(take_pending(start_info->store_evtchn));
    expect(answer_type, number, answer_text);
}

static void check_answers(void) {
    check_group("answers of the store");
    ask(XS_DIRECTORY, 0, "device", 7, XS_ERROR, "ENOENT");
    ask(XS_READ, 0, "domid", 6, XS_ERROR, "ENOENT");
    ask(XS_READ, 0, "cpu/0/availability", 19, XS_READ, "online");
    ask(XS_READ, 0, "cpu/1/availability", 19, XS_ERROR, "ENOENT");  /* there is one vcpu */
    ask(XS_READ, 0, "cpu/9/availability", 19, XS_ERROR, "ENOENT");
    ask(XS_READ, 0, "cpu/0/availabilit", 18, XS_ERROR, "ENOENT");
    ask(XS_READ, 0, "cpu/0", 6, XS_ERROR, "ENOENT");
    ask(XS_GET_PERMS, 0, "domid", 6, XS_ERROR, "ENOENT");
    ask(XS_RM, 0, "domid", 6, XS_ERROR, "ENOENT");
    ask(XS_WRITE, 0, "a\0b", 3, XS_ERROR, "EACCES");
    ask(XS_MKDIR, 0, "a", 2, XS_ERROR, "EACCES");
    ask(XS_READ, 0, "a", 1, XS_ERROR, "EINVAL");          /* no NUL */
    ask(XS_INTRODUCE, 0, "1", 2, XS_ERROR, "EACCES");
    ask(XS_GET_DOMAIN_PATH, 0, "7", 2, XS_GET_DOMAIN_PATH, "/local/domain/7");
    ask(XS_GET_DOMAIN_PATH, 0, "x", 2, XS_ERROR, "EINVAL");
    ask(XS_INVALID, 0, "", 0, XS_ERROR, "ENOSYS");
    ask(XS_READ, 77, "a", 2, XS_ERROR, "ENOENT");         /* no such transaction */
    check_equal(store->rsp_prod, store->rsp_cons);
}

static void check_watches(void) {
    check_group("watches");
    ask(XS_WATCH, 0, "path\0token", 11, XS_WATCH, "OK");
    check_equal(take(&answer, sizeof(answer)), sizeof(answer));
    check_equal(answer.type, XS_WATCH_EVENT);
    check_equal(answer.len, 11);
    check(take(payload, 11) == 11 && memcmp(payload, "path\0token", 11) == 0);
    check_equal(store->rsp_prod, store->rsp_cons);         /* it fires once */
    ask(XS_WATCH, 0, "path\0token", 11, XS_ERROR, "EEXIST");
    ask(XS_WATCH, 0, "path", 5, XS_ERROR, "EINVAL");
    ask(XS_UNWATCH, 0, "path\0other", 11, XS_ERROR, "ENOENT");
    ask(XS_UNWATCH, 0, "path\0token", 11, XS_UNWATCH, "OK");
    ask(XS_UNWATCH, 0, "path\0token", 11, XS_ERROR, "ENOENT");
}

static void check_transactions(void) {
    check_group("transactions");
    for (uint32_t i = 1; i <= 10; i++) {
        char number[3] = { i < 10 ? (char)('0' + i) : '1', i < 10 ? '\0' : '0', '\0' };

        ask(XS_TRANSACTION_START, 0, "", 1, XS_TRANSACTION_START, number);
    }
    ask(XS_TRANSACTION_START, 0, "", 1, XS_ERROR, "ENOSPC");
    ask(XS_TRANSACTION_START, 3, "", 1, XS_ERROR, "EBUSY");
    ask(XS_DIRECTORY, 3, "a", 2, XS_ERROR, "ENOENT");
    ask(XS_TRANSACTION_END, 3, "X", 2, XS_ERROR, "EINVAL");
    ask(XS_TRANSACTION_END, 0, "T", 2, XS_ERROR, "ENOENT");
    for (uint32_t i = 1; i <= 10; i++)
        ask(XS_TRANSACTION_END, i, i % 2 != 0 ? "T" : "F", 2, XS_TRANSACTION_END, "OK");
    ask(XS_TRANSACTION_END, 3, "T", 2, XS_ERROR, "ENOENT");
}

/* A request byte by byte; more answers than the ring holds: the rest comes when there is room. */
static void check_pieces(void) {
    struct xsd_sockmsg header = { XS_READ, 9000, 0, 6 };

    check_group("pieces");
    for (uint32_t i = 0; i < sizeof(header); i++) {
        put((const char *)&header + i, 1);
        send_event(start_info->store_evtchn);
        check_equal(store->rsp_prod, store->rsp_cons);
    }
    put("domid", 6);
    send_event(start_info->store_evtchn);
    expect(XS_ERROR, 9000, "ENOENT");
    for (uint32_t i = 0; i < 46; i++)                      /* their answers have 23 bytes each */
        request(XS_READ, i, 0, "domid", 6);
    send_event(start_info->store_evtchn);
    check_equal(store->rsp_prod - store->rsp_cons, XENSTORE_RING_SIZE);
    for (uint32_t i = 0; i < 44; i++)
        expect(XS_ERROR, i, "ENOENT");
    send_event(start_info->store_evtchn);
    expect(XS_ERROR, 44, "ENOENT");
    expect(XS_ERROR, 45, "ENOENT");
    check_equal(store->rsp_prod, store->rsp_cons);
}

static void print_through_ring(const char *text) {
    for (; *text != '\0'; text++)
        console->out[MASK_XENCONS_IDX(console->out_prod++, console->out)] = *text;
}

static void check_console(void) {
    uint32_t port = start_info->console.domU.evtchn;

    check_group("console ring");
    take_pending(port);
    print_through_ring("printed through the ring\n");
    send_event(port);
    check_equal(console->out_cons, console->out_prod);
    check(take_pending(port));
    send_event(port);
    check(!take_pending(port));                            /* there was nothing */
    for (uint32_t i = 0; i < 100; i++) {                   /* around the ring */
        print_through_ring("0123456789 0123456789 0123456789 0123456789\n");
        send_event(port);
        check_equal(console->out_cons, console->out_prod);
    }
    console->out_prod += sizeof(console->out) + 1;         /* means nothing: nothing is printed */
    send_event(port);
    check_equal(console->out_cons, console->out_prod);
}

/* A request that is too long ends the conversation; so does what the ring cannot hold. The guest lives on. */
static void check_broken(void) {
    struct xsd_sockmsg header = { XS_READ, 1, 0, XENSTORE_PAYLOAD_MAX + 1 };

    check_group("a store that was misused");
    put(&header, sizeof(header));
    send_event(start_info->store_evtchn);
    request(XS_READ, 2, 0, "domid", 6);
    send_event(start_info->store_evtchn);
    check_equal(store->rsp_prod, store->rsp_cons);
    store->req_prod += 0x80000000u;
    send_event(start_info->store_evtchn);
    check_equal(store->rsp_prod, store->rsp_cons);
}

_Noreturn void guest_main(void) {
    store = page_of((uint32_t)start_info->store_mfn);
    console = page_of((uint32_t)start_info->console.domU.mfn);
    check_answers();
    check_watches();
    check_transactions();
    check_pieces();
    check_console();
    check_broken();
    check_finish();
}
