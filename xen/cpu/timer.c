/*
 * timer.c - see timer.h: calibration and the alarm.
 *
 * Channel 0 of the 8254 runs in mode 0 (interrupt on terminal count): each alarm is one count, at most 65535 ticks of
 * 838 ns. A deadline that lies farther away is reached in several counts.
 * Source: Intel 8254 data sheet; <xen/xen.h>, struct vcpu_time_info.
 */
#include "xen/cpu/timer.h"

#include <stdbool.h>

#include "xen/cpu/cmos.h"
#include "xen/cpu/io.h"
#include "xen/cpu/irq.h"
#include "xen/lib/divide.h"
#include "xen/lib/panic.h"

#define PIT_HZ 1193182u
#define PIT_CHANNEL_0 0x40
#define PIT_CHANNEL_2 0x42
#define PIT_CONTROL 0x43
#define PIT_CHANNEL_0_MODE_0 0x30   /* low byte then high byte, binary */
#define PIT_CHANNEL_2_MODE_0 0xb0
#define PIT_COUNT_MAX 65535u
/* PIT_HZ / 10^9 * 2^32, rounded up: nanoseconds to ticks, never too few */
#define TICKS_PER_NS_SCALED 5124678u
/* counts this short would be over before the program has gone on */
#define PIT_COUNT_MIN 8u

#define SPEAKER_PORT 0x61
#define SPEAKER_GATE_2 0x01
#define SPEAKER_DATA 0x02
#define SPEAKER_OUT_2 0x20

#define CALIBRATION_MS 10
#define NS_PER_SECOND 1000000000u
/* if channel 2 never ends, there is no working 8254 */
#define CALIBRATION_POLLS 100000000u

struct tsc_scale timer_tsc_scale;
uint64_t timer_tsc_origin;
uint32_t timer_tsc_khz;

static uint32_t boot_seconds;

/* System time of the alarm that is set. Belongs to the one processor there is. */
static uint64_t programmed = UINT64_MAX;

/* TSC ticks while channel 2 counts CALIBRATION_MS down. */
static uint32_t measure_tsc(void) {
    uint32_t count = PIT_HZ / 1000 * CALIBRATION_MS;
    uint8_t speaker = in8(SPEAKER_PORT) & ~(SPEAKER_DATA | SPEAKER_GATE_2);
    out8(SPEAKER_PORT, speaker | SPEAKER_GATE_2);
    out8(PIT_CONTROL, PIT_CHANNEL_2_MODE_0);
    out8(PIT_CHANNEL_2, (uint8_t)count);
    out8(PIT_CHANNEL_2, (uint8_t)(count >> 8));
    uint64_t begin = read_tsc();
    for (uint32_t polls = 0; !(in8(SPEAKER_PORT) & SPEAKER_OUT_2); polls++) {
        if (polls == CALIBRATION_POLLS) {
            panic("the 8254 does not count: no time source");
        }
    }
    uint64_t end = read_tsc();
    out8(SPEAKER_PORT, speaker);
    return (uint32_t)(end - begin);
}

/* Find mul and shift for a frequency: the frequency is brought between 1 and 2 GHz, mul fills 32 bits; to 2 in a million. */
static struct tsc_scale scale_for(uint64_t hz) {
    struct tsc_scale scale = { 0, 0 };
    while (hz > 2ull * NS_PER_SECOND) {
        hz >>= 1;
        scale.shift--;
    }
    while (hz <= NS_PER_SECOND) {
        hz <<= 1;
        scale.shift++;
    }
    scale.mul = (uint32_t)divide_u64((uint64_t)NS_PER_SECOND << 32, (uint32_t)hz, 0) & -(1u << TSC_MUL_ZEROS);
    return scale;
}

void timer_init(void) {
    uint32_t ticks = measure_tsc();
    timer_tsc_khz = ticks / CALIBRATION_MS;
    if (!timer_tsc_khz) {
        panic("the time-stamp counter does not count");
    }
    timer_tsc_scale = scale_for((uint64_t)timer_tsc_khz * 1000);
    timer_tsc_origin = read_tsc();
    boot_seconds = cmos_seconds();
    out8(PIT_CONTROL, PIT_CHANNEL_0_MODE_0);
    irq_unmask(IRQ_TIMER);
}

uint64_t system_time_of_tsc(uint64_t tsc) {
    uint64_t delta = tsc - timer_tsc_origin;
    int32_t shift = timer_tsc_scale.shift;
    return multiply_shift_32(shift < 0 ? delta >> -shift : delta << shift, timer_tsc_scale.mul);
}

uint64_t timer_whole_tsc(uint64_t tsc) {
    uint32_t log2_ticks = 32 - TSC_MUL_ZEROS - timer_tsc_scale.shift;

    return tsc - ((tsc - timer_tsc_origin) & ((1ull << log2_ticks) - 1));
}

uint64_t system_time_ns(void) {
    return system_time_of_tsc(read_tsc());
}

uint32_t timer_boot_seconds(void) {
    return boot_seconds;
}

void timer_program(uint64_t deadline_ns, uint64_t now) {
    if (programmed <= deadline_ns) {
        return;
    }
    uint64_t ticks = deadline_ns > now ? multiply_shift_32(deadline_ns - now, TICKS_PER_NS_SCALED) + 1 : 0;
    uint32_t count = ticks > PIT_COUNT_MAX ? PIT_COUNT_MAX : ticks < PIT_COUNT_MIN ? PIT_COUNT_MIN : (uint32_t)ticks;

    programmed = deadline_ns;
    out8(PIT_CHANNEL_0, (uint8_t)count);
    out8(PIT_CHANNEL_0, (uint8_t)(count >> 8));
}

void timer_passed(void) {
    programmed = UINT64_MAX;
}
