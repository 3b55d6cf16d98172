/*
 * domain.h - a domain and its virtual processors, as the hypervisor keeps them.
 *
 * Rules:
 *  D1. What a guest wrote is copied once into a field here, checked on the copy, and used from here.
 *  D2. Selectors kept here (kernel_ss, the cs of a trap or callback) have RPL 1; they may name anything otherwise.
 *  D3. A domain that has ended never runs again; nothing but domains_reap (end.h) gives its memory back.
 *  D4. Every reference a domain holds is listed with the field that holds it, and put when the field is cleared.
 * Locking: everything belongs to the processor that runs the vcpu; there is one. Lists of domains and vcpus are walked,
 * never indexed by processor, so that several can come.
 * Callers: xen/domain, xen/guest, xen/hypercall, xen/glue.
 */
#ifndef XEN_DOMAIN_DOMAIN_H
#define XEN_DOMAIN_DOMAIN_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/vcpu.h>

#include "shadow/port.h"
#include "xen/direct/direct.h"
#include "xen/domain/console.h"
#include "xen/domain/service.h"
#include "xen/domain/store.h"
#include "xen/cpu/fpu.h"
#include "xen/cpu/percpu.h"
#include "xen/cpu/timer_queue.h"
#include "xen/domain/credit.h"
#include "xen/domain/mode.h"
#include "xen/mm/domain_area.h"

struct domain_config;
struct foreign;
struct grant_handles;
struct grant_table;
struct shadow;

#define DOMAIN_VCPUS_MAX 8
#define DOMAIN_FIRST_ID 1            /* 0 is the privileged domain's */
#define TRAP_VECTORS 256
#define EVENT_PORTS EVTCHN_2L_NR_CHANNELS
#define MEMORY_MAP_ENTRIES_MAX 3     /* as Xen 3.1 */
#define MEMORY_MAP_ENTRY_BYTES 20    /* of BIOS call INT 0x15, EAX=0xE820 */

/* One entry of the virtual interrupt descriptor table. address 0: no handler. */
struct trap_handler {
    uint32_t address;
    uint16_t cs;
    uint8_t level;                   /* lowest privilege that may use INT n: 0 nobody .. 3 everybody */
    bool masks_events;
};

struct callback {
    uint32_t cs, eip;                /* eip 0: not registered */
    bool masks_events;
};

/* vcpu.state: why it cannot run; 0: it can */
#define VCPU_BLOCKED 1u              /* waits for an event */
#define VCPU_POLLING 2u              /* waits for the ports of its poll, or its timeout */
#define VCPU_DOWN 4u                 /* VCPUOP_down, or not up yet */
#define VCPU_PAUSED 8u               /* its domain is paused */
#define VCPU_PARKED 16u              /* has used up what the cap of its domain allows (credit.h) */
#define VCPU_ENDED 32u               /* its domain has */

/* vcpu.switching */
#define VCPU_HAS_BREAKPOINTS 1u
#define VCPU_HAS_GLOBAL_PAGES 2u     /* its domain's global_pages */

struct vcpu {
    struct domain *domain;
    uint32_t id;
    uint32_t state;                  /* VCPU_* */
    bool initialised;                /* has a state to run in; VCPUOP_initialise gives it one */
    struct cpu_user_regs regs;       /* of the guest while the vcpu is not loaded */
    struct credit credit;            /* the scheduler's */
    struct vcpu_info *info;          /* in shared_info; the hypervisor's address of it */

    /* paging */
    mfn_t base_pointer;              /* the guest's page directory; memory_remove refuses it */
    smfn_t root;                     /* what the mode wants in CR3 for it */

    /* traps */
    uint32_t kernel_ss, kernel_esp;
    struct callback event_callback, failsafe_callback;
    uint32_t nmi_callback;           /* eip; 0: not registered */
    bool nmi_pending, nmi_masked;    /* masked: from its delivery to the next iret hypercall */
    struct trap_handler traps[TRAP_VECTORS];
    uint64_t direct_trap;            /* gate of vector 0x80 while it is loaded */

    /* descriptor tables */
    uint32_t gdt_entries;
    /* as many as gdt_entries need; each holds a reference and type FRAME_GDT */
    mfn_t gdt_frames[DOMAIN_AREA_GDT_PAGES];
    uint32_t ldt_base, ldt_entries;  /* pages shown in the area hold a reference and type FRAME_LDT each */

    /* processor state that is loaded lazily or never */
    bool task_switched;              /* the guest's CR0.TS */
    struct fpu_state fpu;
    uint32_t debug[8];
    uint32_t switching;              /* VCPU_HAS_*: what a switch from or to it has to see to */
    uint32_t io_privilege;           /* virtual IOPL */
    uint32_t io_bitmap, io_bitmap_ports; /* guest linear address and how many ports it covers */

    /* hypercalls */
    uint32_t pending_label;          /* enum trace_label: the flushes of the next hypercall; see hypercall/marker.c */
    uint32_t last_hypercall;         /* its number, for messages */
    bool in_multicall, preempted;

    /* time */
    uint64_t periodic_ns;            /* 0: no periodic timer */
    struct timer periodic, single_shot, poll;
    struct vcpu_runstate_info runstate;
    uint32_t runstate_area, time_area; /* guest linear addresses kept up to date; 0: none */

    uint16_t virq_port[NR_VIRQS];    /* 0: not bound */
    uint32_t poll_ports[EVENT_PORTS / 32]; /* while VCPU_POLLING */
};

enum port_state { PORT_FREE, PORT_RESERVED, PORT_UNBOUND, PORT_INTERDOMAIN, PORT_VIRQ, PORT_IPI };

/* One end of an event channel. An interdomain port and the remote one name each other, always. */
struct event_port {
    uint8_t state;                   /* enum port_state */
    uint8_t vcpu;                    /* which is notified */
    uint16_t detail;                 /* VIRQ: its number; interdomain: the remote port */
    union {
        struct domain *remote;       /* interdomain: whose port the remote one is */
        uint32_t remote_id;          /* unbound: the domain that may bind */
    };
};

struct domain {
    uint32_t id;
    struct domain *next;             /* list of all domains */
    bool privileged;                 /* the initial domain: may name others, and the machine */
    xen_domain_handle_t handle;      /* a name for tools; zeros unless one of them gave it */
    struct vcpu *vcpu[DOMAIN_VCPUS_MAX]; /* NULL: does not exist */
    struct vcpu *active;             /* ran last: paging works with its base pointer */
    const struct domain_config *config; /* what it was built from; NULL: by a domain */
    uint32_t weight, cap;            /* of the scheduler: credit.h */
    uint32_t paused;                 /* how often it was paused more than unpaused */
    bool paused_by_control;          /* once of them by domctl */
    struct timer hop;                /* changes the mode every config->hop_ms; mode_hop.h */
    bool hop_due;
    uint32_t hop_mode;               /* enum trace_mode: tried last */

    /* the end (D3) */
    bool ended;
    bool dying;                      /* ended, and being taken down: it is nobody's to name any more */
    bool destroyed;                  /* by the privileged domain */
    uint32_t shutdown_code;          /* SHUTDOWN_*, of one that has ended */
    struct vcpu *end_vcpu;           /* did it */
    uint32_t end_stage, end_cursor, end_found; /* end.c */
    uint32_t end_reason;             /* enum trace_end_reason */
    const char *end_text;            /* static storage */
    uint32_t end_eip;
    uint32_t outcome;                /* enum trace_outcome, from the last outcome marker */

    /* memory */
    uint32_t frames, frames_limit;   /* owned now; may own */
    uint32_t pinned;                 /* frames with FRAME_PINNED */
    mfn_t *p2m;                      /* by pfn, p2m_size entries; MFN_NONE: no frame */
    uint32_t p2m_size;
    bool translated;                 /* the numbers that it uses are pfns (physmap.h) */
    uint32_t plain_numbers;          /* numbers below are those of machine frames themselves: all, or, if translated, 0 */
    struct shared_info *shared_info; /* one heap page */
    struct domain_area area;
    struct grant_table *grants;      /* what others may do with its frames; NULL: it has not set up a table */
    struct grant_handles *grant_handles; /* what it maps of others; NULL: nothing yet */
    struct foreign *foreign;         /* the frames that it holds for that (foreign.h) */
    bool maps_others;                /* it is privileged, and has mapped frames that nobody granted it */
    uint32_t foreign_owner;          /* FOREIGN_NOBODY, or whose frames an operation under way may map */
    uint32_t assists;                /* bits VMASST_TYPE_*, remembered */
    uint32_t memory_map_entries;     /* the pseudo-physical memory map that was set; 0: none */
    uint8_t memory_map[MEMORY_MAP_ENTRIES_MAX][MEMORY_MAP_ENTRY_BYTES];

    const struct mode_ops *mode;
    struct direct direct;            /* direct and writable mode's */
    uint32_t mmu_counters[MMU_COUNTERS]; /* enum trace_mmu_counter */
    uint32_t shadow_policy;          /* enum shadow_policy, and bits SHADOW_SWITCH_*: of shadow mode */
    uint32_t shadow_switches;
    bool global_pages;               /* the guest's CR4.PGE, on all its vcpus */
    struct shadow *shadow;           /* the shadow mode's; NULL: the domain has not been in it */
    void *shadow_state, *shadow_pool;
    uint32_t shadow_state_pages;
    uint32_t shadow_pool_pages;      /* as large as the pool is, or will be */
    uint32_t *dirty_log, *samples;   /* what is watched of it (xen/glue/shadow_watch.h); NULL: that is not */
    uint32_t table_operations;       /* counted for audit=full */
    uint32_t violations;             /* audits found so far */

    struct event_port ports[EVENT_PORTS];
    struct service_end service[SERVICES];
    struct xenstore store;
    struct console_line console_line;
    bool polling;                    /* a vcpu may be VCPU_POLLING */
};

#define MFN_NONE 0xffffffffu

/* All domains, in order of creation. */
extern struct domain *domain_list;

static inline struct vcpu *current_vcpu(void) {
    return this_cpu()->vcpu;
}

static inline struct domain *current_domain(void) {
    return this_cpu()->vcpu->domain;
}

/* Is a vcpu of the domain loaded, so that one of its roots is in CR3? */
static inline bool domain_is_current(const struct domain *domain) {
    return this_cpu()->vcpu && this_cpu()->vcpu->domain == domain;
}

/* Logs of dirty frames that are kept. */
extern uint32_t dirty_logs;

/* Frame mfn is written, or may be, by other means than its owner's shadow entries; or gets a number. */
__attribute__((cold)) void dirty_log_mark(struct domain *domain, mfn_t mfn);
static inline void dirty_log_note(struct domain *domain, mfn_t mfn) {
    if (__builtin_expect(domain->dirty_log != 0, 0)) {
        dirty_log_mark(domain, mfn);
    }
}

/* Bring the domain's tables into a state in which they are whole (xen/domain/mode.h). */
static inline void mode_settle(struct domain *domain, uint32_t why) {
    if (domain->mode->settle) {
        domain->mode->settle(domain, why);
    }
}

/* What is done about the domain's stores to page tables is something else from now on. */
static inline void mode_policy_changed(struct domain *domain) {
    if (domain->mode->policy_changed) {
        domain->mode->policy_changed(domain);
    }
}

/* May the guest set CR4.PGE? And it does, or clears it; a flush of everything follows. */
bool domain_may_have_global_pages(const struct domain *domain);
void domain_set_global_pages(struct domain *domain, bool on);
/*
 * Something else than a vcpu of the current domain is about to run, or the domain in another mode: if the TLB may hold
 * global translations of it, the hypervisor's own root is loaded and everything forgotten. cause: enum trace_cause.
 */
void domain_forget_global(const struct domain *domain, uint32_t cause);

/* The domain of this number, or NULL. */
struct domain *domain_by_id(uint32_t id);
/* A number for a new domain: one after the other, and none that is taken. */
uint32_t domain_next_id(void);
/* The vcpu of this number, or NULL. */
static inline struct vcpu *domain_vcpu(const struct domain *domain, uint32_t id) {
    return id < DOMAIN_VCPUS_MAX ? domain->vcpu[id] : 0;
}

/*
 * Make an empty domain, translated or not, with so many vcpus, 1 to DOMAIN_VCPUS_MAX, all down: structures, shared_info
 * with everything masked, descriptor area, default traps. It owns no memory and is at the end of the list. NULL: no
 * heap left, nothing made.
 */
struct domain *domain_create(uint32_t id, uint32_t frames_limit, uint32_t vcpus, bool translated);
/* Undo domain_create; the domain owns nothing any more. */
void domain_free(struct domain *domain);

/* Machine frame of shared_info. */
mfn_t domain_shared_info_mfn(const struct domain *domain);

/* Bits of the XENFEAT_ numbers that the domain is told in submap 0. */
uint32_t domain_features(const struct domain *domain);

#endif
