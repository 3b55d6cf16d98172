/*
 * test_rules.c - each rule of direct.h that a state can show, broken on purpose in the tables or in the frame table:
 * the audit must name exactly that rule.
 */
#include <string.h>

#include "tests/unit/direct/host.h"
#include "xen/direct/direct_mode.h"
#include "xen/direct/writable.h"
#include "xen/domain/mode.h"

enum { DIRECTORY, TABLE, OTHER_TABLE, LINEAR, DATA, READ_ONLY, FREE, GDT, LDT };

#define RULE(n) (1u << (n))

static struct frame *frame(uint32_t n) {
    return frame_of((mfn_t){ FRAME(n) });
}

/* Two tables, a directory that maps another, a pin, descriptor tables, shared_info: everything that is counted. */
static void begin(void) {
    host_reset(&mode_writable);
    CHECK_EQUAL(host.domain.mode->prepare(&host.domain), 0);
    host_table(FRAME(DIRECTORY))[0] = ENTRY(FRAME(TABLE), PTE_P | PTE_W);
    host_table(FRAME(DIRECTORY))[1] = ENTRY(FRAME(OTHER_TABLE), PTE_P | PTE_W);
    host_table(FRAME(DIRECTORY))[2] = ENTRY(FRAME(LINEAR), PTE_P);
    host_table(FRAME(DIRECTORY))[3] = ENTRY(FRAME(DIRECTORY), PTE_P);
    host_table(FRAME(TABLE))[0] = ENTRY(FRAME(DATA), PTE_P | PTE_W);
    host_table(FRAME(TABLE))[1] = ENTRY(FRAME(READ_ONLY), PTE_P);
    host_table(FRAME(TABLE))[2] = ENTRY(FRAME(OTHER_TABLE), PTE_P);
    host_table(FRAME(TABLE))[3] = ENTRY(HOST_SHARED_INFO, PTE_P | PTE_W);
    CHECK_EQUAL(direct_pin(&host.domain, (mfn_t){ FRAME(LINEAR) }, 2), 0);
    CHECK_EQUAL(host_load(FRAME(DIRECTORY)), 0);
    CHECK(frame_get_with_type(host.domain.id, (mfn_t){ FRAME(GDT) }, FRAME_GDT));
    CHECK(frame_get_with_type(host.domain.id, (mfn_t){ FRAME(LDT) }, FRAME_LDT));
    host.vcpu.gdt_entries = 1;
    host.vcpu.gdt_frames[0].n = FRAME(GDT);
    host.domain.area.l1[DOMAIN_AREA_LDT_PAGE + 3] = ENTRY(FRAME(LDT), PTE_P);
    host_audit();
}

/* Something is broken here, undone by the next begin. */
static void broken(uint32_t rule) {
    uint32_t before = host.domain.violations;

    CHECK_EQUAL(host_audit_rules(), RULE(rule));
    CHECK(host.domain.violations > before);
}

/* D1: a directory leads to an L1 table that nobody has checked. */
static void test_unchecked_table(void) {
    begin();
    host.domain.vcpu[0]->base_pointer.n = FRAME(DIRECTORY);
    frame_of((mfn_t){ FRAME(DATA) })->type = FRAME_L1;
    frame(DATA)->flags = FRAME_ALLOCATED;
    host_table(FRAME(TABLE))[0] = 0;
    frame(DATA)->count = 2;
    frame(DATA)->type_count = 1;
    host.vcpu.gdt_frames[1].n = FRAME(DATA); /* it is counted, but not validated */
    host.vcpu.gdt_entries = 513;
    broken(1);
}

static void test_writable_table(void) {
    begin();
    host_table(FRAME(TABLE))[2] |= PTE_W;
    frame(OTHER_TABLE)->type_count++; /* as if counted: what is wrong is the entry */
    broken(2);
    begin();
    host_table(FRAME(TABLE))[1] = ENTRY(FRAME(GDT), PTE_P | PTE_W);
    frame(READ_ONLY)->count--;
    frame(GDT)->count++;
    frame(GDT)->type_count++;
    broken(2);
}

static void test_entries(void) {
    static const pte_t flags[] = { PTE_PWT, PTE_PCD, PTE_PS, PTE_G };

    for (uint32_t i = 0; i < 4; i++) {
        begin();
        host_table(FRAME(TABLE))[1] |= flags[i];
        broken(3);
        begin();
        host_table(FRAME(DIRECTORY))[0] |= flags[i];
        broken(3);
    }
    begin();
    host_table(FRAME(TABLE))[1] = ENTRY(HOST_LIMIT, PTE_P);
    frame(READ_ONLY)->count--;
    broken(3);
    begin();
    host_table(FRAME(DIRECTORY))[0] = ENTRY(0xfffff, PTE_P);
    frame(TABLE)->count--;                  /* what it held is given up, but to nobody */
    frame(TABLE)->type_count--;
    host_table(FRAME(TABLE))[0] = host_table(FRAME(TABLE))[1] = host_table(FRAME(TABLE))[2] = 0;
    host_table(FRAME(TABLE))[3] = 0;
    frame(TABLE)->type = FRAME_NONE;
    frame(TABLE)->flags &= (uint8_t)~FRAME_VALIDATED;
    frame(DATA)->count--;
    frame(DATA)->type_count--;
    frame(READ_ONLY)->count--;
    frame(OTHER_TABLE)->count--;
    frame_of((mfn_t){ HOST_SHARED_INFO })->count--;
    frame_of((mfn_t){ HOST_SHARED_INFO })->type_count--;
    broken(3);
    begin();
    frame(OTHER_TABLE)->flags &= (uint8_t)~FRAME_VALIDATED; /* a table that a directory uses: D1, and D3 of the entry */
    CHECK_EQUAL(host_audit_rules(), RULE(1) | RULE(3));
}

static void test_linear(void) {
    begin();
    host_table(FRAME(DIRECTORY))[2] |= PTE_W;
    broken(4);
    begin();
    frame(LINEAR)->directory.linear++;
    broken(4);
    begin();
    frame(DIRECTORY)->directory.linear = 0;
    broken(4);
}

static void test_counts(void) {
    static const uint32_t frames[] = { DIRECTORY, TABLE, OTHER_TABLE, LINEAR, DATA, READ_ONLY, FREE, GDT, LDT };

    for (uint32_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
        begin();
        frame(frames[i])->count++;
        broken(5);
        begin();
        frame(frames[i])->count--;
        broken(5);
        if (frame(frames[i])->type_count != 0) {
            begin();
            frame(frames[i])->type_count++;
            broken(5);
        }
    }
    begin();
    frame_of((mfn_t){ HOST_SHARED_INFO })->count++;
    broken(5);
    begin();
    host_table(FRAME(TABLE))[1] |= PTE_W; /* to memory, without a reference */
    CHECK_EQUAL(host_audit_rules(), RULE(2) | RULE(5));
    begin();
    host_table(FRAME(TABLE))[9] = ENTRY(FRAME(FREE), PTE_P);
    broken(5);
    begin();
    host_table(FRAME(TABLE))[0] = 0;
    broken(5);
    begin();
    frame(FREE)->flags |= FRAME_PINNED;
    broken(5);
}

static void test_slots(void) {
    for (uint32_t slot = HYPERVISOR_L2_FIRST; slot < TABLE_ENTRIES; slot++) {
        begin();
        host_table(FRAME(LINEAR))[slot] ^= ENTRY(1, 0);
        broken(6);
        begin();
        host_table(FRAME(DIRECTORY))[slot] &= ~PTE_P;
        broken(6);
        begin();
        host_table(FRAME(DIRECTORY))[slot] ^= PTE_A | PTE_D; /* that is the processor's doing */
        host_audit();
    }
}

/* What a disconnected table needs is counted too, and missed. */
static void test_disconnected(void) {
    struct cpu_user_regs regs = { .eip = 0 };

    begin();
    CHECK(writable_write_fault(&host.domain, 2u << L1_SHIFT, &regs) && host.domain.direct.disconnected.active);
    host_audit();
    memset(host_table(FRAME(OTHER_TABLE)), 0xff, PAGE_SIZE); /* not looked at yet */
    host_audit();
    host.domain.direct.disconnected.before[5] = ENTRY(FRAME(FREE), PTE_P);
    broken(5);
    host.domain.direct.disconnected.before[5] = 0;
    host.domain.direct.disconnected.mapping_index++;
    CHECK_EQUAL(host_audit_rules(), RULE(2) | RULE(5));
    host.domain.direct.disconnected.mapping_index--;
    host.domain.direct.disconnected.linked = false;
    broken(5);
}

int main(int argc, char **argv) {
    random_begin(argc, argv);
    host_begin();
    test_unchecked_table();
    test_writable_table();
    test_entries();
    test_linear();
    test_counts();
    test_slots();
    test_disconnected();
    return check_end("rules");
}
