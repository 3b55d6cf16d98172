/*
 * graph.c - see graph.h: source.ctf.fs, filter.utils.muxer, and a simple sink that decodes.
 */
#include "analysis/graph.h"

#include <babeltrace2/babeltrace.h>
#include <stdio.h>
#include <string.h>

struct parts {
    bt_graph *graph;
    const bt_plugin *ctf;
    const bt_plugin *utils;
    const bt_component_filter *muxer;
    const bt_component_sink *sink;
};

/* The innermost cause of the thread's current error, or what we were doing when there is none. */
static bool fail(struct reader_report *report, const char *doing) {
    const bt_error *error = bt_current_thread_take_error();
    const char *cause = NULL;

    if (error) {
        if (bt_error_get_cause_count(error))
            cause = bt_error_cause_get_message(bt_error_borrow_cause_by_index(error, 0));
        snprintf(report->error, sizeof(report->error), "%s: %s", doing, cause ? cause : "no cause given");
        bt_error_release(error);
    } else {
        snprintf(report->error, sizeof(report->error), "%s", doing);
    }
    return false;
}

/* Records that this one says are missing. */
static uint64_t lost_by(const struct event *event) {
    if (event->header.id == TRACE_ID_lost_records)
        return ((const struct trace_record_lost_records *)event->bytes)->count;
    if (event->header.id == TRACE_ID_hw_end)
        return ((const struct trace_record_hw_end *)event->bytes)->lost;
    return 0;
}

void graph_take(struct graph_run *run, enum decode_result result, const struct event *event) {
    struct reader_report *report = run->report;

    if (result == DECODE_FOREIGN) {
        report->foreign++;
    } else if (result == DECODE_UNKNOWN) {
        report->unknown++;
    } else if (event->time >= run->wanted) {
        report->stopped = true;
    } else if (event->time <= run->until && !report->stopped) {
        report->events++;
        report->last_time = event->time;
        report->ended = event->header.id == TRACE_ID_hw_end;
        report->lost += lost_by(event);
        run->handle(run->state, event);
    }
}

static void take_event(struct graph_run *run, const bt_message *message) {
    struct event event;
    enum decode_result result = decode(&run->decoder, message, &event);

    graph_take(run, result, &event);
}

static void take_message(struct graph_run *run, const bt_message *message) {
    uint64_t count = 0;

    switch (bt_message_get_type(message)) {
    case BT_MESSAGE_TYPE_EVENT:
        take_event(run, message);
        break;
    case BT_MESSAGE_TYPE_DISCARDED_EVENTS:
        if (bt_message_discarded_events_get_count(message, &count) != BT_PROPERTY_AVAILABILITY_AVAILABLE)
            count = 1;
        run->report->discarded += count;
        break;
    case BT_MESSAGE_TYPE_DISCARDED_PACKETS:
        if (bt_message_discarded_packets_get_count(message, &count) != BT_PROPERTY_AVAILABILITY_AVAILABLE)
            count = 1;
        run->report->discarded_packets += count;
        break;
    default:
        break;
    }
}

static bt_graph_simple_sink_component_consume_func_status consume(bt_message_iterator *iterator, void *data) {
    bt_message_array_const messages;
    uint64_t count;
    bt_message_iterator_next_status status = bt_message_iterator_next(iterator, &messages, &count);

    if (status != BT_MESSAGE_ITERATOR_NEXT_STATUS_OK) /* the two enumerations share their values */
        return (bt_graph_simple_sink_component_consume_func_status)status;
    for (uint64_t i = 0; i < count; i++) {
        take_message(data, messages[i]);
        bt_message_put_ref(messages[i]);
    }
    return ((struct graph_run *)data)->report->stopped ? BT_GRAPH_SIMPLE_SINK_COMPONENT_CONSUME_FUNC_STATUS_END
                                                       : BT_GRAPH_SIMPLE_SINK_COMPONENT_CONSUME_FUNC_STATUS_OK;
}

static bool find_plugins(struct parts *parts, struct reader_report *report) {
    if (bt_plugin_find("ctf", BT_TRUE, BT_FALSE, BT_TRUE, BT_TRUE, BT_FALSE, &parts->ctf) != BT_PLUGIN_FIND_STATUS_OK
        || bt_plugin_find("utils", BT_TRUE, BT_FALSE, BT_TRUE, BT_TRUE, BT_FALSE, &parts->utils)
               != BT_PLUGIN_FIND_STATUS_OK)
        return fail(report, "libbabeltrace2's plugins 'ctf' and 'utils' are not installed (package libbabeltrace2-0)");
    return true;
}

/* Connect every output port of source to a fresh input port of the muxer. */
static bool connect_source(struct parts *parts, const bt_component_source *source, struct reader_report *report) {
    uint64_t ports = bt_component_source_get_output_port_count(source);

    for (uint64_t i = 0; i < ports; i++) {
        const bt_port_output *from = bt_component_source_borrow_output_port_by_index_const(source, i);
        uint64_t inputs = bt_component_filter_get_input_port_count(parts->muxer);
        const bt_port_input *to = bt_component_filter_borrow_input_port_by_index_const(parts->muxer, inputs - 1);

        if (bt_graph_connect_ports(parts->graph, from, to, NULL) != BT_GRAPH_CONNECT_PORTS_STATUS_OK)
            return fail(report, "its streams cannot be merged");
    }
    return true;
}

static bool add_source(struct parts *parts, const char *folder, struct reader_report *report) {
    const bt_component_class_source *class = bt_plugin_borrow_source_component_class_by_name_const(parts->ctf, "fs");
    bt_value *parameters = bt_value_map_create(), *inputs = NULL;
    const bt_component_source *source;
    bool done = parameters
        && bt_value_map_insert_empty_array_entry(parameters, "inputs", &inputs) == BT_VALUE_MAP_INSERT_ENTRY_STATUS_OK
        && bt_value_array_append_string_element(inputs, folder) == BT_VALUE_ARRAY_APPEND_ELEMENT_STATUS_OK;

    done = done && class
        && bt_graph_add_source_component(parts->graph, class, "trace", parameters, BT_LOGGING_LEVEL_NONE, &source)
               == BT_GRAPH_ADD_COMPONENT_STATUS_OK;
    bt_value_put_ref(parameters);
    return done ? connect_source(parts, source, report) : fail(report, "it cannot be opened");
}

static bool build(struct parts *parts, const char *folder, struct graph_run *run) {
    const bt_component_class_filter *muxer =
        bt_plugin_borrow_filter_component_class_by_name_const(parts->utils, "muxer");

    parts->graph = bt_graph_create(0);
    if (!parts->graph || !muxer
        || bt_graph_add_filter_component(parts->graph, muxer, "muxer", NULL, BT_LOGGING_LEVEL_NONE, &parts->muxer)
               != BT_GRAPH_ADD_COMPONENT_STATUS_OK
        || bt_graph_add_simple_sink_component(parts->graph, "sink", NULL, consume, NULL, run, &parts->sink)
               != BT_GRAPH_ADD_COMPONENT_STATUS_OK)
        return fail(run->report, "libbabeltrace2's graph cannot be built");
    if (!add_source(parts, folder, run->report))
        return false;
    if (bt_component_filter_get_input_port_count(parts->muxer) < 2) {
        snprintf(run->report->error, sizeof(run->report->error), "it holds no event: its streams are empty");
        return false;
    }
    if (bt_graph_connect_ports(parts->graph, bt_component_filter_borrow_output_port_by_index_const(parts->muxer, 0),
                               bt_component_sink_borrow_input_port_by_index_const(parts->sink, 0), NULL)
        != BT_GRAPH_CONNECT_PORTS_STATUS_OK)
        return fail(run->report, "libbabeltrace2's graph cannot be connected");
    return true;
}

bool graph_read(const char *folder, struct graph_run *run) {
    struct parts parts = { 0 };
    bool done = find_plugins(&parts, run->report) && build(&parts, folder, run);

    if (done) {
        bt_graph_run_status status;

        do {
            status = bt_graph_run(parts.graph);
        } while (status == BT_GRAPH_RUN_STATUS_AGAIN);
        if (status != BT_GRAPH_RUN_STATUS_OK)
            done = fail(run->report, "it cannot be read further");
    }
    bt_graph_put_ref(parts.graph);
    bt_plugin_put_ref(parts.utils);
    bt_plugin_put_ref(parts.ctf);
    snprintf(run->report->unknown_name, sizeof(run->report->unknown_name), "%s", run->decoder.first_unknown);
    decoder_free(&run->decoder);
    return done;
}
