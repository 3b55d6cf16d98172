/* mode.c - see mode.h. */
#include "guests/lib/mode.h"

#include <stddef.h>

#include "guests/lib/hypercall.h"
#include "guests/lib/outcome.h"
#include "guests/lib/tables.h"

uint32_t mode_now(void) {
    struct xen_feature_info argument = { .submap_idx = PENUMBRA_FEATURES_MODE };

    if (hypercall_xen_version(XENVER_get_features, &argument) != 0 || argument.submap < PENUMBRA_MODE_shadow ||
        argument.submap > PENUMBRA_MODE_trusted)
        panic("the hypervisor tells no paging mode: %x", argument.submap);
    return argument.submap;
}

const char *mode_name(uint32_t mode) {
    static const char *const names[] = {
        [PENUMBRA_MODE_shadow] = "shadow", [PENUMBRA_MODE_writable] = "writable", [PENUMBRA_MODE_direct] = "direct",
        [PENUMBRA_MODE_trusted] = "trusted",
    };

    return mode >= PENUMBRA_MODE_shadow && mode <= PENUMBRA_MODE_trusted ? names[mode] : "unknown";
}

bool mode_tables_plain(void) {
    uint32_t mode = mode_now();

    return mode == PENUMBRA_MODE_shadow || mode == PENUMBRA_MODE_trusted;
}

/* Which mode it is without shadow page tables is said first, so that there is one change at most. */
long mode_switch(uint32_t mode) {
    if (mode == PENUMBRA_MODE_shadow)
        return hypercall_vm_assist(VMASST_CMD_enable, PENUMBRA_VMASST_TYPE_shadow_pagetables);
    long result = hypercall_vm_assist(mode == PENUMBRA_MODE_writable ? VMASST_CMD_enable : VMASST_CMD_disable,
                                      VMASST_TYPE_writable_pagetables);

    return result != 0 ? result : hypercall_vm_assist(VMASST_CMD_disable, PENUMBRA_VMASST_TYPE_shadow_pagetables);
}

void mode_protect_tables(void) {
    for (uint32_t slot = 0; slot < TABLES_GUEST_SLOTS; slot++) {
        const pte_t *table = tables_entry(slot * L2_SPAN);

        if (table != NULL)
            page_protect(table, false);
    }
    page_protect(tables_directory(), false);
}
