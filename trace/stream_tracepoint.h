/*
 * stream_tracepoint.h - the event that carries packets of the instruction stream; its content is docs/stream.md's.
 *
 * Rules: a provider of its own, so that a session records it into a channel of its own and readers of the other events skip it.
 * Callers: trace/agent/provider.c. Source: lttng-ust(3), LTTng-UST 2.13.
 */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER penumbra_stream

#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "trace/stream_tracepoint.h"

#if !defined(TRACE_STREAM_TRACEPOINT_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define TRACE_STREAM_TRACEPOINT_H

#include <lttng/tracepoint.h>
#include <stdint.h>

LTTNG_UST_TRACEPOINT_EVENT(penumbra_stream, packet,
    LTTNG_UST_TP_ARGS(const uint8_t *, packet, uint32_t, bytes),
    LTTNG_UST_TP_FIELDS(
        lttng_ust_field_sequence(uint8_t, packet, packet, uint32_t, bytes)
    ))

#endif

#include <lttng/tracepoint-event.h>
