/*
 * update_queue.h - mmu_update requests that wait to be sent together.
 *
 * Pure: tests/unit compile it for the build machine too. Rules: requests are sent in the order in which they were
 * added, each once; adding to a full queue sends it first. Callers: mmu_updates.
 */
#ifndef MINI_UPDATE_QUEUE_H
#define MINI_UPDATE_QUEUE_H

#include <stdint.h>

#include <xen/xen.h>

#define UPDATE_QUEUE_ROOM 64

struct update_queue {
    void (*send)(struct mmu_update *requests, uint32_t count);
    uint32_t count;
    struct mmu_update requests[UPDATE_QUEUE_ROOM];
};

void update_queue_add(struct update_queue *queue, uint64_t pointer, uint64_t value);
/* Send what is in it; does nothing when it is empty. */
void update_queue_send(struct update_queue *queue);

#endif
