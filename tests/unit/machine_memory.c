/*
 * machine_memory.c - hosted test of how the boot divides memory (xen/boot/memory.h): which frames the heap and the
 * guests get for different maps, what is kept, what is moved and that it arrives whole, and what is refused.
 *
 * The code uses physical addresses as pointers, as it does under the boot's identity map: this 32-bit process has
 * memory of its own there. tests/test_machine_lib.py compiles and runs it, with an image of 1 MiB to 2.5 MiB.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "xen/boot/memory.h"
#include "xen/lib/panic.h"
#include "xen/mm/frame_setup.h"
#include "xen/mm/heap.h"
#include "xen/mm/heap_setup.h"
#include "xen/mm/paging.h"

#define MIB 0x100000u
#define IMAGE_END (MIB + 0x180000u)
#define MEMORY_END (64 * MIB)
#define PAGES (1u << 20)

static int failures;
static jmp_buf panicked;
static bool may_panic;
static char panic_text[200];
/* What each page was given as. */
static enum { NOBODYS, HEAP, GUEST } given[PAGES];

#define CHECK(condition) \
    ((condition) ? (void)0 : (void)(failures++, printf("%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition)))

/* --- the rest of the hypervisor, as far as memory.c asks for it --- */

void panic(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(panic_text, sizeof(panic_text), format, arguments);
    va_end(arguments);
    if (!may_panic) {
        printf("panic: %s\n", panic_text);
        exit(100);
    }
    longjmp(panicked, 1);
}

uint32_t physical_of(const void *pointer) {
    return (uint32_t)pointer - LAYOUT_DIRECT_MAP;
}

static void give(uint32_t first, uint32_t end, int what) {
    for (uint32_t page = first; page < end; page++) {
        CHECK(given[page] == NOBODYS);
        given[page] = what;
    }
}

void heap_add(void *pointer, uint32_t pages) {
    uint32_t first = physical_of(pointer) >> PAGE_SHIFT;
    give(first, first + pages, HEAP);
}

void frame_add(uint32_t first, uint32_t end) {
    give(first, end, GUEST);
}

void *heap_pages_uncleared(uint32_t pages) {
    return calloc(pages, PAGE_SIZE);
}

void frame_setup(uint32_t limit, uint32_t hypervisor_end, uint32_t *free_list) {
    CHECK(limit && hypervisor_end && free_list);
}

void paging_map_frame_table(const void *pointer, uint32_t pages) {
    CHECK(pointer && pages);
}

void paging_map_m2p(const void *pointer, uint32_t pages) {
    CHECK(pointer && pages);
}

/* --- maps --- */

/* Usable stretches from the list (start, end in MiB, ended by 0), with a reserved one before each, as a BIOS reports. */
static void read_map(const uint32_t *stretches) {
    static struct multiboot_map_entry entries[16];
    uint32_t count = 0;
    for (; stretches[0]; stretches += 2) {
        entries[count++] = (struct multiboot_map_entry){ 20, 0xa0000, 0x60000, 2 };
        entries[count++] = (struct multiboot_map_entry){ 20, (uint64_t)stretches[0] * MIB,
                                                         (uint64_t)(stretches[1] - stretches[0]) * MIB, 1 };
    }
    entries[count++] = (struct multiboot_map_entry){ 20, 0, 0x9f000, 1 };   /* below 1 MiB: nobody's */
    struct multiboot_info information = { .flags = MULTIBOOT_HAS_MEMORY_MAP, .map = (uint32_t)entries,
                                          .map_bytes = count * sizeof(entries[0]) };
    memory_read_map(&information);
}

static uint32_t count_given(int what) {
    uint32_t count = 0;
    for (uint32_t page = 0; page < PAGES; page++) {
        count += given[page] == (unsigned)what;
    }
    return count;
}

static bool all_given(uint32_t start, uint32_t end, int what) {
    for (uint32_t page = start >> PAGE_SHIFT; page < end >> PAGE_SHIFT; page++) {
        if (given[page] != (unsigned)what) {
            return false;
        }
    }
    return true;
}

static void place_table_and_m2p(void) {
    void *table = mmap((void *)LAYOUT_FRAME_TABLE, 4 * MIB, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    void *m2p = mmap((void *)LAYOUT_M2P_WRITABLE, 4 * MIB, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    void *low = mmap((void *)MIB, MEMORY_END - MIB, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (table != (void *)LAYOUT_FRAME_TABLE || m2p != (void *)LAYOUT_M2P_WRITABLE || low != (void *)MIB) {
        perror("mmap");
        exit(101);
    }
}

/* --- each in a process of its own, because the boot happens once --- */

static void test_common_machine(void) {
    read_map((const uint32_t[]){ 1, 48, 0 });
    CHECK(memory_total_mib() == 48);
    memory_hold(3 * MIB + 5, 4 * MIB + 5);           /* a module: whole pages of it are kept */
    memory_divide(16);
    CHECK(memory_place(3 * MIB + 5, 4 * MIB + 5) == 3 * MIB + 5);
    memory_populate();
    CHECK(all_given(0, IMAGE_END, NOBODYS));
    CHECK(all_given(IMAGE_END, 3 * MIB, HEAP));
    CHECK(all_given(3 * MIB, 4 * MIB + PAGE_SIZE, NOBODYS));
    CHECK(all_given(4 * MIB + PAGE_SIZE, 28 * MIB, HEAP));   /* the direct map ends there */
    CHECK(all_given(28 * MIB, 48 * MIB, GUEST));
    CHECK(count_given(GUEST) >= (16 + 1) * 256);
}

/* The machine is small: the heap ends where the domain's frames must begin; a hole in memory is nobody's. */
static void test_hole(void) {
    read_map((const uint32_t[]){ 1, 15, 16, 32, 0 });
    memory_divide(14);
    memory_populate();
    CHECK(all_given(15 * MIB, 16 * MIB, NOBODYS));
    CHECK(count_given(GUEST) == 15 * 256);
    CHECK(all_given(IMAGE_END, 15 * MIB, HEAP) && all_given(17 * MIB, 32 * MIB, GUEST));
}

/* A module in the guests' part is moved to the lowest gap that holds it, contents and all. */
static void test_move(void) {
    uint32_t from = 40 * MIB + 0x123, bytes = 2 * MIB + 7;
    memset((void *)from, 0x5a, bytes);
    read_map((const uint32_t[]){ 1, 48, 0 });
    memory_hold(from, from + bytes);
    memory_hold(3 * MIB, 3 * MIB + PAGE_SIZE);       /* the gap below it, half a MiB, is too small */
    memory_divide(16);
    uint32_t to = memory_place(from, from + bytes);
    CHECK(to == 3 * MIB + PAGE_SIZE);
    for (uint32_t i = 0; i < bytes; i++) {
        CHECK(((const char *)to)[i] == 0x5a);
    }
    memory_populate();
    CHECK(all_given(to, to + 2 * MIB + PAGE_SIZE, NOBODYS) && given[(to >> PAGE_SHIFT) + 513] == HEAP);
    CHECK(all_given(40 * MIB, 43 * MIB, GUEST));
}

static void expect_panic(const char *text, void (*act)(void)) {
    may_panic = true;
    if (!setjmp(panicked)) {
        act();
        panic_text[0] = 0;
    }
    may_panic = false;
    if (!strstr(panic_text, text)) {
        failures++;
        printf("wanted a panic about '%s', got '%s'\n", text, panic_text);
    }
}

static void read_nothing(void) {
    struct multiboot_info information = { .flags = 0 };
    memory_read_map(&information);
}

static void read_low_only(void) {
    read_map((const uint32_t[]){ 0 });
}

static void divide_too_large(void) {
    read_map((const uint32_t[]){ 1, 40, 0 });
    memory_divide(30);
}

/* As many bytes as a 32-bit number cannot hold. The map of the test before is still there. */
static void divide_far_too_large(void) {
    read_map((const uint32_t[]){ 40, 80, 0 });
    memory_divide(16 * 512);
}

static void place_too_large(void) {
    read_map((const uint32_t[]){ 1, 48, 0 });
    memory_divide(16);
    memory_hold(20 * MIB, 47 * MIB);
    memory_place(20 * MIB, 47 * MIB);
}

static void hold_too_many(void) {
    read_map((const uint32_t[]){ 1, 48, 0 });
    for (uint32_t i = 0; i < 35; i++) {
        memory_hold((4 + i) * MIB, (4 + i) * MIB + 1);
    }
}

static void test_refusals(void) {
    expect_panic("no memory map", read_nothing);
    expect_panic("no usable memory above 1 MiB", read_low_only);
    expect_panic("30 MiB of domains (mem=) do not fit: the machine has 40 MiB and needs 62 MiB", divide_too_large);
    expect_panic("8192 MiB of domains (mem=) do not fit: the machine has 80 MiB and needs 8224 MiB", divide_far_too_large);
}

static void test_no_room(void) {
    expect_panic("no room to keep 27648 KiB", place_too_large);
}

static void test_too_many(void) {
    expect_panic("more than 35 ranges", hold_too_many);
}

/* Each test begins with the state of a fresh boot, so it has a process of its own. */
int main(void) {
    static void (*const tests[])(void) = { test_common_machine, test_hole, test_move, test_refusals, test_no_room,
                                           test_too_many };
    const int number = sizeof(tests) / sizeof(tests[0]);
    int broken = 0;

    for (int i = 0; i < number; i++) {
        int status = 1;
        pid_t child = fork();

        if (child == 0) {
            place_table_and_m2p();
            tests[i]();
            fflush(stdout);
            _exit(failures != 0);
        }
        if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
            printf("test %d failed\n", i);
            fflush(stdout); /* or the next child says it again */
            broken++;
        }
    }
    return broken;
}
