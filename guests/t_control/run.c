/*
 * run.c - the domain that child.c builds runs: it is heard, it ends, it is looked at after its end, and destroyed; in
 * each paging mode. Its kernel is guests/t_built.
 */
#define __XEN_TOOLS__ 1
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/domctl.h>
#include <xen/errno.h>

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/console.h"
#include "guests/lib/format.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/mode.h"
#include "guests/lib/tables.h"
#include "guests/t_built/mark.h"
#include "guests/t_control/child.h"
#include "guests/t_control/requests.h"
#include "guests/t_control/t_control.h"

#define PATIENCE (10000 * MILLISECOND)

static struct vcpu_guest_context context;

static uint32_t flags_of_child(void) {
    check_equal(domctl(XEN_DOMCTL_getdomaininfo, child_id), 0);
    check_equal(request.domain, child_id);
    return request.u.getdomaininfo.flags;
}

static long set_shadow(uint32_t operation) {
    request.u.shadow_op = (struct xen_domctl_shadow_op){ .op = operation };
    return domctl(XEN_DOMCTL_shadow_op, child_id);
}

/* A channel between a port of the child's, which is told to it, and the one that is returned. */
static uint32_t make_channel(uint32_t *theirs) {
    struct evtchn_alloc_unbound unbound = { .dom = (domid_t)child_id, .remote_dom = DOMID_SELF };
    struct evtchn_bind_interdomain bind = { .remote_dom = (domid_t)child_id };

    check_equal(hypercall_event_channel_op(EVTCHNOP_alloc_unbound, &unbound), 0);
    bind.remote_port = *theirs = unbound.port;
    check_equal(hypercall_event_channel_op(EVTCHNOP_bind_interdomain, &bind), 0);
    event_wait(bind.local_port, 0);                        /* a new channel is pending */
    return bind.local_port;
}

static void check_end(uint32_t mode, uint32_t code, uint32_t exceptions) {
    volatile uint32_t *words;

    check(event_wait(exceptions, PATIENCE));
    check_equal(flags_of_child() & (XEN_DOMINF_dying | XEN_DOMINF_shutdown | XEN_DOMINF_running | XEN_DOMINF_paused),
                XEN_DOMINF_shutdown);
    check_equal(request.u.getdomaininfo.flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask, code);
    check(request.u.getdomaininfo.cpu_time > 0);
    words = child_open(0, false);
    check_equal(words[BUILT_WORD_MARK], BUILT_MARK);
    check_equal(words[BUILT_WORD_MODE], mode);
    child_close((void *)(uintptr_t)words);
    check_equal(domctl(XEN_DOMCTL_pausedomain, child_id), 0);
    check_equal(domctl(XEN_DOMCTL_unpausedomain, child_id), 0);
    check_equal(set_shadow(XEN_DOMCTL_SHADOW_OP_ENABLE), 0);
    if (mode != PENUMBRA_MODE_shadow)                    /* in shadow mode it has mapped its tables writable */
        check_equal(set_shadow(XEN_DOMCTL_SHADOW_OP_OFF), 0);
    check(flags_of_child() & XEN_DOMINF_shutdown);       /* that does not bring it back */
    check_equal(domctl(XEN_DOMCTL_destroydomain, child_id), 0);
    check_errno(domctl(XEN_DOMCTL_destroydomain, child_id), XEN_ESRCH);
    check(domain_is_gone(child_id));
}

static void write_words(char *words, size_t size, const char *format, ...) {
    va_list arguments;

    va_start(arguments, format);
    format_text(words, size, format, arguments);
    va_end(arguments);
}

/* What the hypervisor shares with it: shared_info, in which nothing is enabled yet, and its grant table. */
static void check_shared_pages(void) {
    xen_pfn_t frame = 0;
    struct gnttab_setup_table setup = { .dom = (domid_t)child_id, .nr_frames = 1, .status = 1 };

    flags_of_child();
    struct shared_info *info = child_open_frame((uint32_t)request.u.getdomaininfo.shared_info_frame, true);

    check(info->vcpu_info[0].evtchn_upcall_mask != 0);
    info->vcpu_info[0].arch.cr2 = BUILT_MARK;
    check_equal(info->vcpu_info[0].arch.cr2, BUILT_MARK);
    child_close(info);
    set_xen_guest_handle(setup.frame_list, &frame);
    check_equal(hypercall_grant_table_op(GNTTABOP_setup_table, &setup, 1), 0);
    check_equal(setup.status, GNTST_okay);
    struct grant_entry_v1 *grants = child_open_frame((uint32_t)frame, true);

    check_equal(grants[0].flags, GTF_invalid);
    grants[8] = (struct grant_entry_v1){ .flags = GTF_permit_access, .domid = 0, .frame = child_frames[0] };
    child_close(grants);
    struct gnttab_copy copy = { .source.u.ref = 8, .source.domid = (domid_t)child_id, .flags = GNTCOPY_source_gref,
                                .dest.domid = DOMID_SELF, .len = 16, .status = 1 };

    copy.dest.u.gmfn = boot_mfn_of_linear(page_take());
    check_equal(hypercall_grant_table_op(GNTTABOP_copy, &copy, 1), 0);
    check_equal(copy.status, GNTST_okay);
}

static void run(uint32_t mode, uint32_t code) {
    struct evtchn_bind_virq virq = { .virq = VIRQ_DOM_EXC };
    uint32_t theirs, ours, entry;
    char words[64];

    print("-- a domain of our own, in %s mode\n", mode_name(mode));
    child_make();
    ours = make_channel(&theirs);
    write_words(words, sizeof(words), "port=%u code=%u%s", theirs, code,
                mode == PENUMBRA_MODE_writable ? " writable=yes" : "");
    entry = child_fill(words);
    check_shared_pages();
    if (mode == PENUMBRA_MODE_shadow)
        check_equal(set_shadow(XEN_DOMCTL_SHADOW_OP_ENABLE), 0);
    check_others_tables(mode != PENUMBRA_MODE_shadow);
    child_first_state(&context, entry);
    check_equal(set_vcpu_context(child_id, 0, &context), 0);
    check_errno(set_vcpu_context(child_id, 0, &context), XEN_EEXIST);
    check_first_context(&context);
    check(!event_wait(ours, MILLISECOND));                 /* it is paused */
    check_equal(hypercall_event_channel_op(EVTCHNOP_bind_virq, &virq), 0);
    event_wait(virq.port, 0);                              /* the port may be one that was used before */
    check_equal(domctl(XEN_DOMCTL_unpausedomain, child_id), 0);
    check(event_wait(ours, PATIENCE));
    check(!(flags_of_child() & XEN_DOMINF_shutdown));
    check_context_of_waiting();
    check_equal(event_send(ours), 0);
    check_end(mode, code, virq.port);
    hypercall_event_channel_op(EVTCHNOP_close, &(struct evtchn_close){ .port = ours });
    hypercall_event_channel_op(EVTCHNOP_close, &(struct evtchn_close){ .port = virq.port });
}

/* It faults at its first instruction, without a handler: the hypervisor ends it, which is as if it had crashed. */
static void run_broken(void) {
    struct evtchn_bind_virq virq = { .virq = VIRQ_DOM_EXC };

    child_make();
    child_fill("");
    child_first_state(&context, 0x1000);
    check_equal(set_vcpu_context(child_id, 0, &context), 0);
    check_equal(hypercall_event_channel_op(EVTCHNOP_bind_virq, &virq), 0);
    event_wait(virq.port, 0);
    check_equal(domctl(XEN_DOMCTL_unpausedomain, child_id), 0);
    check(event_wait(virq.port, PATIENCE));
    check_equal(flags_of_child() & XEN_DOMINF_shutdown, XEN_DOMINF_shutdown);
    check_equal(request.u.getdomaininfo.flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask, SHUTDOWN_crash);
    check_equal(domctl(XEN_DOMCTL_destroydomain, child_id), 0);
    check(domain_is_gone(child_id));
    hypercall_event_channel_op(EVTCHNOP_close, &(struct evtchn_close){ .port = virq.port });
}

/* What we map of a domain that is destroyed stays ours to read until we let go: till then it is not gone. */
static void run_mapped(void) {
    void *other = page_take();
    volatile uint32_t *words;
    uint32_t first;

    child_make();
    words = child_open(0, true);
    words[0] = BUILT_MARK;
    check_equal(domctl(XEN_DOMCTL_destroydomain, child_id), 0);
    for (uint32_t i = 0; i < 300; i++) {
        event_wait(0, MILLISECOND);
        page_protect(other, i % 2);      /* page-table operations: with audit=full everything is checked now and then */
        first = words[0];
        check(first == BUILT_MARK);
    }
    check(flags_of_child() & XEN_DOMINF_dying);
    child_close((void *)(uintptr_t)words);
    check(domain_is_gone(child_id));

    child_make();
    flags_of_child();
    words = child_open_frame((uint32_t)request.u.getdomaininfo.shared_info_frame, true);
    words[0] = BUILT_MARK;
    check_equal(domctl(XEN_DOMCTL_destroydomain, child_id), 0);
    event_wait(0, 500 * MILLISECOND);
    check_equal(words[0], BUILT_MARK);
    check(flags_of_child() & XEN_DOMINF_dying);
    child_close((void *)(uintptr_t)words);
    check(domain_is_gone(child_id));
}

void leave_one(bool ended) {
    check_group("a domain that is left");
    child_make();
    child_first_state(&context, child_fill(ended ? "" : "nap=50"));
    check_equal(set_vcpu_context(child_id, 0, &context), 0);
    check_equal(domctl(XEN_DOMCTL_unpausedomain, child_id), 0);
    for (uint32_t i = 0; i < 1000 && ended && !(flags_of_child() & XEN_DOMINF_shutdown); i++)
        event_wait(0, MILLISECOND);
    check(ended == ((flags_of_child() & XEN_DOMINF_shutdown) != 0));
}

void check_running(void) {
    uint64_t before = free_frames();

    check_group("a domain of our own");
    run(PENUMBRA_MODE_direct, SHUTDOWN_poweroff);
    run(PENUMBRA_MODE_shadow, SHUTDOWN_reboot);
    run(PENUMBRA_MODE_writable, SHUTDOWN_crash);
    run_broken();
    run_mapped();
    run(PENUMBRA_MODE_shadow, 77);                       /* Xen does not define it, and tells it all the same */
    check_equal(free_frames(), before);
}
