/* clock.c - see clock.h. */
#include "guests/lib/clock.h"

#include "guests/lib/boot.h"

/* (value * multiplier) >> 32 */
static uint64_t scale(uint64_t value, uint32_t multiplier) {
    uint64_t low = (uint64_t)(uint32_t)value * multiplier;
    uint64_t high = (value >> 32) * multiplier;

    return high + (low >> 32);
}

uint32_t clock_ticks(uint32_t ns) {
    const volatile struct vcpu_time_info *time = &shared_info->vcpu_info[0].time;
    uint64_t kiloticks = time->tsc_shift >= 0 ? 1024ull << time->tsc_shift : 1024ull >> -time->tsc_shift;
    uint32_t ns_of_kiloticks = (uint32_t)scale(kiloticks, time->tsc_to_system_mul);

    return (uint32_t)(((uint64_t)ns * ((1u << 31) / ns_of_kiloticks)) >> 21);
}

static uint64_t time_at(const volatile struct vcpu_time_info *time, uint64_t tsc) {
    uint64_t elapsed = tsc - time->tsc_timestamp;

    elapsed = time->tsc_shift >= 0 ? elapsed << time->tsc_shift : elapsed >> -time->tsc_shift;
    return time->system_time + scale(elapsed, time->tsc_to_system_mul);
}

uint64_t clock_of_vcpu(uint32_t vcpu, uint64_t tsc) {
    const volatile struct vcpu_time_info *time = &shared_info->vcpu_info[vcpu].time;
    uint32_t version;
    uint64_t ns;

    do {
        version = time->version & ~1u;      /* odd: being written, so the comparison below fails */
        __asm__ volatile("" : : : "memory");
        ns = time_at(time, tsc);
        __asm__ volatile("" : : : "memory");
    } while (time->version != version);
    return ns;
}

uint64_t clock_ns(void) {
    const volatile struct vcpu_time_info *time = &shared_info->vcpu_info[0].time;
    uint32_t version;
    uint64_t ns;

    do {
        version = time->version & ~1u;
        __asm__ volatile("" : : : "memory");
        ns = time_at(time, clock_tsc());
        __asm__ volatile("" : : : "memory");
    } while (time->version != version);
    return ns;
}
