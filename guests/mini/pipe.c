/* pipe.c - see pipe.h. */
#include "guests/mini/pipe.h"

#include <stdbool.h>
#include <stddef.h>

#include "guests/lib/console.h"
#include "guests/mini/frames.h"
#include "guests/mini/paging.h"
#include "guests/mini/process.h"
#include "guests/mini/user_copy.h"

#define PIPES 32
#define CONSOLE_CHUNK 256

struct pipe;

/* What a descriptor stands for; pipe == NULL: the console. */
struct pipe_end {
    struct pipe *pipe;
    bool writes;
    uint32_t users;              /* descriptors, in all processes */
};

struct pipe {
    struct pipe_end reader, writer;
    uint32_t buffer;             /* pfn */
    uint32_t first, filled;      /* bytes: where the oldest lies, how many there are */
};

static struct pipe pipes[PIPES];
static struct pipe_end console = { NULL, true, 0 };

void pipe_open_console(struct pipe_end **descriptors) {
    descriptors[1] = &console;
    console.users++;
}

void pipe_copy_descriptors(struct pipe_end **to, struct pipe_end *const *from) {
    for (uint32_t i = 0; i < DESCRIPTORS; i++) {
        to[i] = from[i];
        if (to[i] != NULL)
            to[i]->users++;
    }
}

/* One user less. The other side finds out, and the last one frees the buffer. */
static void drop(struct pipe_end *end) {
    struct pipe *pipe = end->pipe;

    if (--end->users != 0 || pipe == NULL)
        return;
    process_wake(pipe);
    if (pipe->reader.users == 0 && pipe->writer.users == 0) {
        frame_release_kernel(pipe->buffer);
        pipe->buffer = 0;
    }
}

void pipe_close_descriptors(struct pipe_end **descriptors) {
    for (uint32_t i = 0; i < DESCRIPTORS; i++) {
        if (descriptors[i] != NULL)
            drop(descriptors[i]);
        descriptors[i] = NULL;
    }
}

static struct pipe_end *end_of(uint32_t descriptor, bool writes) {
    struct pipe_end *end = descriptor < DESCRIPTORS ? process_current()->descriptors[descriptor] : NULL;

    return end != NULL && end->writes == writes ? end : NULL;
}

static int32_t free_descriptor(uint32_t from) {
    for (uint32_t i = from; i < DESCRIPTORS; i++) {
        if (process_current()->descriptors[i] == NULL)
            return (int32_t)i;
    }
    return -ERROR_too_many;
}

int32_t pipe_create(uint32_t descriptors_pointer) {
    int32_t numbers[2];
    struct pipe *pipe = NULL;

    numbers[0] = free_descriptor(2);
    numbers[1] = numbers[0] < 0 ? numbers[0] : free_descriptor((uint32_t)numbers[0] + 1);
    for (uint32_t i = 0; i < PIPES && pipe == NULL; i++) {
        if (pipes[i].buffer == 0)
            pipe = &pipes[i];
    }
    if (numbers[1] < 0 || pipe == NULL)
        return -ERROR_too_many;
    if (!copy_to_user(descriptors_pointer, numbers, sizeof(numbers)))
        return -ERROR_fault;
    *pipe = (struct pipe){
        .reader = { pipe, false, 1 }, .writer = { pipe, true, 1 }, .buffer = frame_allocate_kernel(),
    };
    if (pipe->buffer == 0)
        return -ERROR_no_memory;
    process_current()->descriptors[numbers[0]] = &pipe->reader;
    process_current()->descriptors[numbers[1]] = &pipe->writer;
    return 0;
}

static uint32_t least(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

int32_t pipe_read(uint32_t descriptor, uint32_t buffer, uint32_t bytes) {
    struct pipe_end *end = end_of(descriptor, false);
    struct pipe *pipe;
    uint32_t size;

    if (end == NULL)
        return -ERROR_bad_descriptor;
    if (bytes == 0)
        return 0;
    pipe = end->pipe;
    while (pipe->filled == 0) {
        if (pipe->writer.users == 0)
            return 0;
        process_wait_for(pipe, 0);
    }
    size = least(bytes, least(pipe->filled, PAGE_SIZE - pipe->first));
    if (!copy_to_user(buffer, (const uint8_t *)frame_pointer(pipe->buffer) + pipe->first, size))
        return -ERROR_fault;
    pipe->first = (pipe->first + size) % PAGE_SIZE;
    pipe->filled -= size;
    process_wake(pipe);
    return (int32_t)size;
}

/* Put what fits; bytes put, or -ERROR_*. */
static int32_t write_some(struct pipe *pipe, uint32_t buffer, uint32_t bytes) {
    uint32_t at, size;

    while (pipe->filled == PAGE_SIZE && pipe->reader.users != 0)
        process_wait_for(pipe, 0);
    if (pipe->reader.users == 0)
        return -ERROR_broken_pipe;
    at = (pipe->first + pipe->filled) % PAGE_SIZE;
    size = least(bytes, least(PAGE_SIZE - pipe->filled, PAGE_SIZE - at));
    if (!copy_from_user((uint8_t *)frame_pointer(pipe->buffer) + at, buffer, size))
        return -ERROR_fault;
    pipe->filled += size;
    process_wake(pipe);
    return (int32_t)size;
}

static int32_t write_console(uint32_t buffer, uint32_t bytes) {
    char chunk[CONSOLE_CHUNK];
    uint32_t size = least(bytes, CONSOLE_CHUNK);

    if (!copy_from_user(chunk, buffer, size))
        return -ERROR_fault;
    console_write(chunk, size);
    return (int32_t)size;
}

int32_t pipe_write(uint32_t descriptor, uint32_t buffer, uint32_t bytes) {
    struct pipe_end *end = end_of(descriptor, true);
    uint32_t done = 0;

    if (end == NULL)
        return -ERROR_bad_descriptor;
    while (done < bytes) {
        uint32_t left = bytes - done;
        int32_t result = end->pipe == NULL ? write_console(buffer + done, left) : write_some(end->pipe, buffer + done, left);

        if (result < 0)
            return result;
        done += (uint32_t)result;
    }
    return (int32_t)done;
}

int32_t pipe_close(uint32_t descriptor) {
    struct pipe_end **slot;

    if (descriptor >= DESCRIPTORS || process_current()->descriptors[descriptor] == NULL)
        return -ERROR_bad_descriptor;
    slot = &process_current()->descriptors[descriptor];
    drop(*slot);
    *slot = NULL;
    return 0;
}
