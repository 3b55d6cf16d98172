/*
 * build.h - making a domain that can run from a kernel image.
 *
 * Callers: start.c.
 */
#ifndef XEN_DOMAIN_BUILD_H
#define XEN_DOMAIN_BUILD_H

#include "xen/domain/image.h"
#include "xen/domain/layout.h"

struct domain;
struct cpu_user_regs;

struct build_request {
    const uint8_t *kernel;
    uint32_t kernel_size;
    const uint8_t *ramdisk;          /* NULL: none */
    uint32_t ramdisk_size;
    const char *command_line;
    uint32_t frames;                 /* of memory */
    uint32_t mode;                   /* enum trace_mode */
};

/*
 * Build the domain. On success *regs is the state in which its vcpu 0 starts. NULL with *problem: the kernel is
 * refused, or there is not enough memory; whatever had been made is left to be thrown away with the machine.
 */
struct domain *domain_build(const struct build_request *request, struct cpu_user_regs *regs,
                            struct image_problem *problem);

#endif
