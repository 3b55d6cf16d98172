/*
 * memory_svg.c - a heat map: time to the right, machine memory downwards, the darker the more references.
 *
 * Rules: shades are logarithmic; no font, script or file from elsewhere.
 */
#include <inttypes.h>

#include "analysis/memory.h"

#define LEFT 96u
#define TOP 56u
#define WIDTH 768u
#define ROW_HEIGHT 8u
#define FRAMES_A_MIB 256u

/* How dark: 0 without a reference, up to 255. */
static unsigned shade(uint64_t count, uint64_t most) {
    unsigned bits = 0, most_bits = 0;

    for (; count; count >>= 1)
        bits++;
    for (; most; most >>= 1)
        most_bits++;
    return bits ? 32 + bits * 223 / most_bits : 0;
}

static uint64_t hottest(const struct memory *memory) {
    uint64_t most = 0;

    for (uint32_t i = 0; i < memory->count; i++) {
        for (unsigned row = 0; row < MEMORY_ROWS; row++)
            most = memory->intervals[i].heat[row] > most ? memory->intervals[i].heat[row] : most;
    }
    return most;
}

static void put_cells(FILE *to, const struct memory *memory) {
    double width = memory->count ? (double)WIDTH / memory->count : WIDTH;
    uint64_t most = hottest(memory);

    for (uint32_t i = 0; i < memory->count; i++) {
        for (unsigned row = 0; row < MEMORY_ROWS; row++) {
            unsigned dark = shade(memory->intervals[i].heat[row], most);

            if (dark)
                fprintf(to, "<rect x=\"%.1f\" y=\"%u\" width=\"%.1f\" height=\"%u\" fill=\"#%02x%02x%02x\"/>\n",
                        LEFT + i * width, TOP + row * ROW_HEIGHT, width, ROW_HEIGHT, 255 - dark / 3,
                        255 - dark * 2 / 3, 255 - dark);
        }
    }
}

static void put_axes(FILE *to, const struct memory *memory) {
    for (unsigned row = 0; row <= MEMORY_ROWS; row += 8)
        fprintf(to, "<text x=\"%u\" y=\"%u\" text-anchor=\"end\">%.1f MiB</text>\n", LEFT - 8,
                TOP + row * ROW_HEIGHT + 4, (double)memory->frame_count * row / MEMORY_ROWS / FRAMES_A_MIB);
    for (unsigned i = 0; i <= 4; i++)
        fprintf(to, "<text x=\"%u\" y=\"%u\" text-anchor=\"middle\">%" PRIu64 "</text>\n", LEFT + i * WIDTH / 4,
                TOP + MEMORY_ROWS * ROW_HEIGHT + 20, memory->begin + memory->count * memory->length * i / 4);
}

void print_memory_svg(FILE *to, const struct memory *memory, uint32_t top) {
    unsigned width = LEFT + WIDTH + 48, height = TOP + MEMORY_ROWS * ROW_HEIGHT + 48;

    (void)top;
    fprintf(
        to,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" viewBox=\"0 0 %u %u\" "
        "font-family=\"sans-serif\" font-size=\"12\" fill=\"#222222\">\n"
        "<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n"
        "<text x=\"%u\" y=\"32\" font-weight=\"bold\">References to machine memory, by time in instructions</text>\n"
        "<rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" fill=\"none\" stroke=\"#888888\"/>\n",
        width, height, width, height, LEFT, LEFT, TOP, WIDTH, MEMORY_ROWS * ROW_HEIGHT);
    put_cells(to, memory);
    put_axes(to, memory);
    fprintf(to, "</svg>\n");
}
