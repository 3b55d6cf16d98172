/* watcher.c - the privileged domain looks at what the other one writes and uses (see main.c). */
#define __XEN_TOOLS__ 1
#include "guests/t_dirty/t_dirty.h"

#include <stddef.h>

#include <xen/errno.h>
#include <xen/memory.h>

#include "guests/lib/check.h"
#include "guests/lib/console.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/probe.h"
#include "guests/lib/string.h"
#include "guests/lib/tables.h"
#include "guests/t_dirty/requests.h"

#define NUMBERS_MAX 8192u              /* of a domain of 16 MiB, translated or not */
#define PORTS_TRIED 16u
#define OTHERS_MAX 48u                 /* pages of stack, variables, page tables that a step may write besides */
#define POOL_FRAME 4096u
#define NOWHERE 0xe0000000u

static uint8_t bitmap[NUMBERS_MAX / 8];
static uint32_t numbers;               /* that the watched domain has */
static uint32_t channel, step;

static long shadow(uint32_t operation, uint32_t mode) {
    return shadow_of(WATCHED, operation, mode, pointer_word(bitmap), numbers);
}

static bool bit(uint32_t number) {
    return bitmap[number / 8] >> number % 8 & 1;
}

static uint32_t number_of(uint32_t page) {
    return page_frame(pages[page]);
}

/* ---- the channel --------------------------------------------------------------------------------------------------- */

static bool call(uint32_t ms) {
    return event_send(channel) == 0 && event_wait(channel, ms * MILLISECOND);
}

/* The other's port is one of the first; those of store and console are open to us, too, and do not answer. */
static void find_other(void) {
    for (uint32_t i = 0; i < 1000; i++) {
        for (uint32_t port = 1; port < PORTS_TRIED; port++) {
            struct evtchn_bind_interdomain bind = { .remote_dom = WATCHED, .remote_port = port };

            if (hypercall_event_channel_op(EVTCHNOP_bind_interdomain, &bind) == 0) {
                channel = bind.local_port;
                event_wait(channel, 0);                    /* a new channel is pending */
                if (call(50))
                    return;
                hypercall_event_channel_op(EVTCHNOP_close, &(struct evtchn_close){ .port = channel });
            }
        }
        event_wait(0, MILLISECOND);
    }
    check_stop("the other domain does not answer");
}

/* The other one does its next step, which must be this one. */
static void let_it(enum step next) {
    check_equal(++step, next);
    if (!call(60000))
        check_stop("the other domain has stopped answering");
}

/* ---- the log ------------------------------------------------------------------------------------------------------- */

static bool is_listed(const uint8_t *list, uint32_t count, uint32_t page) {
    for (uint32_t i = 0; i < count; i++)
        if (list[i] == page)
            return true;
    return false;
}

/* Of the pages exactly these are set. */
static void check_pages(const uint8_t *expected, uint32_t count) {
    for (uint32_t i = 0; i < PAGES; i++)
        if (!check_equal(bit(number_of(i)), is_listed(expected, count, i)))
            print("page %u, after step %u\n", i, step);
}

/* And besides them few, none of which holds code, nor is memory that the kernel does not use. */
static void check_bits(const uint8_t *expected, uint32_t count) {
    uint32_t end = page_frame((const void *)start_info->pt_base) + start_info->nr_pt_frames + 1, others = 0;

    check_pages(expected, count);
    for (uint32_t number = 0; number < numbers; number++) {
        if (bit(number) && number - number_of(0) >= PAGES) {
            others++;
            check(number < end || (step == STEP_MEMORY && number == start_info->nr_pages - 1));
        }
    }
    check(others < OTHERS_MAX);
    check(!bit(page_frame((const void *)(uintptr_t)guest_main)));
}

/* Dirty are exactly these pages, and none when they have been cleaned. */
static void check_dirty(const uint8_t *expected, uint32_t count) {
    check_equal(shadow(XEN_DOMCTL_SHADOW_OP_PEEK, 0), 0);
    check_bits(expected, count);
    check_equal(shadow(XEN_DOMCTL_SHADOW_OP_CLEAN, 0), 0);
    check_bits(expected, count);
    check_equal(request.u.shadow_op.pages, numbers);
}

#define CHECK_DIRTY(...) check_dirty((const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

static uint32_t count_bits(void) {
    uint32_t count = 0;

    for (uint32_t number = 0; number < numbers; number++)
        count += bit(number);
    return count;
}

static void check_refusals(void) {
    check_group("refused");
    check_errno(shadow(XEN_DOMCTL_SHADOW_OP_PEEK, 0), XEN_EINVAL);       /* it is not on */
    check_errno(shadow(XEN_DOMCTL_SHADOW_OP_CLEAN, 0), XEN_EINVAL);
    check_errno(shadow(XEN_DOMCTL_SHADOW_OP_ENABLE, XEN_DOMCTL_SHADOW_ENABLE_TRANSLATE), XEN_EINVAL);
    check_errno(shadow_of(0, XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY, 0, 0, 0), XEN_EINVAL);    /* itself */
    check_errno(shadow_of(77, XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY, 0, 0, 0), XEN_ESRCH);
    memset(&request.u, 0, sizeof(request.u));                            /* one in direct mode */
    request.u.createdomain.max_vcpus = 1;
    check_equal(domctl(XEN_DOMCTL_createdomain, 0), 0);
    uint32_t direct = request.domain;

    check_errno(shadow_of(direct, XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY, 0, 0, 0), XEN_EOPNOTSUPP);
    check_errno(shadow_of(direct, PENUMBRA_SHADOW_OP_SAMPLE_CLEAR, 0, 0, 0), XEN_EOPNOTSUPP);
    check_equal(domctl(XEN_DOMCTL_destroydomain, direct), 0);

    struct xen_domctl *read_only = page_take();                          /* no place for how far it came */

    memset(&request.u, 0, sizeof(request.u));
    request.u.shadow_op.op = XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY;
    request.cmd = XEN_DOMCTL_shadow_op;
    request.domain = WATCHED;
    memcpy(read_only, &request, sizeof(request));
    page_protect(read_only, false);
    check_errno(hypercall(__HYPERVISOR_domctl, pointer_word(read_only), 0, 0, 0, 0), XEN_EFAULT);
    check_errno(shadow(XEN_DOMCTL_SHADOW_OP_PEEK, 0), XEN_EINVAL);       /* the log is not on */
}

static void check_begin(void) {
    check_group("the log begins");
    check_equal(shadow(XEN_DOMCTL_SHADOW_OP_ENABLE, XEN_DOMCTL_SHADOW_ENABLE_LOG_DIRTY), 0);
    check_errno(shadow(XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY, 0), XEN_EINVAL);
    check_equal(shadow(XEN_DOMCTL_SHADOW_OP_PEEK, 0), 0);
    check_equal(count_bits(), 0);                        /* nothing since */
    check_equal(request.u.shadow_op.stats.dirty_count, 0);
    check_errno(shadow_of(WATCHED, XEN_DOMCTL_SHADOW_OP_CLEAN, 0, NOWHERE, numbers), XEN_EFAULT);
    check_errno(shadow(XEN_DOMCTL_SHADOW_OP_PEEK, 2), XEN_EINVAL);
}

static void check_stores(void) {
    check_group("stores");
    let_it(STEP_STORES);
    check_errno(shadow_of(WATCHED, XEN_DOMCTL_SHADOW_OP_CLEAN, 0, NOWHERE, numbers), XEN_EFAULT);
    CHECK_DIRTY(1, 3, 5);                                /* and nothing was lost by that */
    check_equal(request.u.shadow_op.stats.dirty_count, count_bits());
    check(request.u.shadow_op.stats.fault_count >= 3 && request.u.shadow_op.stats.fault_count <= count_bits());
    check_equal(shadow_of(WATCHED, XEN_DOMCTL_SHADOW_OP_PEEK, 0, pointer_word(bitmap), ~0u), 0);
    check_equal(request.u.shadow_op.pages, numbers);
    check_equal(count_bits(), 0);
    let_it(STEP_LOADS);
    check_equal(shadow(XEN_DOMCTL_SHADOW_OP_PEEK, XEN_DOMCTL_SHADOW_LOGDIRTY_FINAL), 0);
    check_pages(NULL, 0);
    let_it(STEP_HYPERVISOR);
    CHECK_DIRTY(8, 9, 11, 12);
}

static bool is_translated(void) {
    return numbers > start_info->nr_pages;
}

/* The entry is written in its table; a translated domain's grants need none. */
static void check_granted(uint32_t what) {
    let_it(what);
    if (is_translated())
        CHECK_DIRTY();
    else
        CHECK_DIRTY(16);
}

static void check_tables(void) {
    check_group("page tables");
    let_it(STEP_TABLE_MADE);
    CHECK_DIRTY(16);
    let_it(STEP_TABLE_WALKED);
    CHECK_DIRTY(16);                                     /* accessed */
    let_it(STEP_TABLE_WRITTEN);
    CHECK_DIRTY(16, 17);                                 /* dirty */
    let_it(STEP_TABLE_WRITTEN_AGAIN);
    CHECK_DIRTY(17);
    let_it(STEP_TABLE_STORED);
    CHECK_DIRTY(16);
    let_it(STEP_TABLE_CALLED);
    CHECK_DIRTY(16);
    let_it(STEP_TABLE_UNSEEN);
    CHECK_DIRTY(16);
    check_granted(STEP_GRANT_MAPPED);
    check_granted(STEP_GRANT_UNMAPPED);
    check_group("memory");
    let_it(STEP_MEMORY);
    check_equal(shadow(XEN_DOMCTL_SHADOW_OP_PEEK, 0), 0);
    check(bit(start_info->nr_pages - 1));
    CHECK_DIRTY();
    let_it(STEP_LEAVE);
    CHECK_DIRTY();
}

/* Our own writable mappings of the other's page: by its grant, and by privilege. */
static void check_mappings(void) {
    uint32_t place = pointer_word(page_take()), mfn;
    struct gnttab_map_grant_ref map = { .host_addr = place, .flags = GNTMAP_host_map, .ref = GRANT_REF, .dom = WATCHED };
    struct gnttab_unmap_grant_ref unmap = { .host_addr = place };

    check_group("mapped by another");
    check_equal(hypercall_grant_table_op(GNTTABOP_map_grant_ref, &map, 1), 0);
    check_equal(map.status, GNTST_okay);
    /* a translated domain's frames are named by its numbers */
    mfn = is_translated() ? number_of(GRANTED) : (uint32_t)(map.dev_bus_addr >> 12);
    unmap.handle = map.handle;
    CHECK_DIRTY(GRANTED);                                /* as long as it may be written */
    CHECK_DIRTY(GRANTED);
    check(probe_write(place, 1));
    check_equal(hypercall_grant_table_op(GNTTABOP_unmap_grant_ref, &unmap, 1), 0);
    check_equal(unmap.status, GNTST_okay);
    CHECK_DIRTY(GRANTED);                                /* and once more */
    CHECK_DIRTY();
    check_equal(hypercall(__HYPERVISOR_update_va_mapping_otherdomain, place, mfn << 12 | PTE_P | PTE_W, 0, UVMF_INVLPG,
                          WATCHED), 0);
    check(probe_write(place, 2));
    CHECK_DIRTY(GRANTED);
    check_equal(hypercall_update_va_mapping(place, 0, UVMF_INVLPG), 0);
    CHECK_DIRTY(GRANTED);
    CHECK_DIRTY();
}

/* ---- samples ------------------------------------------------------------------------------------------------------- */

static void check_samples(void) {
    static const uint8_t expected[] = { 2, 4, 6, 7 };

    check_group("samples");
    check_errno(shadow(PENUMBRA_SHADOW_OP_SAMPLE_READ, 0), XEN_EINVAL);
    check_errno(shadow(PENUMBRA_SHADOW_OP_SAMPLE_STOP, 0), XEN_EINVAL);
    check_errno(shadow(PENUMBRA_SHADOW_OP_SAMPLE_CLEAR, numbers + 1), XEN_EINVAL);
    check_equal(shadow(PENUMBRA_SHADOW_OP_SAMPLE_CLEAR, 0), 0);
    let_it(STEP_SAMPLED);
    for (uint32_t twice = 0; twice < 2; twice++) {
        check_equal(shadow(PENUMBRA_SHADOW_OP_SAMPLE_READ, 0), 0);
        check_pages(expected, sizeof(expected));
        check_equal(request.u.shadow_op.stats.dirty_count, count_bits());
        check(bit(page_frame((const void *)(uintptr_t)event_wait)));       /* its code */
    }
    check_errno(shadow_of(WATCHED, PENUMBRA_SHADOW_OP_SAMPLE_READ, 0, NOWHERE, numbers), XEN_EFAULT);
    check_equal(shadow_of(WATCHED, PENUMBRA_SHADOW_OP_SAMPLE_CLEAR, number_of(3), 0, 3), 0);
    check_equal(shadow_of(WATCHED, PENUMBRA_SHADOW_OP_SAMPLE_READ, number_of(2), pointer_word(bitmap), 6), 0);
    check_equal(bitmap[0], 0x31);                        /* 2, 6 and 7; 3 to 5 are cleared */
    check_equal(shadow_of(WATCHED, PENUMBRA_SHADOW_OP_SAMPLE_READ, numbers - 2, pointer_word(bitmap), 100), 0);
    check_equal(request.u.shadow_op.pages, 2);
    check_equal(shadow(PENUMBRA_SHADOW_OP_SAMPLE_STOP, 0), 0);
    CHECK_DIRTY(4);
}

/* ---- the pool ------------------------------------------------------------------------------------------------------ */

static uint64_t pool(void) {
    check_equal(domctl(XEN_DOMCTL_get_paging_mempool_size, WATCHED), 0);
    return request.u.paging_mempool.size;
}

static void set_megabytes(uint32_t megabytes, long result) {
    memset(&request.u, 0, sizeof(request.u));
    request.u.shadow_op.op = XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION;
    request.u.shadow_op.mb = megabytes;
    check_equal(domctl(XEN_DOMCTL_shadow_op, WATCHED), result);
}

static void check_pool(void) {
    check_group("the pool");
    check_equal(pool(), 64 * POOL_FRAME);
    check_errno(set_pool(15 * POOL_FRAME), XEN_EINVAL);
    check_errno(set_pool(4097 * POOL_FRAME), XEN_EINVAL);
    check_errno(set_pool(1ull << 40), XEN_EINVAL);
    check_errno(set_pool(16 * POOL_FRAME + 1), XEN_EINVAL);
    set_megabytes(0, -XEN_EINVAL);
    set_megabytes(17, -XEN_EINVAL);
    check_equal(pool(), 64 * POOL_FRAME);
    check_equal(set_pool(4000 * POOL_FRAME), 0);
    check_errno(set_pool(4096 * POOL_FRAME), XEN_ENOMEM); /* there is no room for a second one as large */
    check_equal(pool(), 4000 * POOL_FRAME);
    check_equal(set_pool(16 * POOL_FRAME), 0);           /* the smallest */
    check_equal(pool(), 16 * POOL_FRAME);
    let_it(STEP_BUSY);
    check_equal(shadow(XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION, 0), 0);
    check_equal(request.u.shadow_op.mb, 1);              /* rounded up */
    CHECK_DIRTY(40, 50, 51, 52, 53);
    set_megabytes(1, 0);
    check_equal(pool(), 256 * POOL_FRAME);
    let_it(STEP_BUSY_AGAIN);
    CHECK_DIRTY(40, 50, 51, 52, 53);
}

static void ask_numbers(void) {
    domid_t domain = WATCHED;

    numbers = (uint32_t)hypercall_memory_op(XENMEM_maximum_gpfn, &domain) + 1;
    if (numbers > NUMBERS_MAX)
        check_stop("the watched domain has too many numbers");
}

_Noreturn void watch(void) {
    find_other();
    ask_numbers();
    check_refusals();
    check_begin();
    check_stores();
    check_tables();
    check_mappings();
    check_samples();
    check_pool();
    check_group("the log ends");
    check_equal(shadow(XEN_DOMCTL_SHADOW_OP_OFF, 0), 0);
    check_errno(shadow(XEN_DOMCTL_SHADOW_OP_PEEK, 0), XEN_EINVAL);
    let_it(STEP_END);
    check_finish();
}
