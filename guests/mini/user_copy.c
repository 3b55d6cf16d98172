/* user_copy.c - see user_copy.h. */
#include "guests/mini/user_copy.h"

#include <stddef.h>

#include "guests/mini/mm.h"
#include "guests/mini/process.h"

/*
 * May the process use the range? The kernel runs in ring 1, for which the user bit means nothing, so regions are asked.
 * What is in no region is left to the fault, which may grow the stack.
 */
static bool allowed(uint32_t start, uint32_t bytes, bool write) {
    struct mm *mm = process_current()->mm;
    uint32_t end = start + bytes;

    if (mm == NULL || start < USER_START || start > USER_END || bytes > USER_END - start)
        return false;
    for (struct region *region = mm->regions; region != NULL; region = region->next) {
        if (region->start >= end || region->end <= start)
            continue;
        if (region->protection == PROTECTION_none || (write && (region->protection & PROTECTION_write) == 0))
            return false;
    }
    return true;
}

bool copy_from_user(void *to, uint32_t from, uint32_t bytes) {
    return allowed(from, bytes, false) && user_bytes(to, (const void *)(uintptr_t)from, bytes) == 0;
}

bool copy_to_user(uint32_t to, const void *from, uint32_t bytes) {
    return allowed(to, bytes, true) && user_bytes((void *)(uintptr_t)to, from, bytes) == 0;
}

bool copy_text_from_user(char *to, uint32_t from, uint32_t size) {
    for (uint32_t i = 0; i < size; i++) {
        if (!copy_from_user(to + i, from + i, 1))
            return false;
        if (to[i] == '\0')
            return true;
    }
    return false;
}
