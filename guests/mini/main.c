/*
 * main.c - mini: a small paravirtual kernel with processes, which writes its page tables as the paging mode asks.
 *
 * Boots, starts the program init from the ramdisk and ends with init's status as the outcome. docs/guests.md describes
 * the kernel's parts, its command line and the workloads.
 */
#include "guests/lib/boot.h"
#include "guests/lib/console.h"
#include "guests/mini/fpu.h"
#include "guests/mini/frames.h"
#include "guests/mini/kernel_map.h"
#include "guests/mini/kernel_traps.h"
#include "guests/mini/machine.h"
#include "guests/mini/options.h"
#include "guests/mini/process.h"
#include "guests/mini/swap.h"

_Noreturn void guest_main(void) {
    uint32_t swap_first;

    machine_choose();
    options_read((const char *)start_info->cmd_line, start_info->nr_pages);
    kernel_traps_start();
    fpu_start();
    kernel_map_start(options.swap_frames, &swap_first);
    swap_start(swap_first, options.swap_frames);
    frames_set_limit(options.memory_limit);
    print("mini: %s, %s mode, page tables %s; %u frames, %u free, %u for swap\n", machine->name,
          machine->mode_name(machine->mode()), machine->mmu->name, (uint32_t)start_info->nr_pages, frames_free(),
          options.swap_frames);
    if (options.global_pages != 0 || options.large_pages != 0)
        print("mini: the kernel's pages: %u of 4 MiB, %s\n", kernel_large_pages, kernel_is_global ? "global" : "not global");
    machine->start_clock(process_tick);
    process_start();
}
