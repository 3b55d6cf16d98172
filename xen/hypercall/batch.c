/*
 * batch.c - the parts of batch.h that are not worth being inlined.
 */
#include "xen/hypercall/batch.h"

#include "xen/mm/user_copy.h"

uint32_t batch_done_before(const uint32_t *args) {
    uint32_t before = 0;

    if (args[BATCH_DONE] != 0 && copy_from_guest(&before, args[BATCH_DONE], sizeof(before)) != 0) {
        before = 0;
    }
    return before;
}

void batch_report_done(const uint32_t *args, uint32_t done) {
    copy_to_guest(args[BATCH_DONE], &done, sizeof(done));
}
