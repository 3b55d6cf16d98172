/*
 * blocks.c - see blocks.h.
 */
#include "analysis/blocks.h"

#include <stdlib.h>
#include <string.h>

static void look_up(struct block *block, const struct image *image, const struct stream_code *code) {
    struct leave leave = leave_of(code, code->instructions - 1u);
    bool is_near = leave.kind == LEAVE_DIRECT || leave.kind == LEAVE_INDIRECT;

    *block = (struct block){ .image = image, .end = code->address + code->byte_count };
    block->last = block->end - code->lengths[code->instructions - 1];
    block->target = leave.kind == LEAVE_DIRECT || leave.kind == LEAVE_CONDITIONAL ? leave.target : block->last;
    block->calls = is_near && leave.stack == STACK_WRITES;
    block->returns = is_near && leave.stack == STACK_READS;
    block->indirect = leave.kind == LEAVE_INDIRECT && !block->returns;
    block->function = image_function(image, code->address);
    block->several = image_function(image, block->last) != block->function;
}

static void make_room(struct blocks *blocks, uint32_t number) {
    uint32_t count = 2 * number + 64;

    blocks->list = grow(blocks->list, count, sizeof(*blocks->list));
    memset(blocks->list + blocks->count, 0, (count - blocks->count) * sizeof(*blocks->list));
    blocks->count = count;
}

/* The image of everything outside of ring 0 while ring, domain, process and its name stay. */
static const struct image *image_now(struct blocks *blocks, const struct context *context) {
    uint32_t names = blocks->images->follow->processes.changes;

    if (!blocks->current || blocks->ring != context->ring || blocks->domain != context->domain
        || blocks->process != context->process || blocks->names != names) {
        blocks->current = images_of(blocks->images, context, 0, NULL, 0);
        blocks->ring = context->ring;
        blocks->domain = context->domain;
        blocks->process = context->process;
        blocks->names = names;
    }
    return blocks->current;
}

const struct block *blocks_at(struct blocks *blocks, const struct context *context, const struct stream_code *code) {
    if (code->number >= blocks->count)
        make_room(blocks, code->number);
    struct block *block = &blocks->list[code->number];

    if (context->ring) {
        const struct image *image = image_now(blocks, context);

        if (block->image != image)
            look_up(block, image, code);
    } else if (!block->image || !block->inner) {
        look_up(block, images_of(blocks->images, context, code->address, code->bytes, code->byte_count), code);
        block->inner = true;
    }
    return block;
}

void blocks_free(struct blocks *blocks) {
    free(blocks->list);
    *blocks = (struct blocks){ 0 };
}
