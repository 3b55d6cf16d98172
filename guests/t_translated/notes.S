/* notes.S - the library's notes, but the kernel requires that its domain is translated. */
#define FEATURES "writable_page_tables|!auto_translated_physmap"
#include "guests/lib/notes.S"
