/*
 * memory_reservation.c - a domain gives frames back and gets frames; see memory_op.h.
 *
 * Extents of several frames: as in Xen only the domain with access to hardware gets them, for itself or for another
 * one that is not translated; 4 MiB at most. Giving back takes them apart. That may have to stop in the middle of an
 * extent, so what a command word counts when the call goes on is frames, not extents: those of a machine always fit. A
 * frame that increase gives has no number yet, so a translated domain could never name it: none is done.
 */
#include <xen/memory.h>

#include "trace/emit.h"
#include "xen/domain/domain.h"
#include "xen/domain/memory.h"
#include "xen/domain/physmap.h"
#include "xen/domain/schedule.h"
#include "xen/hypercall/memory_op.h"
#include "xen/hypercall/table.h"
#include "xen/mm/frame.h"
#include "xen/mm/m2p.h"
#include "xen/mm/user_copy.h"

#define ORDER_MAX 20u /* no machine has more frames */
#define GIVEN_ORDER_MAX TABLE_INDEX_BITS /* of an extent that is given: a large page */

struct reservation {
    struct domain *domain;
    uint32_t command, list, order;
    uint64_t frames;
    uint32_t limit;       /* get frames with numbers below it */
};

bool memory_address_limit(uint32_t flags, uint32_t *limit) {
    uint32_t bits = XENMEMF_get_address_bits(flags);

    *limit = frame_limit;
    if (bits != 0 && bits <= PAGE_SHIFT) {
        return false;
    }
    if (bits != 0 && bits - PAGE_SHIFT < 32 && 1u << (bits - PAGE_SHIFT) < frame_limit) {
        *limit = 1u << (bits - PAGE_SHIFT);
    }
    return true;
}

/* False: nothing of the request can be done. */
static bool read_request(const struct vcpu *vcpu, struct reservation *reservation, uint32_t linear, uint32_t done) {
    struct xen_memory_reservation request;

    if (copy_from_guest(&request, linear, sizeof(request)) != 0 ||
        memory_find_domain(vcpu, request.domid, &reservation->domain) != 0 ||
        request.nr_extents > UINT32_MAX >> MEMORY_COMMAND_BITS || request.extent_order > ORDER_MAX ||
        !memory_address_limit(request.mem_flags, &reservation->limit)) {
        return false;
    }
    reservation->list = (uint32_t)request.extent_start.p;
    reservation->order = request.extent_order;
    reservation->frames = (uint64_t)request.nr_extents << request.extent_order;
    return done <= reservation->frames && guest_range_ok(reservation->list, request.nr_extents * sizeof(uint32_t)) &&
           (reservation->order == 0 || reservation->command == XENMEM_decrease_reservation ||
            (vcpu->domain->privileged && !reservation->domain->translated && reservation->order <= GIVEN_ORDER_MAX)) &&
           !(reservation->domain->translated && reservation->command == XENMEM_increase_reservation);
}

/* The record of what a domain owns is that domain's, whoever runs. */
static void report(const struct domain *domain, mfn_t mfn) {
    trace_set_identity(domain->id, 0);
    memory_report_group(domain, mfn);
    schedule_restore_identity();
}

static bool remove(struct domain *domain, mfn_t mfn) {
    trace_set_identity(domain->id, 0);
    int result = memory_remove(domain, mfn);

    schedule_restore_identity();
    return result == 0;
}

/* Give back frame number done of all the extents. */
static bool give_back(const struct reservation *reservation, uint32_t done) {
    uint32_t number, entry = reservation->list + (done >> reservation->order) * sizeof(number);

    if (copy_from_guest(&number, entry, sizeof(number)) != 0) {
        return false;
    }
    number += done & ((1u << reservation->order) - 1);
    return remove(reservation->domain, physmap_frame(reservation->domain, number));
}

/*
 * Get a frame. populate: the entry holds the pfn it shall have; otherwise the guest says so later. The entry receives
 * the mfn; increase without a list tells nobody. A translated domain can only populate numbers that have no frame, and
 * is told none.
 */
static bool get_one(const struct reservation *reservation, uint32_t done) {
    bool populate = reservation->command == XENMEM_populate_physmap;
    uint32_t pfn = M2P_INVALID, entry = reservation->list + done * sizeof(pfn);
    mfn_t mfn;

    if ((populate && copy_from_guest(&pfn, entry, sizeof(pfn)) != 0) ||
        (reservation->domain->translated && !physmap_is_free(reservation->domain, pfn)) ||
        !memory_add_below(reservation->domain, pfn, reservation->limit, &mfn)) {
        return false;
    }
    report(reservation->domain, mfn);
    if (!reservation->domain->translated && (populate || reservation->list != 0) && copy_to_guest(entry, &mfn.n, sizeof(mfn.n)) != 0) {
        remove(reservation->domain, mfn); /* nobody would know that it has it */
        return false;
    }
    return true;
}

/*
 * Get an extent of several frames; the list as in get_one. Nothing is taken that could not be told: the entry is
 * written once before, as it is.
 */
static enum frames_answer get_extent(const struct reservation *reservation, uint32_t done) {
    struct domain *domain = reservation->domain;
    bool populate = reservation->command == XENMEM_populate_physmap, told = populate || reservation->list != 0;
    uint32_t count = 1u << reservation->order, word = 0;
    uint32_t entry = reservation->list + (done >> reservation->order) * sizeof(word);
    mfn_t first;

    if (told && (copy_from_guest(&word, entry, sizeof(word)) != 0 || copy_to_guest(entry, &word, sizeof(word)) != 0)) {
        return FRAMES_NONE;
    }
    enum frames_answer answer = memory_add_run(domain, populate ? word : M2P_INVALID, count, reservation->limit,
                                               &first);

    if (answer == FRAMES_TAKEN) {
        for (uint32_t i = 0; i < count; i += MEMORY_REPORT_GROUP) {
            report(domain, (mfn_t){ first.n + i });
        }
        if (told) {
            copy_to_guest(entry, &first.n, sizeof(first.n));
        }
    }
    return answer;
}

/* One extent, or a part of what is to be done before. */
static int32_t get_extents(struct vcpu *vcpu, uint32_t *args, const struct reservation *reservation, uint32_t done) {
    enum frames_answer answer = done < reservation->frames ? get_extent(reservation, done) : FRAMES_NONE;

    done += answer == FRAMES_TAKEN ? 1u << reservation->order : 0;
    if (answer == FRAMES_NONE || done >= reservation->frames) {
        return (int32_t)(done >> reservation->order);
    }
    args[0] = reservation->command | done << MEMORY_COMMAND_BITS;
    return hypercall_preempt(vcpu);
}

/* How many frames may be done before what is pending gets its turn. */
static uint32_t batch_of(const struct reservation *reservation) {
    bool slow = reservation->command == XENMEM_decrease_reservation || reservation->limit < frame_limit;

    return slow ? 1 : HYPERCALL_BATCH;
}

int32_t memory_reservation(struct vcpu *vcpu, uint32_t *args) {
    struct reservation reservation = { .command = args[0] & MEMORY_COMMAND_MASK };
    uint32_t done = args[0] >> MEMORY_COMMAND_BITS, start = done;

    if (!read_request(vcpu, &reservation, args[1], done)) {
        return (int32_t)done;
    }
    if (reservation.order != 0 && reservation.command != XENMEM_decrease_reservation) {
        return get_extents(vcpu, args, &reservation, done);
    }
    while (done < reservation.frames) {
        bool good = reservation.command == XENMEM_decrease_reservation ? give_back(&reservation, done)
                                                                      : get_one(&reservation, done);

        if (!good) {
            break;
        }
        done++;
        if (done - start == batch_of(&reservation) && done != reservation.frames) {
            args[0] = reservation.command | done << MEMORY_COMMAND_BITS;
            return hypercall_preempt(vcpu);
        }
    }
    return (int32_t)(done >> reservation.order);
}
