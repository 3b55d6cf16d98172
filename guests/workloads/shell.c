/* shell - a program that runs another one (true) in a child and waits for it, as a shell would; lmbench runs it. */
#include "guests/workloads/lib/program.h"

int32_t program_main(const char *arguments) {
    int32_t pid = sys_fork();

    expect(pid >= 0);
    if (pid == 0) {
        sys_exec("true", arguments);
        sys_exit(OUTCOME_error);
    }
    wait_expecting(OUTCOME_success);
    return OUTCOME_success;
}
