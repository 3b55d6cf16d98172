/*
 * t_outcome - ends as the command line says: the way from a guest's outcome to the exit status of the run.
 *
 * Command line: outcome=success|skip|error|failure, or outcome=crash|reboot|suspend for a shutdown with that reason, or
 * outcome=none for a power-off without an outcome marker. Default: skip. say=WORD: print it last, without an end of
 * line. Expected: just that outcome (reboot and suspend count as error, none as success).
 */
#include "guests/lib/boot.h"
#include "guests/lib/console.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/outcome.h"
#include "guests/lib/string.h"

static const struct {
    const char *name;
    int outcome;             /* -1: no marker */
    uint32_t reason;
} choices[] = {
    { "success", PENUMBRA_OUTCOME_success, SHUTDOWN_poweroff },
    { "skip", PENUMBRA_OUTCOME_skip, SHUTDOWN_poweroff },
    { "error", PENUMBRA_OUTCOME_error, SHUTDOWN_poweroff },
    { "failure", PENUMBRA_OUTCOME_failure, SHUTDOWN_poweroff },
    { "none", -1, SHUTDOWN_poweroff },
    { "crash", -1, SHUTDOWN_crash },
    { "reboot", -1, SHUTDOWN_reboot },
    { "suspend", -1, SHUTDOWN_suspend },
};

_Noreturn void guest_main(void) {
    char wanted[16] = "skip", word[16] = "";

    boot_option("outcome", wanted, sizeof(wanted));
    boot_option("say", word, sizeof(word));
    for (uint32_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
        if (strcmp(choices[i].name, wanted) != 0)
            continue;
        print("ending as %s\n%s", wanted, word);
        if (choices[i].outcome >= 0)
            hypercall_marker(PENUMBRA_MARKER_outcome, (uint32_t)choices[i].outcome, 0, 0, wanted);
        shutdown(choices[i].reason);
    }
    print("error: outcome=%s is unknown; allowed: success skip error failure none crash reboot suspend\n", wanted);
    finish(PENUMBRA_OUTCOME_error);
}
