/*
 * selftest.h - break on purpose, for tests of the panic (boot option selftest=). Callers: boot/main.c.
 */
#ifndef XEN_BOOT_SELFTEST_H
#define XEN_BOOT_SELFTEST_H

/* Returns when the option is not given. */
void selftest_run(void);

#endif
