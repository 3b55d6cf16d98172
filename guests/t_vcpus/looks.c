/* looks.c - see looks.h. */
#include "guests/t_vcpus/looks.h"

#include <stddef.h>

#include "guests/lib/boot.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/string.h"
#include "guests/lib/tables.h"
#include "guests/t_vcpus/vcpus.h"

#define TURNS 20u
#define SELECTOR 0x0009u             /* entry 1, ring 1 */

static uint64_t tables[VCPUS_MAX][512] __attribute__((aligned(4096)));
static uint32_t words[VCPUS_MAX] = { 0x1000, 0x1001, 0x1002, 0x1003, 0x1004, 0x1005, 0x1006, 0x1007 };

static void let_others_run(void) {
    hypercall_sched_op(SCHEDOP_yield, NULL);
}

uint32_t look_at_page(void) {
    uint32_t first = *(volatile uint32_t *)LOOK_LINEAR;

    for (uint32_t i = 0; i < TURNS; i++) {
        let_others_run();
        if (*(volatile uint32_t *)LOOK_LINEAR != first)
            return 0;
    }
    return first;
}

void *looks_directory(uint32_t word) {
    pte_t *directory = page_take(), *table = page_take();
    uint32_t *page = page_take();

    page[0] = word;
    table[LOOK_LINEAR / GUEST_PAGE_SIZE % 1024] = tables_make(page_frame(page), PTE_P | PTE_W | PTE_A | PTE_D);
    memcpy(directory, tables_directory(), TABLES_GUEST_SLOTS * sizeof(pte_t));
    directory[LOOK_LINEAR / L2_SPAN] = tables_make(page_frame(table), PTE_P | PTE_W | PTE_U | PTE_A);
    tables_close(table);
    tables_close(directory);
    return directory;
}

/* A data segment of ring 1 with one page from base. */
static uint64_t data_segment(uint32_t base) {
    return 0x0000b30000000fffull | 0x0040000000000000ull | (uint64_t)(base & 0xffffff) << 16 |
           (uint64_t)(base >> 24) << 56;
}

static uint32_t read_through_fs(void) {
    uint32_t word;

    __asm__ volatile("movl %%fs:0, %0" : "=r"(word));
    return word;
}

uint32_t look_through_segment(uint32_t id) {
    unsigned long frame = boot_mfn_of_linear(tables[id]);

    tables[id][SELECTOR / 8] = data_segment(pointer_word(&words[id]));
    page_protect(tables[id], false);
    if (hypercall_set_gdt(&frame, 512) != 0)
        return 0;
    __asm__ volatile("movw %w0, %%fs" : : "r"(SELECTOR));
    for (uint32_t i = 0; i < TURNS; i++) {
        let_others_run();
        if (read_through_fs() != words[id])
            return 0;
        __asm__ volatile("movw %w0, %%fs" : : "r"(SELECTOR)); /* from the table again */
    }
    return read_through_fs();
}

uint32_t look_at_fpu(uint32_t id) {
    uint32_t number = 100 + id;

    __asm__ volatile("fninit");
    for (uint32_t i = 0; i < TURNS; i++) {
        __asm__ volatile("fildl %0" : : "m"(number));
        let_others_run();
        number = 0;
        __asm__ volatile("fistpl %0" : "=m"(number) : : "memory");
        if (number != 100 + id)
            return 0;
    }
    return number;
}

uint32_t look_at_port(void) {
    uint32_t value = 0;

    let_others_run();
    __asm__ volatile("inb $0x80, %b0" : "+a"(value));
    return value;
}
