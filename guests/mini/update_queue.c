/* update_queue.c - see update_queue.h. */
#include "guests/mini/update_queue.h"

void update_queue_add(struct update_queue *queue, uint64_t pointer, uint64_t value) {
    if (queue->count == UPDATE_QUEUE_ROOM)
        update_queue_send(queue);
    queue->requests[queue->count++] = (struct mmu_update){ .ptr = pointer, .val = value };
}

void update_queue_send(struct update_queue *queue) {
    uint32_t count = queue->count;

    if (count == 0)
        return;
    queue->count = 0;
    queue->send(queue->requests, count);
}
