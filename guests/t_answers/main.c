/*
 * t_answers - some thousands of hypercalls with edge-case arguments, and what came back.
 *
 * The answers are compared with the file answers.txt in this folder, in which each row tells where it is known from
 * that real Xen answers so. Nothing here is random and nothing depends on the machine; what differs between paging
 * modes is not asked (t_types, t_pagetables and t_hypercall_errors do).
 * Expected outcome: success; tests/test_answers.py compares.
 */
#include <stdarg.h>

#include "guests/lib/boot.h"
#include "guests/lib/console.h"
#include "guests/lib/format.h"
#include "guests/lib/outcome.h"
#include "guests/lib/tables.h"
#include "guests/lib/traps.h"
#include "guests/t_answers/answers.h"

static uint32_t answers, repeated;
static long last;
static bool in_row;
static uint8_t *data;

static void print_last(void) {
    if (repeated > 1)
        print(" %d*%u", (int)last, repeated);
    else if (repeated == 1)
        print(" %d", (int)last);
    repeated = 0;
}

void row(const char *format, ...) {
    char label[120];
    va_list arguments;

    if (in_row) {
        print_last();
        print("\n");
    }
    in_row = true;
    va_start(arguments, format);
    format_text(label, sizeof(label), format, arguments);
    va_end(arguments);
    print("%s:", label);
}

void answer(long result) {
    answers++;
    if (repeated != 0 && result != last)
        print_last();
    last = result;
    repeated++;
}

uint32_t rows_end(void) {
    print_last();
    print("\n");
    in_row = false;
    return answers;
}

/*
 * Nowhere; not mapped; the first and the last of the machine-to-physical table, which a guest can read but not hand on;
 * the hypervisor itself; the last word of all; an address from which every structure wraps.
 */
void *bad_pointer(uint32_t which) {
    static const uint32_t pointers[POINTERS] = {
        0, 0x1000, 0xfc000000, 0xfc3ffffc, 0xfd000000, 0xfffffffc, 0xffffffff,
    };

    return (void *)(uintptr_t)pointers[which];
}

uint32_t data_frame(void) {
    return boot_mfn_of(page_frame(data));
}

uint32_t table_frame(void) {
    return boot_mfn_of_linear(tables_directory());
}

_Noreturn void guest_main(void) {
    traps_install();
    hypercall_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
    for (uint32_t i = 0; i < 32; i++)
        shared_info->evtchn_mask[i] = ~0ul;              /* nothing is delivered */
    data = page_take();
    ask_numbers();
    ask_pointers();
    ask_channels();
    ask_vcpus();
    ask_control();
    ask_memory();
    ask_page_tables();
    print("%u answers\n", rows_end());
    finish(PENUMBRA_OUTCOME_success);
}
