/*
 * metadata.h - the metadata file of a trace, checked before libbabeltrace2 reads it: version 2.0.4 never comes back
 * from a metadata file that ends within a packet.
 *
 * Callers: analysis/salvage.c, layouts.c. Source: Common Trace Format 1.8.3, section 7.1.
 */
#ifndef ANALYSIS_METADATA_H
#define ANALYSIS_METADATA_H

#include <stdbool.h>

/*
 * The text of the file called metadata in folder, whether in packets or not, in *text, to be freed (null when there is
 * none). Returns null when it can be read, otherwise what is wrong (static storage). Sets *is_lttng: it says that
 * LTTng-UST wrote the trace.
 */
const char *metadata_read(const char *folder, char **text, bool *is_lttng);
/* The same without the text. */
const char *metadata_check(const char *folder, bool *is_lttng);

#endif
