/*
 * segments.h - the flat segments that kernel and programs run with: Xen's, or on the bare machine those of
 * guests/native/segments.c. Also for assembly.
 */
#ifndef GUESTS_LIB_SEGMENTS_H
#define GUESTS_LIB_SEGMENTS_H

#ifdef GUEST_NATIVE
#define KERNEL_CS 0x08
#define KERNEL_DS 0x10
#define USER_CS 0x1b
#define USER_DS 0x23
#else
#include <xen/xen.h>
#define KERNEL_CS FLAT_KERNEL_CS
#define KERNEL_DS FLAT_KERNEL_DS
#define USER_CS FLAT_USER_CS
#define USER_DS FLAT_USER_DS
#endif

#endif
