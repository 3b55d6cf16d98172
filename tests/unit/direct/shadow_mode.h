/*
 * shadow_mode.h - a mode that looks at nothing: what the guest writes is memory. It stands for shadow mode where
 * domains change modes.
 */
#ifndef UNIT_DIRECT_SHADOW_MODE_H
#define UNIT_DIRECT_SHADOW_MODE_H

#include "xen/domain/mode.h"

extern const struct mode_ops fake_shadow;

#endif
