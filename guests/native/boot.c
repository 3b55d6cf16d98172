/*
 * boot.c - what GRUB said becomes the start_info that a domain builder would have left (guests/lib/boot.h).
 *
 * GRUB puts the ramdisk where it likes; it is moved to behind the image, where the builder puts it. There is no list of machine
 * frames and no shared_info: who needs those is paravirtual. A page of the image stands for shared_info, so that it has an address.
 * Source: Multiboot Specification 0.6.96, 3.3.
 */
#include "guests/lib/boot.h"
#include "guests/lib/outcome.h"
#include "guests/lib/string.h"
#include "guests/native/native.h"
#include "trace/records.h"

#define PAGE_BYTES 4096u
#define HAS_MEMORY 1u
#define HAS_COMMAND_LINE 4u
#define HAS_MODULES 8u

struct multiboot_module {
    uint32_t start, end, words, reserved;
};

struct multiboot_info {
    uint32_t flags;
    uint32_t lower_kib, upper_kib;       /* upper: from 1 MiB on */
    uint32_t boot_device;
    uint32_t command_line;
    uint32_t module_count, modules;
};

extern const uint8_t image_end[];

static struct start_info information;
static uint8_t shared_page[PAGE_BYTES] __attribute__((aligned(4096)));

_Noreturn void native_boot(const struct multiboot_info *info);

/* What is below 1 GiB is mapped at its own address while the boot tables are loaded. */
static const void *physical(uint32_t address) {
    return (const void *)(uintptr_t)address;
}

/* Go past one word and the blanks behind it. */
static const char *next_word(const char *at) {
    while (*at != '\0' && *at != ' ')
        at++;
    while (*at == ' ')
        at++;
    return at;
}

static uint32_t number(const char *at) {
    uint32_t value = 0;

    while (*at >= '0' && *at <= '9')
        value = value * 10 + (uint32_t)(*at++ - '0');
    return value;
}

static uint32_t record_classes(const char *at) {
    static const struct {
        const char *name;
        uint32_t classes;
    } names[] = {
        { "all", UINT32_MAX }, { "always", 0 }, { "marker", TRACE_CLASS_marker }, { "flush", TRACE_CLASS_flush },
    };
    uint32_t classes = 0;

    while (*at != '\0' && *at != ' ') {
        uint32_t length = 0, i = 0;

        while (at[length] != '\0' && at[length] != ' ' && at[length] != ',')
            length++;
        while (i < 4 && (strlen(names[i].name) != length || strncmp(at, names[i].name, length) != 0))
            i++;
        if (i == 4)
            panic("records have the classes all, always, marker and flush, with commas between them, not %s", at);
        classes |= names[i].classes;
        at += length + (at[length] == ',');
    }
    return classes;
}

/*
 * The command line: a name, the memory in MiB, the classes of records with commas between them, the words of the kernel
 * itself. Returns the classes.
 */
static uint32_t take_words(const struct multiboot_info *info) {
    const char *memory = next_word(info->flags & HAS_COMMAND_LINE ? physical(info->command_line) : "");
    const char *classes = next_word(memory);
    uint32_t mib = number(memory), there = info->flags & HAS_MEMORY ? info->upper_kib / 1024 + 1 : 0;

    information.nr_pages = mib << (20 - 12);
    string_copy((char *)information.cmd_line, next_word(classes), sizeof(information.cmd_line));
    if (mib == 0 || mib + (NATIVE_BASE >> 20) > there)
        panic("the first word of the command line says %u MiB; the machine has %u, %u of them for the BIOS", mib, there,
              NATIVE_BASE >> 20);
    return record_classes(classes);
}

static void take_ramdisk(const struct multiboot_info *info) {
    const struct multiboot_module *module = physical(info->modules);
    uint32_t to = (uint32_t)(uintptr_t)image_end, bytes;

    information.pt_base = to;
    if (!(info->flags & HAS_MODULES) || info->module_count == 0)
        return;
    bytes = module->end - module->start;
    if (to + bytes - NATIVE_LINEAR > information.nr_pages * PAGE_BYTES)
        panic("memory is too small for a ramdisk of %u bytes", bytes);
    memmove((void *)(uintptr_t)to, physical(module->start), bytes);
    information.mod_start = to;
    information.mod_len = bytes;
    information.pt_base = (to + bytes + PAGE_BYTES - 1) & -PAGE_BYTES;
}

_Noreturn void native_boot(const struct multiboot_info *info) {
    uint32_t classes;

    native_segments();
    classes = take_words(info);
    take_ramdisk(info);
    information.shared_info = (uint32_t)(uintptr_t)shared_page - NATIVE_LINEAR + NATIVE_BASE;
    shared_info = (struct shared_info *)shared_page;
    start_info = &information;
    native_records_start(information.nr_pages, classes);
    guest_main();
}
