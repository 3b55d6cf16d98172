/*
 * build.c - the domain builder; see build.h.
 *
 * The kernel finds what Xen 3.x's builder leaves: image, ramdisk, list of frames, start_info, store and console page,
 * page tables, boot stack, in one region mapped from VIRT_BASE up (layout.h). Frames are written through the map cache:
 * the region is not yet mapped anywhere. A translated domain is told numbers of its own (physmap.h), shared_info's too.
 * Source: struct start_info and "Start-of-day memory layout" in <xen/xen.h>; entry state as Xen 3.x gives it.
 */
#include "xen/domain/build.h"

#include <xen/features.h>
#include <xen/memory.h>

#include "trace/emit.h"
#include "xen/boot/modules.h"
#include "xen/boot/options.h"
#include "xen/domain/domain.h"
#include "xen/domain/events.h"
#include "xen/domain/memory.h"
#include "xen/domain/mode.h"
#include "xen/domain/physmap.h"
#include "xen/domain/service.h"
#include "xen/domain/mode_hop.h"
#include "xen/domain/schedule.h"
#include "xen/domain/time.h"
#include "xen/hypercall/page.h"
#include "xen/lib/panic.h"
#include "xen/lib/string.h"
#include "xen/mm/frame.h"
#include "xen/mm/m2p.h"
#include "xen/mm/map_cache.h"

#define L1_ENTRY (PTE_P | PTE_W | PTE_A)
#define L2_ENTRY (PTE_P | PTE_W | PTE_U | PTE_A | PTE_D)
#define EFLAGS_IF_SET 0x202u
/* In no mode is this the only way to have writable page tables, so it may be required in each: there is the assist. */
#define WRITABLE_TABLES (1u << XENFEAT_writable_page_tables)
#define TRANSLATED (1u << XENFEAT_auto_translated_physmap)

/* A domain under construction. */
struct build {
    const struct domain_config *config;
    const struct module *kernel, *ramdisk; /* ramdisk NULL: none */
    uint32_t frames;                 /* of memory */
    bool translated;
    struct kernel_image image;
    struct layout layout;
    struct domain *domain;
};

static struct build build; /* too large for the stack */

static uint32_t pfn_at(const struct build *b, uint32_t linear) {
    return (linear - b->layout.start) >> PAGE_SHIFT;
}

static mfn_t frame_at(const struct build *b, uint32_t linear) {
    return b->domain->p2m[pfn_at(b, linear)];
}

/* The number by which the domain will know it. */
static uint32_t number_at(const struct build *b, uint32_t linear) {
    return b->translated ? pfn_at(b, linear) : frame_at(b, linear).n;
}

/*
 * Copy bytes into the region, page by page; from NULL: zeros. New frames hold anything, so all that a kernel may rely
 * on is written.
 */
static void write_region(const struct build *b, uint32_t linear, const void *from, uint32_t length) {
    const uint8_t *bytes = from;

    while (length != 0) {
        uint32_t offset = linear & (PAGE_SIZE - 1);
        uint32_t part = PAGE_SIZE - offset < length ? PAGE_SIZE - offset : length;
        uint8_t *page = map_frame(frame_at(b, linear));

        if (bytes) {
            memcpy(page + offset, bytes, part);
            bytes += part;
        } else {
            memset(page + offset, 0, part);
        }
        unmap_frame(page);
        linear += part;
        length -= part;
    }
}

static bool add_memory(const struct build *b) {
    for (uint32_t pfn = 0; pfn < b->frames; pfn++) {
        mfn_t mfn;

        if (!memory_add(b->domain, pfn, &mfn)) {
            return false;
        }
    }
    return true;
}

static void load_kernel(const struct build *b) {
    for (uint32_t i = 0; i < b->image.segments; i++) {
        const struct kernel_segment *segment = &b->image.segment[i];

        write_region(b, segment->linear, b->image.file.bytes + segment->file_offset, segment->file_size);
        write_region(b, segment->linear + segment->file_size, 0, segment->memory_size - segment->file_size);
    }
    if (b->image.notes.has_hypercall_page) {
        void *page = map_frame(frame_at(b, b->image.notes.hypercall_page));

        hypercall_page_fill(page);
        unmap_frame(page);
    }
}

static bool is_page_table(const struct layout *layout, uint32_t linear) {
    return linear >= layout->page_tables && linear < layout->page_tables + layout->page_table_frames * PAGE_SIZE;
}

static void fill_l1(const struct build *b, pte_t *l1, uint32_t linear) {
    uint32_t end = (linear & ~((1u << L2_SHIFT) - 1)) + (1u << L2_SHIFT);

    for (; linear != end && linear < b->layout.end; linear += PAGE_SIZE) {
        pte_t entry = number_at(b, linear) << PAGE_SHIFT | L1_ENTRY;

        if (is_page_table(&b->layout, linear)) {
            entry &= ~PTE_W;
        }
        l1[l1_index(linear)] = entry;
    }
}

static void make_page_tables(const struct build *b) {
    uint32_t table = b->layout.page_tables + PAGE_SIZE;
    pte_t *l2 = map_frame(frame_at(b, b->layout.page_tables));

    for (uint32_t linear = b->layout.start; linear < b->layout.end; table += PAGE_SIZE) {
        pte_t *l1 = map_frame(frame_at(b, table));

        fill_l1(b, l1, linear);
        unmap_frame(l1);
        l2[l2_index(linear)] = number_at(b, table) << PAGE_SHIFT | L2_ENTRY;
        linear = (linear & ~((1u << L2_SHIFT) - 1)) + (1u << L2_SHIFT);
    }
    unmap_frame(l2);
}

static uint32_t begin_service(const struct build *b, enum service service, uint32_t page) {
    return service_begin(b->domain, service, pfn_at(b, page));
}

static void write_start_info(const struct build *b) {
    static struct start_info info;
    const struct layout *layout = &b->layout;

    memset(&info, 0, sizeof(info));
    copy_text(info.magic, "xen-3.0-x86_32", sizeof(info.magic));
    info.nr_pages = b->frames;
    info.shared_info = (b->translated ? pfn_at(b, layout->shared_info) : domain_shared_info_mfn(b->domain).n)
                       << PAGE_SHIFT;
    if (b->domain->privileged) {
        /* It serves the others' store and writes its console with console_io; there is no video for it (info_size 0). */
        info.flags = SIF_PRIVILEGED | SIF_INITDOMAIN;
    } else {
        info.store_mfn = number_at(b, layout->store_page);
        info.store_evtchn = begin_service(b, SERVICE_STORE, layout->store_page);
        info.console.domU.mfn = number_at(b, layout->console_page);
        info.console.domU.evtchn = begin_service(b, SERVICE_CONSOLE, layout->console_page);
    }
    info.pt_base = layout->page_tables;
    info.nr_pt_frames = layout->page_table_frames;
    info.mfn_list = layout->mfn_list;
    if (layout->ramdisk_size != 0) {
        info.mod_start = layout->ramdisk;
        info.mod_len = layout->ramdisk_size;
    }
    copy_text((char *)info.cmd_line, b->kernel->command_line, sizeof(info.cmd_line));
    write_region(b, layout->start_info, &info, sizeof(info));
}

static void set_entry_state(const struct build *b, struct cpu_user_regs *regs) {
    memset(regs, 0, sizeof(*regs));
    regs->cs = FLAT_RING1_CS;
    regs->ss = regs->ds = regs->es = regs->fs = regs->gs = FLAT_RING1_DS;
    regs->eip = b->image.entry;
    regs->esp = b->layout.stack + PAGE_SIZE;
    regs->esi = b->layout.start_info;
    regs->eflags = EFLAGS_IF_SET;
}

/* What the configuration says of the domain beyond its memory. */
static void configure(const struct build *b) {
    struct domain *domain = b->domain;

    domain->config = b->config;
    domain->privileged = b->config->privileged;
    domain->weight = b->config->weight;
    domain->cap = b->config->cap;
    domain->shadow_pool_pages = b->config->pool_frames;
    domain->mode = b->translated ? &mode_translated : mode_by_number(b->config->mode);
    domain->hop_mode = b->config->mode;
    domain->direct.emulate = b->config->emulate;
    domain->shadow_policy = b->config->shadow_policy;
    domain->shadow_switches = b->config->shadow_switches;
    if (b->config->mode == TRACE_MODE_writable) {
        domain->assists = 1u << VMASST_TYPE_writable_pagetables;
    }
}

/* A translated domain needs none: it gets one that says so, each number is its own. */
static void write_mfn_list(const struct build *b) {
    if (!b->translated) {
        write_region(b, b->layout.mfn_list, b->domain->p2m, b->frames * sizeof(mfn_t));
    }
    for (uint32_t pfn = 0; b->translated && pfn < b->frames; pfn++) {
        write_region(b, b->layout.mfn_list + pfn * sizeof(pfn), &pfn, sizeof(pfn));
    }
}

static void fill_region(const struct build *b) {
    write_region(b, b->layout.start_info, 0, b->layout.stack + PAGE_SIZE - b->layout.start_info);
    load_kernel(b);
    if (b->ramdisk) {
        write_region(b, b->layout.ramdisk, b->ramdisk->data, b->ramdisk->size);
    }
    write_mfn_list(b);
    make_page_tables(b);
    write_start_info(b);
}

static bool fill_domain(const struct build *b, struct image_problem *problem) {
    struct domain *domain = b->domain;
    struct vcpu *vcpu = domain->vcpu[0];

    if (!add_memory(b)) {
        return image_refuse(problem, "the machine has less memory than the domain should get (mem=); frames it got:",
                            domain->frames);
    }
    fill_region(b);
    time_init_domain(domain);
    if (domain->mode->prepare(domain) != 0) {
        return image_refuse(problem, "there is not enough memory for the mode's tables (pool=); frames of the domain:",
                            b->frames);
    }
    if (b->translated) { /* in place of the memory there */
        int placed = physmap_add(domain, XENMAPSPACE_shared_info, 0, pfn_at(b, b->layout.shared_info));

        ASSERT(placed == 0);
    }
    vcpu->base_pointer = frame_at(b, b->layout.page_tables);
    memory_pin(domain, vcpu->base_pointer, 2);
    memory_report(domain); /* before the first word on page tables among them */
    trace_domain_grant(domain_shared_info_mfn(domain).n, TRACE_ACCESS_write);
    int result = domain->mode->enter(domain);

    ASSERT(result == 0); /* the tables are the builder's own */
    set_entry_state(b, &vcpu->regs);
    vcpu->initialised = true;
    return true;
}

static void undo(struct domain *domain) {
    modes_dispose(domain);
    memory_drop_all(domain);
    domain_free(domain);
}

static bool find_modules(struct build *b, struct image_problem *problem) {
    b->kernel = module_by_number(b->config->kernel);
    b->ramdisk = module_by_number(b->config->ramdisk);
    if (!b->kernel) {
        return image_refuse(problem, "no guest kernel was loaded: give one as multiboot module number",
                            b->config->kernel);
    }
    if (b->config->ramdisk != 0 && !b->ramdisk) {
        return image_refuse(problem, "its ramdisk was not loaded: there is no multiboot module number",
                            b->config->ramdisk);
    }
    return true;
}

/*
 * As Xen's builder decides it: a domain is translated when its configuration says so, which its kernel must allow, or
 * when its kernel requires it.
 */
static bool decide_translation(struct build *b, struct image_problem *problem) {
    const struct kernel_notes *notes = &b->image.notes;

    b->translated = b->config->translated || (notes->features_required & TRANSLATED) != 0;
    if (!b->translated) {
        return true;
    }
    if (!(notes->features_known & TRANSLATED)) {
        return image_refuse(problem, "translated=yes, but the kernel does not have the feature auto_translated_physmap",
                            IMAGE_NO_NUMBER);
    }
    if (b->config->mode != TRACE_MODE_shadow) {
        return image_refuse(problem, "a translated domain (translated=yes) needs mode=shadow; its mode (mode=) is number",
                            b->config->mode);
    }
    return !b->config->privileged ||
           image_refuse(problem, "the privileged domain cannot be translated (translated=yes)", IMAGE_NO_NUMBER);
}

/* The image is good: make the domain. */
static bool make(struct build *b, uint32_t id, struct image_problem *problem) {
    b->domain = domain_create(id, b->frames, b->config->vcpus, b->translated);
    if (!b->domain) {
        return image_refuse(problem,
                            "there is not enough memory for the hypervisor's own structures; frames of the domain:",
                            b->frames);
    }
    configure(b);
    if (!fill_domain(b, problem)) {
        undo(b->domain);
        return false;
    }
    return true;
}

/* It begins to run. */
static void set_off(const struct build *b) {
    struct domain *domain = b->domain;
    struct vcpu *vcpu = domain->vcpu[0];

    trace_domain_built(domain->mode->number, b->frames, b->image.entry, vcpu->base_pointer.n, b->translated);
    trace_sched_dom_add(domain->id, domain->weight, domain->cap);
    vcpu_resume(vcpu, VCPU_DOWN);
    time_start(vcpu);
    mode_hop_start(domain);
}

struct domain *domain_build(const struct domain_config *config, uint32_t id, struct image_problem *problem) {
    const struct mode_ops *mode = mode_by_number(config->mode);
    uint32_t domid = current_vcpu() ? current_domain()->id : TRACE_NO_DOMAIN;
    bool built = false;

    build = (struct build){ .config = config, .frames = config->memory_mib << (20 - PAGE_SHIFT) };
    if (!mode) {
        image_refuse(problem, "this build does not have the paging mode (mode=) number", config->mode);
        return 0;
    }
    if (!find_modules(&build, problem)) {
        return 0;
    }
    uint32_t features = mode->features | TRANSLATED | (config->privileged ? 1u << XENFEAT_dom0 : 0);

    trace_set_identity(id, 0); /* what is recorded meanwhile is the new domain's */
    if (kernel_parse(&build.image, build.kernel->data, build.kernel->size, features | WRITABLE_TABLES,
                     HYPERVISOR_LINEAR_START, problem) &&
        decide_translation(&build, problem) &&
        layout_domain(&build.layout, &build.image, build.ramdisk ? build.ramdisk->size : 0, build.frames,
                      HYPERVISOR_LINEAR_START, build.translated, problem) &&
        make(&build, id, problem)) {
        set_off(&build);
        built = true;
    }
    trace_set_identity(domid, domid == TRACE_NO_DOMAIN ? 0 : current_vcpu()->id);
    return built ? build.domain : 0;
}
