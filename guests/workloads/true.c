/* true - a program that succeeds at once; lmbench and build run it. */
#include "guests/workloads/lib/program.h"

int32_t program_main(const char *arguments) {
    (void)arguments;
    return OUTCOME_success;
}
