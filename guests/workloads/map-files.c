/*
 * map-files - maps many small files, reads them all, writes to some, and unmaps them again.
 *
 * A page that is only read is shared with all who map the file; one that is written becomes the writer's own, and the file does
 * not change. In each round files= files (default 32, of one to three pages) are mapped side by side, checked from end to end, one
 * in every= (4) is written, and all are unmapped; at the end a child writes to a file that its parent reads. Parameters: also
 * rounds= (16).
 */
#include "guests/workloads/lib/program.h"

#define FILES 32u
#define SCRIBBLE 0xa5a50000u

static uint32_t words_of(uint32_t n) {               /* make_files.py */
    return (PAGE_SIZE * (n % 3) + 40 * n + 4) / 4;
}

static uint32_t bytes_mapped(uint32_t n) {
    return (words_of(n) * 4 + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
}

static int32_t number_of(uint32_t n) {
    char name[] = "file-00";
    int32_t number;

    name[5] = (char)('0' + n / 10);
    name[6] = (char)('0' + n % 10);
    number = sys_file(name);
    expect(number >= 0);
    return number;
}

static uint32_t *map_file(int32_t number) {
    int32_t address = sys_map_file(NULL, number, PROTECTION_read | PROTECTION_write);

    expect(address > 0);
    return (uint32_t *)(uintptr_t)address;
}

/* As the file says, and zeros behind: the first words of each page, and all around the file's end. */
static void check(const uint32_t *file, uint32_t n) {
    uint32_t words = words_of(n), mapped = bytes_mapped(n) / 4;

    for (uint32_t i = 0; i < words; i += WORDS_PER_PAGE)
        expect(file[i] == (n << 16 | i));
    expect(file[words - 1] == (n << 16 | (words - 1)));
    expect(file[words] == 0 && file[mapped - 1] == 0);
}

static void write(uint32_t *file, uint32_t n) {
    for (uint32_t i = 0; i < words_of(n); i += WORDS_PER_PAGE)
        file[i] = SCRIBBLE | i;
    for (uint32_t i = 0; i < words_of(n); i += WORDS_PER_PAGE)
        expect(file[i] == (SCRIBBLE | i));
}

static void one_round(uint32_t first, uint32_t every, uint32_t files, const int32_t *numbers) {
    uint32_t *mapped[FILES];

    for (uint32_t n = 0; n < files; n++)
        mapped[n] = map_file(numbers[n]);
    for (uint32_t n = 0; n < files; n++)
        check(mapped[n], n);
    for (uint32_t n = first; n < files; n += every)
        write(mapped[n], n);
    for (uint32_t n = 0; n < files; n++)
        expect(sys_unmap(mapped[n], bytes_mapped(n)) == 0);
}

static void check_privacy(int32_t number) {
    uint32_t *file = map_file(number);

    check(file, 0);
    if (sys_fork() == 0) {
        write(file, 0);
        check(map_file(number), 0);
        sys_exit(OUTCOME_success);
    }
    wait_expecting(OUTCOME_success);
    check(file, 0);
    expect(sys_map_file(NULL, -1, PROTECTION_read) == -ERROR_no_entry);
    expect(sys_file("no such file") == -ERROR_no_entry);
}

int32_t program_main(const char *arguments) {
    uint32_t files = option_number(arguments, "files", FILES);
    uint32_t every = option_number(arguments, "every", 4);
    uint32_t rounds = option_number(arguments, "rounds", 16);
    struct counters before, after;
    int32_t numbers[FILES];

    if (files == 0 || files > FILES || every == 0) {
        print("error: map-files needs files=1..%u and every=1..\n", FILES);
        return OUTCOME_error;
    }
    for (uint32_t n = 0; n < files; n++)
        numbers[n] = number_of(n);
    sys_counters(&before);
    for (uint32_t round = 0; round < rounds; round++)
        one_round(round % every, every, files, numbers);
    sys_counters(&after);
    check_privacy(numbers[0]);
    expect(after.file_maps - before.file_maps >= rounds * files);
    print("map-files: %u rounds of %u files, %u pages shared, %u copied\n", rounds, files, after.file_maps - before.file_maps,
          after.copies - before.copies);
    return OUTCOME_success;
}
