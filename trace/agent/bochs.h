/*
 * bochs.h - what the agent knows about Bochs 2.7, as Debian builds it (bochs-bin, with instrumentation stubs and
 * debugger).
 *
 * Rules: every fact about the emulator that the agent relies on is here, by the name the program exports; what can be
 * checked is checked before anything is patched (hooks.c). No structure of Bochs is laid out here.
 * Source: Bochs 2.7, instrument/instrumentation.txt and the exported symbols of bochs-bin.
 */
#ifndef TRACE_AGENT_BOCHS_H
#define TRACE_AGENT_BOCHS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Hooks: empty functions that Bochs calls. Arguments: cpu number first, then as said.
 */
/* (what, old cs, old eip, new cs, new eip): after a far branch was carried out, INT n and IRET among them */
#define BOCHS_FAR_BRANCH "_Z19bx_instr_far_branchjjtmtm"
/*
 * (vector): an exception, INT n or external interrupt is about to be delivered. EIP is what will be pushed, and CS is
 * still that of the interrupted code.
 */
#define BOCHS_INTERRUPT "_Z18bx_instr_interruptjj"
/* (vector, cs, eip): an external interrupt was acknowledged; BOCHS_INTERRUPT follows */
#define BOCHS_HWINTERRUPT "_Z20bx_instr_hwinterruptjjtm"
/* (vector, error code): an exception was raised; EIP is not yet set back; BOCHS_INTERRUPT follows unless another is raised first */
#define BOCHS_EXCEPTION "_Z18bx_instr_exceptionjjj"
/*
 * (what, value): MOV to CR0, CR3, CR4 and a task switch that changes CR3, after the flush; INVLPG before it. CLTS and
 * LMSW, which change no paging bit, are not reported.
 */
#define BOCHS_TLB_CONTROL "_Z18bx_instr_tlb_cntrljjm"
/* (address, bytes, memory type, direction): the page walker read an entry, or set accessed or dirty in one; SMM does it too */
#define BOCHS_PHYSICAL_ACCESS "_Z19bx_instr_phy_accessjmjjj"
/*
 * (instruction, bytes, length, 32-bit code, 64-bit code): an instruction was decoded into the cache of decoded
 * instructions. Not called for those that are copied from another place of the cache. The bytes lie in the memory of
 * the machine, or, when the instruction crosses a page, on the stack.
 */
#define BOCHS_OPCODE "_Z15bx_instr_opcodejP15bxInstruction_cPKhjbb"
/* (instruction): one iteration of a repeated string instruction is over; each is begun anew, as an instruction of its own */
#define BOCHS_REPEAT_ITERATION "_Z25bx_instr_repeat_iterationjP15bxInstruction_c"
/* (): HLT */
#define BOCHS_HLT "_Z12bx_instr_hltj"
/*
 * (linear, physical, bytes, memory type, direction): data were accessed within one page; a read that is followed by a
 * write of the same is reported once, as both. Stack, descriptors and the task state segment are data, fetched
 * instructions are not.
 */
#define BOCHS_LINEAR_ACCESS "_Z19bx_instr_lin_accessjmmjjj"
/* (type): the processor is reset, at power-on too */
#define BOCHS_RESET "_Z14bx_instr_resetjj"
/* (port, bytes, value), no cpu number: before a device sees the OUT */
#define BOCHS_PORT_OUT "_Z13bx_instr_outptjj"

/* Hooks that Bochs calls for each instruction, branch or access; nobody uses them, but for that of accesses now and then. */
#define BOCHS_BEFORE_EXECUTION "_Z25bx_instr_before_executionjP15bxInstruction_c"
#define BOCHS_AFTER_EXECUTION "_Z24bx_instr_after_executionjP15bxInstruction_c"
#define BOCHS_BRANCH_TAKEN "_Z27bx_instr_cnear_branch_takenjmm"
#define BOCHS_BRANCH_NOT_TAKEN "_Z31bx_instr_cnear_branch_not_takenjm"
#define BOCHS_BRANCH "_Z22bx_instr_ucnear_branchjjmm"

/*
 * The main loop, and what it calls: (processor), where the next instructions lie in the pool, as the address of a
 * record, or an exception when they cannot be fetched; and, when the processor's word of events is not zero,
 * (processor), interrupts and all else, true when the loop is to be left. An exception leaves both and begins the loop
 * anew. The bit in the word of events only makes the loop look for the next instructions.
 */
#define BOCHS_LOOP "_ZN8BX_CPU_C8cpu_loopEv"
#define BOCHS_FIND "_ZN8BX_CPU_C14getICacheEntryEv"
#define BOCHS_HANDLE "_ZN8BX_CPU_C16handleAsyncEventEv"
#define BOCHS_STOP 0x80000000u

/* The only source of host time inside the emulator: uint64_t (void). */
#define BOCHS_HOST_TIME "bx_get_realtime64_usec"

/* The first thing that Bochs does once it has given up: void (void), unloads its plugins, some of them with threads that run. */
#define BOCHS_PLUGIN_CLEANUP "plugin_cleanup"

/* Values of what in BOCHS_TLB_CONTROL. */
enum {
    BOCHS_MOV_CR0 = 10,
    BOCHS_MOV_CR3 = 11,
    BOCHS_MOV_CR4 = 12,
    BOCHS_TASK_SWITCH = 13,
    BOCHS_INVLPG = 15,
};

/* Values of what in BOCHS_FAR_BRANCH. */
enum {
    BOCHS_IRET = 15,
    BOCHS_INT = 16,
};

/* A decoded instruction; at most 32 make a stretch that runs without a look around. Those that Bochs found one after another lie one after another, in a pool of this many. */
#define BOCHS_INSTRUCTION_BYTES 0x38u
#define BOCHS_POOL_INSTRUCTIONS 0x90000u

/* What bochs.get_segment fills: descriptor is as in a descriptor table, and of what the processor holds. */
struct bochs_segment {
    uint16_t selector;
    uint32_t descriptor[2];
    uint32_t valid;
    uint32_t more;
};

#define BOCHS_SEGMENT_CS 1u

/* Directions of accesses, and purposes of translations. */
enum {
    BOCHS_READ = 0,
    BOCHS_WRITE = 1,
    BOCHS_EXECUTE = 2,
    BOCHS_READ_WRITE = 3,
};

/*
 * (processor, linear address, *mask of the offset in the page, is ring 3, purpose): what a page walk without PAE
 * finds; does not return when that is a page fault. Everything that runs asks it when the TLB has no answer.
 */
#define BOCHS_TRANSLATE_LEGACY "_ZN8BX_CPU_C23translate_linear_legacyEmRjjj"
/* The debugger's loop, and the fast path of REP MOVS; a Bochs has one or the other. */
#define BOCHS_DEBUGGER "_Z11bx_dbg_mainv"
#define BOCHS_FAST_MOVS "_ZN8BX_CPU_C12FastRepMOVSBEjjjjjj"

/* Functions and objects of Bochs that the agent uses. */
struct bochs {
    uint32_t (*get_eip)(void);
    uint16_t (*get_selector)(unsigned segment);
    /* the host's address of guest memory, valid to the end of its page; null for what is not plain memory */
    void *(*host_address)(void *cpu, uint64_t physical, unsigned direction);
    uint64_t (*time_usec)(void *pc_system); /* simulated microseconds since reset */
    void *pc_system;
    void ***processors; /* of which there is one */
    bool (*get_segment)(void *cpu, struct bochs_segment *segment, unsigned number);
    /* false: the linear address is not mapped */
    bool (*translate)(void *cpu, uint64_t linear, uint64_t *physical, uint64_t *offset_mask, bool verbose);
};

#define BOCHS_GET_EIP "_Z14bx_dbg_get_eipv"
#define BOCHS_GET_SELECTOR "_Z25bx_dbg_get_selector_valuej"
#define BOCHS_HOST_ADDRESS "_ZN8BX_MEM_C14getHostMemAddrEP8BX_CPU_Cmj"
#define BOCHS_TIME_USEC "_ZN14bx_pc_system_c9time_usecEv"
#define BOCHS_PC_SYSTEM "bx_pc_system"

extern struct bochs bochs;

#define BOCHS_PROCESSORS "bx_cpu_array"
#define BOCHS_GET_SEGMENT "_ZN8BX_CPU_C12dbg_get_sregEP13bx_dbg_sreg_tj"
#define BOCHS_TRANSLATE "_ZN8BX_CPU_C20dbg_xlate_linear2phyEmPmS0_b"

static inline void *bochs_processor(void) {
    return **bochs.processors;
}

/* The privilege ring of the code that runs now; of no meaning in real mode. */
static inline uint32_t bochs_ring(void) {
    return bochs.get_selector(BOCHS_SEGMENT_CS) & 3u;
}

#endif
