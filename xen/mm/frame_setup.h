/*
 * frame_setup.h - how the frame table and the frame allocator are made. Callers: boot.
 */
#ifndef XEN_MM_FRAME_SETUP_H
#define XEN_MM_FRAME_SETUP_H

#include <stdint.h>

/*
 * The frame table is mapped and zero. limit: machine frames; frames below hypervisor_end become DOMID_XEN's, all
 * others DOMID_IO's until they are added. free_list: room for limit numbers.
 */
void frame_setup(uint32_t limit, uint32_t hypervisor_end, uint32_t *free_list);
/* Frames first to end - 1 are free for guests. */
void frame_add(uint32_t first, uint32_t end);
/* Choose frames pseudo-randomly from now on, the same way for the same seed. */
void frame_scatter(uint32_t seed);

#endif
