/*
 * stream.c - the flow: which symbol comes next, guessed or written; see stream.h.
 *
 * Rules: the path for a right guess is short, for it is taken at the end of every run; everything else is rare.
 * Transfers wait until the next instruction is about to run: only then it is known where they led. The reader makes
 * the same guesses (analysis/stream_flow.c): what one does with the history and the tables, the other must.
 */
#include "trace/agent/stream.h"

#include "trace/agent/agent.h"
#include "trace/agent/bochs.h"

#define TRANSFERS_MAX 16u /* between two instructions */
#define HITS_MAX (1u << 20)
#define PACKET_INSTRUCTIONS (32u << 20)
#define PACKETS_IN_EPOCH 16u
#define INSTRUCTIONS(bytes) ((uint32_t)((bytes) / BOCHS_INSTRUCTION_BYTES))

bool stream_on;
uint64_t stream_alarm = UINT64_MAX;

static bool wanted, starting, has_begun;
static bool recorded;      /* the flight recorder's event has come */
static uint64_t resumed_at, recorded_before; /* first instruction of those that are being recorded; how many were before */
static uint64_t paused_at; /* the first instruction that was not recorded, while the stream is not on */

/* The guess. */
static uint32_t guesses[1u << GUESS_BITS]; /* numbers of symbols */
static uint32_t history;
static uint32_t *guess; /* of the next symbol */
static struct symbol *last;
static uint32_t hits; /* right guesses since the last token */

static uint32_t address; /* linear, of the run's first instruction */
static uintptr_t running; /* an instruction of it, as far as was asked, and its address */
static uint32_t running_address;
static uint32_t ring;
static uint64_t packet_time; /* of the packet's first instruction */
static uint64_t packet_instructions = PACKET_INSTRUCTIONS;
static uint32_t packets_in_epoch = PACKETS_IN_EPOCH; /* at most, both */
static uint32_t epoch, epoch_packets, packet_symbols;

static struct waiting {
    uint8_t kind, from;
    uint16_t vector;
    uint32_t error_code, address;
} transfers[TRANSFERS_MAX];
static uint32_t transfer_count;

/* ---- packets ---------------------------------------------------------------------------------------------------------------- */

/* time: of the next instruction. */
static void begin_packet(uint64_t time) {
    if (!symbols_have_room() || epoch_packets++ >= packets_in_epoch) {
        symbols_begin_epoch();
        epoch++;
        epoch_packets = 1;
    }
    symbols_begin_packet();
    for (uint32_t i = 0; i < 1u << GUESS_BITS; i++)
        guesses[i] = 0;
    history = 0;
    last = stream_symbols;
    guess = &guesses[stream_guess_index(history)];
    packet_time = time;
    packet_symbols = symbols_count();
    packet_begin(time, ring, epoch, packet_symbols + 1);
}

static void flush_hits(void) {
    if (hits) {
        packet_token(hits);
        packet_token(TOKEN_NONE);
    }
    hits = 0;
}

static void end_packet(uint64_t time) {
    flush_hits();
    packet_end(time, symbols_count() - packet_symbols);
}

/* ---- the flow ---------------------------------------------------------------------------------------------------------------- */

static inline void advance(struct symbol *symbol) {
    last = symbol;
    history = stream_history(history, symbol->number);
    guess = &guesses[stream_guess_index(history)];
    __builtin_prefetch(guess); /* it is needed when the next run is over */
}

static void miss(struct symbol *symbol) {
    packet_token(hits);
    hits = 0;
    packet_token(last->second == symbol->number ? TOKEN_SECOND : TOKEN_SYMBOL + symbol->number);
    *guess = symbol->number;
    last->second = symbol->number;
}

static void put(struct symbol *symbol) {
    if (symbol->number != *guess)
        miss(symbol);
    else
        hits++;
    advance(symbol);
}

/* Between two symbols; time: of the next instruction. */
static void turn_if_full(uint64_t time) {
    if (hits == HITS_MAX)
        flush_hits();
    if (time - packet_time < packet_instructions && packet_has_room() && symbols_have_room())
        return;
    end_packet(time);
    begin_packet(time);
}

/* Whether it is the run that begins at `address`. */
static inline bool is_run(const struct symbol *symbol, uintptr_t start, uintptr_t next) {
    return symbol->start == start && symbol->next == next && symbol->address == address;
}

/* A run that was not guessed. */
static __attribute__((noinline)) void put_run(uintptr_t start, uintptr_t next) {
    struct symbol *second = &stream_symbols[last->second];

    if ((next & ~RUN_BITS) == start)
        return; /* its first instruction could not be fetched */
    if (INSTRUCTIONS((next & ~RUN_BITS) - start) > RUN_INSTRUCTIONS)
        end_because(TRACE_OUTCOME_error, "Bochs ran more instructions in a row than the agent expects");
    put(is_run(second, start, next) ? second : symbols_of_run(start, next, address));
    turn_if_full(count_now() + 1);
}

void stream_run(uintptr_t start, uintptr_t next) {
    struct symbol *guessed = &stream_symbols[*guess];

    if (__builtin_expect(!is_run(guessed, start, next), 0)) {
        put_run(start, next);
        return;
    }
    advance(guessed);
    if (__builtin_expect(++hits == HITS_MAX, 0))
        turn_if_full(count_now() + 1);
}

void stream_begin_run(uintptr_t start) {
    address = code_address();
    running = start;
    running_address = address;
}

uint32_t stream_running_address(void) {
    for (uintptr_t last_begun = count_running(); running < last_begun; running += BOCHS_INSTRUCTION_BYTES)
        running_address += loop_length(running);
    return running_address;
}

/* ---- transfers --------------------------------------------------------------------------------------------------------------- */

void stream_transfer(uint32_t kind, uint32_t vector, uint32_t error_code) {
    struct waiting *transfer = &transfers[transfer_count];
    bool is_over = kind == FLOW_IRET || kind == FLOW_FAR || kind == FLOW_SOFTWARE_INTERRUPT;

    if (!stream_on)
        return;
    if (transfer_count == TRANSFERS_MAX)
        end_because(TRACE_OUTCOME_error, "too many exceptions and interrupts between two instructions");
    if (transfer_count++)
        code_segment();
    *transfer = (struct waiting){ .kind = (uint8_t)kind, .vector = (uint16_t)vector, .error_code = error_code };
    transfer->address = is_over ? 0 : code_address();
    transfer->from = (uint8_t)(is_over ? ring : bochs_ring());
    count_attend();
}

/*
 * Each transfer led to where the next one began; the last one to the instruction that runs now, whose address is
 * given when it is not recorded. One that was reported when it was over began in the ring that the one before it led
 * to.
 */
static void put_transfers(uint32_t now, bool goes_on) {
    for (uint32_t i = 0; i < transfer_count; i++) {
        const struct waiting *transfer = &transfers[i];
        bool is_last = i + 1 == transfer_count, is_addressed = !is_last || !goes_on;
        uint32_t to = is_last ? now : transfers[i + 1].from;
        uint32_t led_to = is_last ? code_address() : transfers[i + 1].address;

        put(symbols_of_transfer(transfer->kind, transfer->vector, transfer->error_code,
                                ring | to << 2 | (is_addressed ? TRANSFER_ADDRESSED : 0), is_addressed ? led_to : 0));
        ring = to;
    }
    transfer_count = 0;
}

/* ---- windows ----------------------------------------------------------------------------------------------------------------- */

/* Instructions from `time` on are not recorded. */
static void pause(uint64_t time) {
    stream_on = false;
    paused_at = time;
    recorded_before += time - resumed_at;
}

/* They are again. The guesses begin anew, but for what has been learnt. */
static void resume(uint64_t time, uint32_t now) {
    packet_token(hits);
    packet_token(TOKEN_GAP);
    packet_token(time - paused_at);
    packet_token(now);
    hits = 0;
    history = 0;
    last = stream_symbols;
    guess = &guesses[stream_guess_index(history)];
    stream_on = true;
    resumed_at = time;
}

/*
 * The flight recorder's event has come: what it has is written. Nothing is recorded from here on, which the stream says
 * in a last packet.
 */
static void end_flight(uint64_t time, uint32_t now) {
    recorded = true;
    if (paused_at < time) {
        resume(time, now);
        pause(time);
    }
    end_packet(time);
    flight_write();
    begin_packet(time);
}

/* When a window may change, or the packet ends though every guess is right. */
static uint64_t next_alarm(uint64_t time) {
    uint64_t window = window_next(time), packet = stream_on ? packet_time + packet_instructions : UINT64_MAX;

    return window < packet ? window : packet;
}

void stream_next_instruction(uint32_t now) {
    uint64_t time = count_now() + 1;
    bool open;

    code_segment();
    open = (starting || has_begun) && window_is_open(WINDOW_INSTRUCTIONS, time, now) && !flight_is_due();
    if (starting) {
        starting = false;
        has_begun = stream_on = true;
        ring = now;
        resumed_at = time;
        begin_packet(time);
    }
    if (stream_on) {
        put_transfers(now, open);
        if (!open)
            pause(time);
    } else if (open) {
        resume(time, now);
    }
    ring = now;
    if (flight_is_due() && has_begun && !recorded)
        end_flight(time, now);
    accesses_switch(stream_on && window_is_open(WINDOW_ACCESSES, time, now), time);
    if (stream_on)
        turn_if_full(time);
    stream_alarm = has_begun ? next_alarm(time) : UINT64_MAX;
}

/* ---- the beginning and the end ----------------------------------------------------------------------------------------------- */

void stream_want(void) {
    wanted = true;
    code_prepare();
    symbols_begin_epoch();
    if (flight_packet_instructions()) {
        packets_in_epoch = 1; /* the one before may be dropped */
        if (flight_packet_instructions() < packet_instructions)
            packet_instructions = flight_packet_instructions();
    }
}

void stream_start(void) {
    starting = wanted;
    count_attend();
}

void stream_finish(void) {
    if (!has_begun)
        return;
    count_end_run();
    if (stream_on)
        put_transfers(ring, true);
    else if (paused_at <= count_now())
        resume(count_now() + 1, ring);
    if (stream_on)
        pause(count_now() + 1);
    has_begun = false;
    end_packet(count_now() + 1);
    flight_write();
}

uint64_t stream_recorded(void) {
    return recorded_before;
}

/* ---- hooks ------------------------------------------------------------------------------------------------------------------- */

void stream_opcode(unsigned cpu, const void *instruction, const uint8_t *bytes, unsigned length, bool is_32, bool is_64) {
    (void)cpu;
    (void)is_64;
    if (code_wraps((uintptr_t)instruction))
        count_end_run(); /* what it consists of may be about to be overwritten */
    code_opcode((uintptr_t)instruction, bytes, length, is_32);
}

void stream_repeat_iteration(unsigned cpu, const void *instruction) {
    (void)cpu;
    (void)instruction;
    count_mark(RUN_ITERATED);
    loop_stop();
}

void stream_hlt(unsigned cpu) {
    (void)cpu;
    stream_transfer(FLOW_HLT, 0, 0);
}
