/*
 * xen_version.c - hypercall xen_version: who is below, and what it can do.
 *
 * Source: <xen/version.h>, <xen/features.h>.
 */
#include <xen/errno.h>
#include <xen/version.h>

#include "trace/emit.h"
#include "xen/boot/loader.h"
#include "xen/domain/domain.h"
#include "xen/domain/mode.h"
#include "xen/hypercall/table.h"
#include "xen/hypercall/version.h"
#include "xen/lib/string.h"
#include "xen/mm/layout.h"
#include "xen/mm/user_copy.h"
#include "xen/public/penumbra.h"

static int32_t give(uint32_t linear, const void *from, uint32_t size) {
    return copy_to_guest(linear, from, size) == 0 ? 0 : -XEN_EFAULT;
}

static int32_t give_text(uint32_t linear, const char *text, uint32_t size) {
    char buffer[sizeof(xen_capabilities_info_t)]; /* the longest */

    memset(buffer, 0, size);
    copy_text(buffer, text, size);
    return give(linear, buffer, size);
}

static int32_t give_compile_info(uint32_t linear) {
    struct xen_compile_info info;

    memset(&info, 0, sizeof(info));
    copy_text(info.compiler, "gcc " __VERSION__, sizeof(info.compiler));
    copy_text(info.compile_by, "penumbra", sizeof(info.compile_by));
    copy_text(info.compile_domain, "penumbra", sizeof(info.compile_domain));
    copy_text(info.compile_date, "reproducible", sizeof(info.compile_date)); /* the same image from the same source */
    return give(linear, &info, sizeof(info));
}

static const uint8_t public_modes[] = {
    [TRACE_MODE_shadow] = PENUMBRA_MODE_shadow,
    [TRACE_MODE_writable] = PENUMBRA_MODE_writable,
    [TRACE_MODE_direct] = PENUMBRA_MODE_direct,
    [TRACE_MODE_trusted] = PENUMBRA_MODE_trusted,
};

static int32_t give_features(struct domain *domain, uint32_t linear) {
    struct xen_feature_info info;

    if (copy_from_guest(&info, linear, sizeof(info)) != 0) {
        return -XEN_EFAULT;
    }
    if (info.submap_idx == 0) {
        info.submap = domain_features(domain);
    } else if (info.submap_idx == PENUMBRA_FEATURES_MODE) {
        info.submap = public_modes[domain->mode->number];
    } else {
        return -XEN_EINVAL;
    }
    return give(linear, &info, sizeof(info));
}

/* The hypervisor's own boot line, which is not everybody's business. */
static int32_t give_command_line(const struct domain *domain, uint32_t linear) {
    static xen_commandline_t line; /* too large for the stack */

    memset(line, 0, sizeof(line));
    copy_text(line, domain->privileged ? loader_command_line() : "<denied>", sizeof(line));
    return give(linear, line, sizeof(line));
}

/* Everything that is more than a number. */
static __attribute__((noinline)) int32_t give_answer(struct vcpu *vcpu, uint32_t *args) {
    struct xen_platform_parameters parameters = { .virt_start = LAYOUT_M2P_START };

    switch (args[0]) {
    case XENVER_extraversion:
        return give_text(args[1], ".0-penumbra", sizeof(xen_extraversion_t));
    case XENVER_compile_info:
        return give_compile_info(args[1]);
    case XENVER_capabilities:
        return give_text(args[1], "xen-3.0-x86_32 ", sizeof(xen_capabilities_info_t));
    case XENVER_changeset:
        return give_text(args[1], "unavailable", sizeof(xen_changeset_info_t));
    case XENVER_platform_parameters:
        return give(args[1], &parameters, sizeof(parameters));
    case XENVER_get_features:
        return give_features(vcpu->domain, args[1]);
    case XENVER_pagesize:
        return args[1] != 0 ? -XEN_EINVAL : (int32_t)PAGE_SIZE;
    case XENVER_guest_handle:
        return give(args[1], vcpu->domain->handle, sizeof(vcpu->domain->handle));
    case XENVER_commandline:
        return give_command_line(vcpu->domain, args[1]);
    case XENVER_build_id:
        return vcpu->domain->privileged ? -XEN_ENODATA : -XEN_EPERM; /* the image is linked without one */
    default:
        return -XEN_ENOSYS;
    }
}

int32_t hypercall_xen_version(struct vcpu *vcpu, uint32_t *args) {
    return args[0] == XENVER_version ? (int32_t)(XEN_MAJOR << 16 | XEN_MINOR) : give_answer(vcpu, args);
}
