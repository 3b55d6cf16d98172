/*
 * refuse.h - references that a test can have refused: included in front of every file of the code under test, so
 * that its calls of these two go through the test's own. The frame table itself knows nothing of it.
 */
#ifndef UNIT_DIRECT_REFUSE_H
#define UNIT_DIRECT_REFUSE_H

#include "xen/mm/frame.h"

bool host_frame_get(uint32_t domid, mfn_t mfn);
bool host_frame_get_with_type(uint32_t domid, mfn_t mfn, enum frame_type type);

#define frame_get(domid, mfn) host_frame_get(domid, mfn)
#define frame_get_with_type(domid, mfn, type) host_frame_get_with_type(domid, mfn, type)

#endif
