/*
 * child.c - a whole domain, built as Xen's tools build one: memory, a kernel out of the ramdisk (an ELF file linked as
 * guests/lib/guest.lds says), page tables, start_info, first state. The hypervisor sees no more of it than hypercalls.
 *
 * One L1 table maps all of its memory from VIRT_BASE up. At the end of memory: L1 tables that are empty, boot stack,
 * start_info, list of frames, page directory, L1 table.
 */
#define __XEN_TOOLS__ 1
#include "guests/t_control/child.h"

#include <elf.h>
#include <stddef.h>

#include <xen/domctl.h>
#include <xen/elfnote.h>

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/string.h"
#include "guests/lib/tables.h"
#include "guests/t_control/requests.h"
#include "guests/t_control/t_control.h"

#define TABLE_FLAGS (PTE_P | PTE_W | PTE_U | PTE_A | PTE_D)
#define EVENTS_ENABLED 0x200u

#define MORE_TABLES 16u              /* so many that they are not checked in one go */

enum { MORE = CHILD_FRAMES - 5 - MORE_TABLES, STACK = CHILD_FRAMES - 5, START_INFO, FRAME_LIST, DIRECTORY, L1 };

unsigned long child_frames[CHILD_FRAMES];
uint32_t child_id;

static uint32_t linear_of(uint32_t pfn) {
    return GUEST_VIRT_BASE + pfn * GUEST_PAGE_SIZE;
}

/* The entry of window becomes value, by one of the two hypercalls that can name another's frame. */
static void set_window(const void *window, uint32_t value, uint32_t domain) {
    static uint32_t turn;
    struct mmu_update update = { tables_machine_address(tables_entry(pointer_word(window))), value };

    if (++turn % 2)
        check_equal(hypercall_mmu_update(&update, 1, NULL, domain), 0);
    else
        check_equal(hypercall(__HYPERVISOR_update_va_mapping_otherdomain, pointer_word(window), value, 0, UVMF_INVLPG,
                              domain), 0);
    tables_flush_page(pointer_word(window));
}

void *child_open_frame(uint32_t mfn, bool writable) {
    static void *window;

    if (window == NULL)
        window = page_take();
    set_window(window, mfn << 12 | PTE_P | PTE_A | PTE_D | (writable ? PTE_W : 0), child_id);
    return window;
}

void *child_open(uint32_t pfn, bool writable) {
    return child_open_frame(child_frames[pfn], writable);
}

void child_close(void *window) {
    set_window(window, tables_make(page_frame(window), PTE_P | PTE_W | PTE_A | PTE_D), DOMID_SELF);
}

/* size bytes at linear: from some, the rest zeros. */
static void load(uint32_t linear, uint32_t size, const uint8_t *from, uint32_t some) {
    for (uint32_t done = 0; done < size; done += GUEST_PAGE_SIZE) {
        uint8_t *page = child_open((linear + done - GUEST_VIRT_BASE) / GUEST_PAGE_SIZE, true);
        uint32_t part = some - done < GUEST_PAGE_SIZE ? some - done : GUEST_PAGE_SIZE;

        memset(page, 0, GUEST_PAGE_SIZE);
        if (done < some)
            memcpy(page, from + done, part);
        child_close(page);
    }
}

static void fill_hypercall_page(const uint8_t *notes, uint32_t size) {
    for (uint32_t at = 0; at + sizeof(Elf32_Nhdr) < size;) {
        const Elf32_Nhdr *note = (const Elf32_Nhdr *)(notes + at);
        uint32_t value = at + (uint32_t)sizeof(*note) + (note->n_namesz + 3) / 4 * 4;

        if (note->n_type == XEN_ELFNOTE_HYPERCALL_PAGE) {
            uint32_t linear = *(const uint32_t *)(notes + value);

            request.u.hypercall_init.gmfn = child_frames[(linear - GUEST_VIRT_BASE) / GUEST_PAGE_SIZE];
            check_equal(domctl(XEN_DOMCTL_hypercall_init, child_id), 0);
        }
        at = value + (note->n_descsz + 3) / 4 * 4;
    }
}

static uint32_t load_kernel(void) {
    const uint8_t *file = (const uint8_t *)start_info->mod_start;
    const Elf32_Ehdr *header = (const Elf32_Ehdr *)file;
    const Elf32_Phdr *segment = (const Elf32_Phdr *)(file + header->e_phoff);

    if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
        check_stop("the ramdisk is no ELF file");
    for (uint32_t i = 0; i < header->e_phnum; i++)
        if (segment[i].p_type == PT_LOAD)
            load(segment[i].p_vaddr, segment[i].p_memsz, file + segment[i].p_offset, segment[i].p_filesz);
    for (uint32_t i = 0; i < header->e_phnum; i++)
        if (segment[i].p_type == PT_NOTE)
            fill_hypercall_page(file + segment[i].p_offset, segment[i].p_filesz);
    return header->e_entry;
}

static bool is_table(uint32_t pfn) {
    return (pfn >= MORE && pfn < STACK) || pfn >= DIRECTORY;
}

/* Tables are mapped read-only, as those of the hypervisor's builder. */
static void make_tables(void) {
    struct mmuext_op clear[MORE_TABLES];
    uint32_t done = 0;
    pte_t *table = child_open(L1, true);

    memset(table, 0, GUEST_PAGE_SIZE);
    for (uint32_t pfn = 0; pfn < CHILD_FRAMES; pfn++)
        table[pfn] = child_frames[pfn] << 12 | PTE_P | PTE_A | PTE_D | (is_table(pfn) ? 0 : PTE_W);
    child_close(table);
    for (uint32_t i = 0; i < MORE_TABLES; i++)
        clear[i] = (struct mmuext_op){ .cmd = MMUEXT_CLEAR_PAGE, .arg1.mfn = child_frames[MORE + i] };
    check_equal(hypercall_mmuext_op(clear, MORE_TABLES, &done, child_id), 0);
    check_equal(done, MORE_TABLES);
    table = child_open(DIRECTORY, true);
    memset(table, 0, GUEST_PAGE_SIZE);
    table[GUEST_VIRT_BASE / L2_SPAN] = child_frames[L1] << 12 | TABLE_FLAGS;
    for (uint32_t i = 0; i < MORE_TABLES; i++)
        table[i] = child_frames[MORE + i] << 12 | TABLE_FLAGS;
    child_close(table);
}

static void make_start_info(const char *words) {
    load(linear_of(FRAME_LIST), sizeof(child_frames), (const uint8_t *)child_frames, sizeof(child_frames));
    check_equal(domctl(XEN_DOMCTL_getdomaininfo, child_id), 0);
    struct start_info *info = child_open(START_INFO, true);

    memset(info, 0, GUEST_PAGE_SIZE);
    string_copy(info->magic, "xen-3.0-x86_32", sizeof(info->magic));
    info->nr_pages = CHILD_FRAMES;
    info->shared_info = (unsigned long)request.u.getdomaininfo.shared_info_frame << 12;
    info->pt_base = linear_of(DIRECTORY);
    info->nr_pt_frames = 2;
    info->mfn_list = linear_of(FRAME_LIST);
    string_copy((char *)info->cmd_line, words, sizeof(info->cmd_line));
    child_close(info);
}

void child_first_state(struct vcpu_guest_context *context, uint32_t entry) {
    struct cpu_user_regs *regs = &context->user_regs;

    memset(context, 0, sizeof(*context));
    context->flags = VGCF_in_kernel | VGCF_online;
    regs->cs = FLAT_KERNEL_CS;
    regs->ss = regs->ds = regs->es = regs->fs = regs->gs = FLAT_KERNEL_DS;
    regs->eip = entry;
    regs->esp = linear_of(STACK + 1);
    regs->esi = linear_of(START_INFO);
    regs->eflags = EVENTS_ENABLED;
    context->kernel_ss = FLAT_KERNEL_SS;
    context->kernel_sp = regs->esp;
    context->ctrlreg[3] = xen_pfn_to_cr3(child_frames[DIRECTORY]);
}

uint32_t child_make(void) {
    struct xen_memory_reservation reservation = { .nr_extents = CHILD_FRAMES };

    memset(&request.u, 0, sizeof(request.u));
    request.u.createdomain.max_vcpus = 2;
    check_equal(domctl(XEN_DOMCTL_createdomain, 0), 0);
    child_id = request.domain;
    request.u.max_mem.max_memkb = CHILD_FRAMES * 4;
    check_equal(domctl(XEN_DOMCTL_max_mem, child_id), 0);
    for (uint32_t i = 0; i < CHILD_FRAMES; i++)
        child_frames[i] = i;
    reservation.domid = (domid_t)child_id;
    set_xen_guest_handle(reservation.extent_start, child_frames);
    check_equal(hypercall_memory_op(XENMEM_populate_physmap, &reservation), CHILD_FRAMES);
    return child_id;
}

uint32_t child_fill(const char *words) {
    uint32_t entry = load_kernel();

    make_tables();
    make_start_info(words);
    return entry;
}

uint32_t child_directory(void) {
    return child_frames[DIRECTORY];
}

uint32_t child_table(void) {
    return child_frames[L1];
}
