/*
 * cmos.c - see cmos.h.
 */
#include "xen/cpu/cmos.h"

#include <stdbool.h>

#include "xen/cpu/io.h"

#define CMOS_INDEX 0x70
#define CMOS_DATA 0x71

enum { SECONDS = 0, MINUTES = 2, HOURS = 4, DAY = 7, MONTH = 8, YEAR = 9, STATUS_A = 10, STATUS_B = 11 };
#define STATUS_A_UPDATING 0x80
#define STATUS_B_24_HOURS 0x02
#define STATUS_B_BINARY 0x04
#define HOURS_PM 0x80
/* an update takes 2 ms */
#define PATIENCE 100000

static uint8_t read_cmos(uint8_t place) {
    out8(CMOS_INDEX, place);
    return in8(CMOS_DATA);
}

static uint32_t number(uint8_t value, bool binary) {
    return binary ? value : (value >> 4) * 10u + (value & 15);
}

static bool leap(uint32_t year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static uint32_t days_before(uint32_t year, uint32_t month) {
    static const uint16_t days_of_months[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
    uint32_t days = days_of_months[month - 1] + (month > 2 && leap(year));
    for (uint32_t y = 1970; y < year; y++) {
        days += 365 + leap(y);
    }
    return days;
}

uint32_t cmos_seconds(void) {
    for (uint32_t tries = 0; tries < PATIENCE && (read_cmos(STATUS_A) & STATUS_A_UPDATING); tries++) {
    }
    uint8_t status = read_cmos(STATUS_B), hours = read_cmos(HOURS);
    bool binary = status & STATUS_B_BINARY;
    uint32_t second = number(read_cmos(SECONDS), binary), minute = number(read_cmos(MINUTES), binary);
    uint32_t hour = number(hours & ~HOURS_PM, binary);
    uint32_t day = number(read_cmos(DAY), binary), month = number(read_cmos(MONTH), binary);
    uint32_t year = number(read_cmos(YEAR), binary);
    if (!(status & STATUS_B_24_HOURS)) {
        hour = hour % 12 + (hours & HOURS_PM ? 12 : 0);
    }
    year += year < 70 ? 2000 : 1900;
    if (day < 1 || day > 31 || month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59) {
        return 0;
    }
    return ((days_before(year, month) + day - 1) * 24 + hour) * 3600 + minute * 60 + second;
}
