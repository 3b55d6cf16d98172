/*
 * boot.h - what the domain builder told the guest, checked once and kept.
 *
 * Callers: guest kernels. guest_boot (boot.c) fills everything in before guest_main runs.
 */
#ifndef GUESTS_LIB_BOOT_H
#define GUESTS_LIB_BOOT_H

#include <stdbool.h>
#include <stdint.h>

#include <xen/xen.h>
#include <xen/features.h>

#define GUEST_PAGE_SIZE 4096u
#define GUEST_VIRT_BASE 0xc0000000u

/* What a guest is started with. */
extern struct start_info *start_info;
/* Mapped by guest_boot at shared_info_page, an otherwise empty page of the image. */
extern struct shared_info *shared_info;

/*
 * Each guest's main function; linear addresses of the image and boot tables are valid, events are masked. Must not
 * return.
 */
_Noreturn void guest_main(void);

/*
 * The number by which page tables and hypercalls know a pseudo-physical frame (pfn < start_info->nr_pages): its machine
 * frame, from the list that the builder left; or, when the guest is translated (XENFEAT_auto_translated_physmap), itself.
 */
uint32_t boot_mfn_of(uint32_t pfn);
/* The same for a linear address of the bootstrap region. */
uint32_t boot_mfn_of_linear(const volatile void *pointer);
/* And back, for a frame of the guest's own. */
uint32_t boot_pfn_of(uint32_t mfn);
/* Does this number, any one, mean a frame of the guest's own memory (or, when it is translated, its shared_info)? */
bool boot_owns(uint32_t mfn);
/* Is the guest translated? */
bool boot_is_translated(void);
/* Did the hypervisor report XENFEAT_number? */
bool boot_feature(uint32_t number);

/*
 * The value of word "name=" in the command line, copied into value[size] (cut off). False: no such word; value is
 * unchanged. Words are separated by blanks.
 */
bool boot_option(const char *name, char *value, uint32_t size);
/* The decimal number at the beginning of such a value; otherwise, when there is no such word. */
uint32_t boot_number(const char *name, uint32_t otherwise);

#endif
