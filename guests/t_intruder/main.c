/*
 * t_intruder - a domain that tries to harm its neighbours: it names frames that are not its own in every argument,
 * storms with events, exhausts memory, hands over descriptors, stacks and selectors of nonsense, and dies in the
 * middle of whatever it does. Each life makes one attack; the hypervisor builds it again (boot word restarts=).
 *
 * Which attack a life makes follows from the number of the domain. Command line: lives=N (default 20): the first domain
 * whose number is at least N makes no attack and ends with success; so restarts= must be N or more. attack=NAME: that
 * one, and the end (success, unless the attack itself is the end); ms=N: how long the event storm lasts (default 300).
 * Expected outcome: success, and everything that its neighbours had to do done well.
 */
#include <stddef.h>

#include "guests/lib/boot.h"
#include "guests/lib/console.h"
#include "guests/lib/events.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/mode.h"
#include "guests/lib/outcome.h"
#include "guests/lib/probe.h"
#include "guests/lib/random.h"
#include "guests/lib/string.h"
#include "guests/lib/traps.h"
#include "guests/t_intruder/attacks.h"

#define LIVES_DEFAULT 20u
#define NAME_BYTES 32u

static const struct attack {
    const char *name;
    void (*make)(void);
} attacks[] = {
    { "map-everything", attack_map_everything },   { "name-everything", attack_name_everything },
    { "exhaust-memory", attack_exhaust_memory },   { "event-storm", attack_event_storm },
    { "console", attack_console },                 { "ports-of-others", attack_ports_of_others },
    { "descriptors", attack_descriptors },         { "selectors", attack_selectors },
    { "trap-stack", attack_trap_stack },           { "event-stack", attack_event_stack },
    { "handlers", attack_handlers },               { "iret", attack_iret },
    { "callbacks", attack_callbacks },             { "ring-3", attack_ring_3 },
    { "die-in-multicall", attack_die_in_multicall }, { "die-in-long-call", attack_die_in_long_call },
    { "die-with-tables", attack_die_with_tables }, { "die-between-modes", attack_die_between_modes },
};
#define ATTACKS ((uint32_t)(sizeof(attacks) / sizeof(attacks[0])))

static uint32_t life;

_Noreturn void attack_succeeded(const char *what, uint32_t value) {
    print("t_intruder: %s: %x\n", what, value);
    finish(PENUMBRA_OUTCOME_failure);
}

uint32_t attack_frames(void) {
    return (uint32_t)hypercall_memory_op(XENMEM_maximum_ram_page, NULL);
}

/* The one that the command line names; NULL: it names none. */
static const struct attack *choose(void) {
    char name[NAME_BYTES];

    if (!boot_option("attack", name, sizeof(name)))
        return NULL;
    for (uint32_t i = 0; i < ATTACKS; i++)
        if (strcmp(attacks[i].name, name) == 0)
            return &attacks[i];
    print("attack=%s is unknown; allowed:", name);
    for (uint32_t i = 0; i < ATTACKS; i++)
        print(" %s", attacks[i].name);
    print("\n");
    finish(PENUMBRA_OUTCOME_error);
}

_Noreturn void guest_main(void) {
    const struct attack *chosen;

    traps_install();
    probe_start();
    life = event_own_domain();
    random_start(life);
    chosen = choose();
    if (chosen != NULL) {
        print("t_intruder: %s\n", chosen->name);
        chosen->make();
        finish(PENUMBRA_OUTCOME_success);
    }
    if (life >= boot_number("lives", LIVES_DEFAULT)) {
        print("t_intruder: %u lives, nothing reached\n", life);
        finish(PENUMBRA_OUTCOME_success);
    }
    print("t_intruder: life %u, %s\n", life, attacks[life % ATTACKS].name);
    attacks[life % ATTACKS].make();
    shutdown(SHUTDOWN_reboot);
}
