/*
 * handover.c - a multiboot kernel that exercises the agent: it hands records over, flushes, changes rings, takes faults and timer
 * interrupts, and misbehaves on demand.
 *
 * Its command line names what to do:
 *   good       everything right, ends with success            skip       the same, ends with skip
 *   garbage    hands over what are no records                 gap        skips sequence numbers
 *   root       loads a frame that a guest owns into CR3       table      walks through a page table that a guest owns
 *   is=l1, is=l2, is=none, is=given-back    with root and table: what has been said of the frame; several are said in this order
 *   types      says what cannot be of frames
 *   maps       for domain 1, with every frame of the kernel granted to it, maps a frame and reads it; the words that are given are
 *              carried out in this order:
 *                own, others, nobodys     which frame: domain 1's, domain 2's, the hypervisor's
 *                read, write, none        how it has been granted to domain 1; several in this order
 *                unwritable               maps it without the right to write
 *                trusted                  domain 1 is
 *                reborn                   domain 1 has ended, and another has got its number
 *                switch, idle             domain 2, or nobody, has become the running one; load: and CR3 has been loaded since;
 *                                         flush: with the same root
 *                table-of-1, table-of-2   through a validated table that this domain owns
 *                large                    maps 4 MiB, of which domain 1 owns and was granted only some
 *                other-root               loads CR3 with a validated directory of domain 2
 *   pae        switches PAE paging on
 *   triple     a fault with no handler for it or the double   halt       stops for good without an outcome
 *   endless    hands over records for ever                    outcome    ends with an outcome that is none
 *   fuzz       hands over records of every kind with anything in them
 *   disk       hands over a thousand records, and reads a sector of the disk
 *   long       like good, 100000 calls instead of 300         reset      pulls the processor's reset line
 * Callers: tests/test_trace_agent.py. The records come from trace/emit.c, as the hypervisor's do.
 */
#include <stddef.h>
#include <stdint.h>

#include "trace/emit.h"

#define GUEST_MFN 0x800u /* of the frames the kernel says a guest owns: 8 MiB and up */
#define PAGE_PRESENT_WRITABLE_USER 7u
#define LARGE 0x80u
#define ATA_PORT 0x1f0u
#define ATA_READ 0x20u
#define DISK_SECTOR 4000u /* as in crash.c */

struct trap_frame {
    uint32_t edi, esi, ebp, esp, ebx, edx, ecx, eax;
    uint32_t vector, error, eip, cs, eflags;
};

struct table_register {
    uint16_t limit;
    uint32_t base;
} __attribute__((packed));

void kernel_main(uint32_t information);
void trap(struct trap_frame *frame);
_Noreturn void enter_user(uint32_t eip, uint32_t esp);
void load_root(uint32_t cr3);
void forget_page(uint32_t linear);
extern uint32_t rounds;
extern const char user_code[], page_fault_stub[], double_fault_stub[], timer_stub[], call_stub[];

static volatile uint32_t directory[1024] __attribute__((aligned(4096)));
static volatile uint32_t table[1024] __attribute__((aligned(4096)));
static uint8_t user_stack[4096] __attribute__((aligned(16)));
static uint8_t kernel_stack[4096] __attribute__((aligned(16)));
static uint32_t task_state[26] __attribute__((aligned(128)));
static uint64_t segments[6] = { 0, 0x00cf9a000000ffff, 0x00cf92000000ffff, 0x00cffa000000ffff, 0x00cff2000000ffff, 0 };
static uint64_t gates[256];
static uint32_t wanted_outcome;
uint32_t rounds = 300;

uint32_t trace_platform_physical(const void *object) {
    return (uint32_t)object; /* paging is one to one */
}

void trace_platform_out(uint32_t port, uint32_t value) {
    __asm__ volatile("outl %0, %w1" : : "a"(value), "d"(port) : "memory");
}

static void out_byte(uint32_t port, uint32_t value) {
    __asm__ volatile("outb %b0, %w1" : : "a"(value), "d"(port));
}

static void say(const char *text) {
    while (*text)
        out_byte(0xe9, (uint8_t)*text++);
}

static _Noreturn void stop(uint32_t outcome) {
    static const char shutdown[] = "Shutdown";

    trace_platform_out(TRACE_PORT_EXIT, outcome);
    for (uint32_t i = 0; i < sizeof(shutdown) - 1; i++) /* no agent: the emulator's own way to end */
        out_byte(0x8900, (uint8_t)shutdown[i]);
    for (;;)
        __asm__ volatile("cli; hlt");
}

static void set_gate(uint32_t vector, const void *stub, uint32_t ring) {
    uint32_t address = (uint32_t)stub;

    gates[vector] = (address & 0xffffu) | 0x00080000u | (uint64_t)((address & 0xffff0000u) | 0x8e00u | ring << 13) << 32;
}

static void set_tables(void) {
    struct table_register gdt = { sizeof(segments) - 1, (uint32_t)segments };
    struct table_register idt = { sizeof(gates) - 1, (uint32_t)gates };
    uint32_t tss = (uint32_t)task_state;

    task_state[1] = (uint32_t)(kernel_stack + sizeof(kernel_stack));
    task_state[2] = 0x10;
    segments[5] = 0x67u | (uint64_t)(tss & 0xffffffu) << 16 | 0x89ull << 40 | (uint64_t)(tss >> 24) << 56;
    set_gate(14, page_fault_stub, 0);
    set_gate(8, double_fault_stub, 0);
    set_gate(0x20, timer_stub, 0);
    set_gate(0x82, call_stub, 3);
    __asm__ volatile("lgdt %0; lidt %1; ljmp $8, $1f; 1: movw $0x10, %%ax; movw %%ax, %%ds; movw %%ax, %%es; movw %%ax, %%ss;"
                     "movw $0x28, %%ax; ltr %%ax" : : "m"(gdt), "m"(idt) : "eax", "memory");
}

static void set_paging(void) {
    uint32_t cr4, cr0;

    directory[0] = PAGE_PRESENT_WRITABLE_USER | LARGE; /* 4 MiB, one to one */
    directory[1] = 0x400000u | PAGE_PRESENT_WRITABLE_USER | LARGE;
    __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
    __asm__ volatile("mov %0, %%cr4" : : "r"(cr4 | 0x10u));
    load_root((uint32_t)directory);
    __asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
    __asm__ volatile("mov %0, %%cr0" : : "r"(cr0 | 0x80010000u));
}

/* Interrupt controllers at 0x20, the timer alone let through, 1000 times a second. */
static void set_timer(void) {
    static const uint8_t words[][2] = { { 0x20, 0x11 }, { 0xa0, 0x11 }, { 0x21, 0x20 }, { 0xa1, 0x28 }, { 0x21, 4 }, { 0xa1, 2 },
                                        { 0x21, 1 }, { 0xa1, 1 }, { 0x21, 0xfe }, { 0xa1, 0xff }, { 0x43, 0x34 },
                                        { 0x40, 0xa9 }, { 0x40, 0x04 } };

    for (uint32_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        out_byte(words[i][0], words[i][1]);
}

static void flushes(void) {
    uint32_t cr0, cr4;

    trace_flush(TRACE_CAUSE_base_pointer_switch, TRACE_LABEL_none, TRACE_MEANS_mov_cr3, TRACE_SCOPE_non_global,
                (uint32_t)directory, 0);
    load_root((uint32_t)directory);
    trace_flush(TRACE_CAUSE_guest_invlpg, TRACE_LABEL_flush_tlb_page, TRACE_MEANS_invlpg, TRACE_SCOPE_page, 0x800000, 1);
    forget_page(0x800000);
    __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
    trace_flush(TRACE_CAUSE_mmuext_tlb_flush_all, TRACE_LABEL_none, TRACE_MEANS_mov_cr4, TRACE_SCOPE_everything, cr4 | 0x80, 0);
    __asm__ volatile("mov %0, %%cr4" : : "r"(cr4 | 0x80));
    __asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
    trace_flush(TRACE_CAUSE_fpu_lazy, TRACE_LABEL_none, TRACE_MEANS_mov_cr0, TRACE_SCOPE_nothing, cr0 | 8, 0);
    __asm__ volatile("mov %0, %%cr0" : : "r"(cr0 | 8));
    __asm__ volatile("clts"); /* the processor forgets nothing, and the emulator reports nothing */
}

void trap(struct trap_frame *frame) {
    if (frame->vector == 0x20) {
        out_byte(0x20, 0x20);
    } else if (frame->vector == 14) {
        uint32_t linear;

        __asm__ volatile("mov %%cr2, %0" : "=r"(linear));
        trace_shadow_fault(linear, frame->error, frame->eip, 0, 0, TRACE_FAULT_PATH_fill_l1);
        directory[linear >> 22] = (uint32_t)table | PAGE_PRESENT_WRITABLE_USER;
        table[linear >> 12 & 1023] = (linear & 0xfffff000u) | PAGE_PRESENT_WRITABLE_USER;
    } else if (frame->vector == 0x82 && frame->eax != 0) {
        trace_pv_hypercall(frame->eax, 0, 0, 0, frame->eip);
        if (frame->eax % 100 == 0)
            trace_marker(TRACE_MARKER_phase, frame->eax, 0, 0, "sixteen letters and more");
    } else {
        trace_domain_ended(TRACE_END_REASON_poweroff, wanted_outcome, frame->eip, "the end");
        say("good bye\n");
        stop(wanted_outcome);
    }
}

static void garbage(void) {
    static struct trace_slot slot;

    trace_platform_out(TRACE_PORT_TRACE, 0xfffffff0u);
    trace_platform_out(TRACE_PORT_TRACE, 0x000a0000u); /* the display's memory */
    trace_platform_out(TRACE_PORT_TRACE, 0x70000000u); /* none there */
    slot.header.id = 0x4242;
    slot.header.size = 16;
    trace_platform_out(TRACE_PORT_TRACE, (uint32_t)&slot);
    slot.header.id = TRACE_ID_hw_end;
    trace_platform_out(TRACE_PORT_TRACE, (uint32_t)&slot);
    slot.header.id = TRACE_ID_marker;
    slot.header.size = 0xffff;
    trace_platform_out(TRACE_PORT_TRACE, (uint32_t)&slot);
    trace_domain_frames(5, 1);
    for (uint32_t address = 0; address < 0x10000; address += 61)
        trace_platform_out(TRACE_PORT_TRACE, address * 977);
    out_byte(TRACE_PORT_TRACE, 1);
    stop(TRACE_OUTCOME_success);
}

/* Well-formed records whose fields say anything: values that no enumeration has, text without an end. */
static void fuzz(void) {
    static struct trace_slot slot;
    uint32_t state = 12345;

    for (uint32_t sequence = 7; sequence < 4000; sequence++) {
        const struct trace_description *kind = &trace_descriptions[(state >> 8) % trace_description_count];

        slot.header.id = (uint16_t)kind->id;
        slot.header.size = (uint16_t)kind->size;
        slot.header.sequence = sequence;
        for (uint32_t i = 0; i < sizeof(slot.words) / sizeof(slot.words[0]); i++)
            slot.words[i] = state = state * 1664525u + 1013904223u;
        if (kind->is_hardware || kind->id == TRACE_ID_lost_records)
            sequence--;
        else
            trace_platform_out(TRACE_PORT_TRACE, (uint32_t)&slot);
    }
    stop(TRACE_OUTCOME_success);
}

static _Noreturn void endless(void) {
    say("endless\n");
    for (uint32_t i = 0;; i++)
        trace_marker(TRACE_MARKER_note, i, 0, 0, "endless");
}

/* Types that there are not, and frames. */
static _Noreturn void types(void) {
    trace_table_type(GUEST_MFN, (enum trace_table_type)3);
    trace_table_type(GUEST_MFN, (enum trace_table_type)0xffffffffu);
    trace_table_type(1u << 20, TRACE_TABLE_TYPE_l1);
    trace_table_type(0xffffffffu, TRACE_TABLE_TYPE_none);
    trace_table_type((1u << 20) - 1, TRACE_TABLE_TYPE_l2); /* the last frame there can be */
    stop(TRACE_OUTCOME_success);
}

static const char *find_word(const char *line, const char *word) {
    for (; *line; line++) {
        uint32_t n = 0;

        while (word[n] && line[n] == word[n])
            n++;
        if (!word[n])
            return line;
    }
    return NULL;
}

/* What the frame that root and table use is said to be. */
static void say_type(const char *line) {
    if (find_word(line, "is=l1"))
        trace_table_type(GUEST_MFN, TRACE_TABLE_TYPE_l1);
    if (find_word(line, "is=l2"))
        trace_table_type(GUEST_MFN, TRACE_TABLE_TYPE_l2);
    if (find_word(line, "is=none"))
        trace_table_type(GUEST_MFN, TRACE_TABLE_TYPE_none);
    if (find_word(line, "is=given-back")) {
        trace_domain_frames(GUEST_MFN, 0xfffffffeu);
        trace_domain_frames(GUEST_MFN, 0xffffffffu);
    }
}

#define OTHERS_MFN (GUEST_MFN + 16) /* in the same group of 32 */
#define NOBODYS_MFN (GUEST_MFN + 64)
#define MAPPED 0x2000000u

/* What domain 2 and the frames of the kernel are to domain 1, and what has been said of the frame that it will map. */
static void say_ownership(const char *line, uint32_t mfn) {
    for (uint32_t frame = 0; frame < GUEST_MFN; frame++)
        trace_domain_grant(frame, TRACE_ACCESS_write);
    trace_domain_frames(GUEST_MFN, 0x0000ffffu);
    if (find_word(line, "read"))
        trace_domain_grant(mfn, TRACE_ACCESS_read);
    if (find_word(line, "write"))
        trace_domain_grant(mfn, TRACE_ACCESS_write);
    if (find_word(line, "none"))
        trace_domain_grant(mfn, TRACE_ACCESS_none);
    if (find_word(line, "trusted"))
        trace_domain_built(TRACE_MODE_trusted, 32, 0, GUEST_MFN, 0);
    trace_set_identity(2, 0);
    trace_domain_frames(GUEST_MFN, 0xffff0000u);
    for (uint32_t frame = 0; frame < GUEST_MFN; frame++)
        trace_domain_grant(frame, TRACE_ACCESS_write);
    trace_set_identity(1, 0);
    if (find_word(line, "reborn")) {
        trace_domain_ended(TRACE_END_REASON_poweroff, TRACE_OUTCOME_success, 0, "gone");
        trace_domain_frames(GUEST_MFN + 32, 0xffffffffu);
        for (uint32_t frame = 0; frame < GUEST_MFN; frame++)
            trace_domain_grant(frame, TRACE_ACCESS_write);
    }
}

static void run_next(const char *line) {
    static uint32_t root[1024] __attribute__((aligned(4096))); /* of domain 1 */

    for (uint32_t i = 0; i < 1024; i++)
        root[i] = directory[i];
    trace_sched_switch(TRACE_NO_DOMAIN, 0, 1, 0);
    load_root((uint32_t)root);
    if (find_word(line, "switch"))
        trace_sched_switch(1, 0, 2, 0);
    if (find_word(line, "idle"))
        trace_sched_switch(1, 0, TRACE_NO_DOMAIN, 0);
    if (find_word(line, "flush"))
        load_root((uint32_t)root);
    if (find_word(line, "load"))
        load_root((uint32_t)directory);
}

/* The table in the domain's frame; it maps where only the kernel itself looks. */
static volatile uint32_t *owned_table(uint32_t mfn, enum trace_table_type type) {
    trace_table_type(mfn, type);
    return (volatile uint32_t *)(mfn << 12);
}

static _Noreturn void map(const char *line) {
    uint32_t mfn = find_word(line, "own") ? GUEST_MFN : find_word(line, "others") ? OTHERS_MFN : NOBODYS_MFN;
    uint32_t access = find_word(line, "unwritable") ? PAGE_PRESENT_WRITABLE_USER & ~2u : PAGE_PRESENT_WRITABLE_USER;
    uint32_t table_mfn = find_word(line, "table-of-2") ? OTHERS_MFN + 1 : GUEST_MFN + 1;
    volatile uint32_t *entries = table;

    say_ownership(line, mfn);
    if (find_word(line, "table-of-"))
        entries = owned_table(table_mfn, TRACE_TABLE_TYPE_l1);
    entries[MAPPED >> 12 & 1023] = mfn << 12 | access;
    directory[MAPPED >> 22] = (uint32_t)entries | PAGE_PRESENT_WRITABLE_USER;
    if (find_word(line, "large"))
        directory[MAPPED >> 22] = GUEST_MFN << 12 | PAGE_PRESENT_WRITABLE_USER | LARGE;
    if (find_word(line, "other-root")) {
        entries = owned_table(OTHERS_MFN + 2, TRACE_TABLE_TYPE_l2);
        for (uint32_t i = 0; i < 1024; i++)
            entries[i] = i == 2 ? 0 : directory[i];
    }
    directory[2] = 0; /* what the kernel needed for this is not domain 1's */
    run_next(line);
    (void)*(volatile uint32_t *)MAPPED;
    if (find_word(line, "other-root"))
        load_root((OTHERS_MFN + 2) << 12);
    stop(TRACE_OUTCOME_success);
}

static void read_disk(void) {
    static const uint8_t registers[][2] = { { 2, 1 }, { 3, DISK_SECTOR & 0xff }, { 4, DISK_SECTOR >> 8 }, { 5, 0 }, { 6, 0xe0 },
                                            { 7, ATA_READ } };

    for (uint32_t i = 0; i < 1000; i++)
        trace_marker(TRACE_MARKER_note, i, 0, 0, "");
    for (uint32_t i = 0; i < sizeof(registers) / sizeof(registers[0]); i++)
        out_byte(ATA_PORT + registers[i][0], registers[i][1]);
}

/* What must fail, one kind a command-line word. */
static void misbehave(const char *line) {
    if (find_word(line, "garbage"))
        garbage();
    if (find_word(line, "fuzz"))
        fuzz();
    if (find_word(line, "types"))
        types();
    if (find_word(line, "endless"))
        endless();
    if (find_word(line, "outcome"))
        stop(99);
    if (find_word(line, "reset"))
        out_byte(0x64, 0xfe);
    if (find_word(line, "disk"))
        read_disk();
    if (find_word(line, "maps"))
        map(line);
    if (find_word(line, "halt"))
        for (;;)
            __asm__ volatile("cli; hlt");
    if (find_word(line, "gap")) {
        uint32_t mask = trace_mask;

        trace_open(TRACE_ID_marker, 0)->header.sequence = 0; /* a record made and not handed over */
        trace_start(TRACE_SINK_ring, mask);
        trace_marker(TRACE_MARKER_note, 0, 0, 0, "not seen");
        trace_marker(TRACE_MARKER_note, 0, 0, 0, "not seen");
        trace_start(TRACE_SINK_agent, mask);
    }
    if (find_word(line, "root"))
        for (volatile uint32_t *copy = (uint32_t *)(GUEST_MFN << 12), i = 0; i < 1024; i++)
            copy[i] = directory[i];
    if (find_word(line, "root"))
        load_root(GUEST_MFN << 12);
    if (find_word(line, "table")) {
        uint32_t *owned = (uint32_t *)(GUEST_MFN << 12);

        owned[0] = 0x100000u | PAGE_PRESENT_WRITABLE_USER;
        directory[8] = GUEST_MFN << 12 | PAGE_PRESENT_WRITABLE_USER;
        (void)*(volatile uint32_t *)0x2000000;
    }
    if (find_word(line, "pae")) {
        __asm__ volatile("mov %%cr0, %%eax; btr $31, %%eax; mov %%eax, %%cr0; mov %%cr4, %%eax; bts $5, %%eax; mov %%eax, %%cr4"
                         : : : "eax", "memory");
    }
    if (find_word(line, "triple")) {
        gates[8] = 0;
        __asm__ volatile("ud2");
    }
}

void kernel_main(uint32_t information) {
    const char *line = (const char *)((const uint32_t *)information)[4];

    out_byte(TRACE_PORT_ENTRY, 0);
    say("hello\n");
    set_tables();
    set_paging();
    if (find_word(line, "root") || find_word(line, "table") || find_word(line, "maps"))
        directory[2] = 0x800000u | PAGE_PRESENT_WRITABLE_USER | LARGE;
    set_timer();
    if (find_word(line, "long"))
        rounds = 100000;
    wanted_outcome = find_word(line, "skip") ? TRACE_OUTCOME_skip : TRACE_OUTCOME_success;
    trace_start(TRACE_SINK_agent, ~0u);
    trace_hypervisor_start(0x4000, (uint32_t)directory, trace_mask);
    trace_set_identity(1, 0);
    trace_domain_built(find_word(line, "maps") ? TRACE_MODE_shadow : TRACE_MODE_trusted, 32, (uint32_t)user_code, GUEST_MFN, 0);
    trace_domain_frames(GUEST_MFN, 0xffffffffu);
    flushes();
    say_type(line);
    misbehave(line);
    trace_domain_start();
    enter_user((uint32_t)user_code, (uint32_t)(user_stack + sizeof(user_stack)));
}
