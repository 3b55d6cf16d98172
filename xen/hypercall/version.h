/*
 * version.h - the version of Xen whose interface this is.
 */
#ifndef XEN_HYPERCALL_VERSION_H
#define XEN_HYPERCALL_VERSION_H

#define XEN_MAJOR 3u
#define XEN_MINOR 4u

#endif
