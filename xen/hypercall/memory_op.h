/*
 * memory_op.h - the commands of hypercall memory_op that have a file of their own.
 *
 * Rules: a frame goes only when its domain could still use it (memory_remove, memory_replace); a domain never owns more
 * than its limit. Whoever gives a frame back may have it searched for in every shadow page, whoever asks for one below
 * a limit in every free frame: one such frame a call, then what is pending gets its turn.
 * Source: <xen/memory.h>; answers as Xen 3.1.
 * Callers: memory_op.c.
 */
#ifndef XEN_HYPERCALL_MEMORY_OP_H
#define XEN_HYPERCALL_MEMORY_OP_H

#include <stdbool.h>
#include <stdint.h>

struct domain;
struct vcpu;

/* The rest of the command word counts what is done, when a call goes on. */
#define MEMORY_COMMAND_BITS 6
#define MEMORY_COMMAND_MASK ((1u << MEMORY_COMMAND_BITS) - 1)

/* The domain that a command names. -EPERM: the caller may name itself only; -ESRCH: there is none of this number. */
int32_t memory_find_domain(const struct vcpu *vcpu, uint32_t id, struct domain **domain);

/*
 * increase_reservation, decrease_reservation, populate_physmap; args as the hypercall got them. Returns the number of
 * whole extents done, as Xen does even when the arguments are wrong.
 */
int32_t memory_reservation(struct vcpu *vcpu, uint32_t *args);

/*
 * Frame numbers a request with these flags may be answered with: below *limit. False: none, they ask for addresses of
 * less than a page.
 */
bool memory_address_limit(uint32_t flags, uint32_t *limit);

/*
 * exchange; args as the hypercall got them. 0 when all were exchanged. -EFAULT: arguments or a list cannot be read, or
 * the count not be written. -EINVAL: the lists do not match, or a frame that cannot be given away. -EPERM: extents of
 * several frames, another domain. -ENOMEM: no frame as it was asked for. The count in the arguments says how many
 * were exchanged; the others are untouched.
 */
int32_t memory_exchange(struct vcpu *vcpu, uint32_t *args);

/* memory_map. -ENOSYS: none was set. -EFAULT. */
int32_t memory_map_tell(struct vcpu *vcpu, uint32_t linear);
/* machine_memory_map: what the BIOS told of the machine, for the privileged domain. -EFAULT. */
int32_t memory_map_tell_machine(uint32_t linear);
/*
 * set_memory_map. -EFAULT: no map is set then. -EINVAL: too many entries; -EPERM, -ESRCH: not a domain whose map is the
 * caller's to set; unchanged.
 */
int32_t memory_map_set(struct vcpu *vcpu, uint32_t linear);

#endif
