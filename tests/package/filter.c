/* SPDX-License-Identifier: Apache-2.0 */
/* filter LIST COMMAND...: COMMAND under the system calls whose names stand in the file LIST, one a line,
 * as systemd would run it with SystemCallFilter= (filter.sh makes the list of the unit).  Where the unit
 * answers EPERM, here the process dies by SIGSYS: a call that is forbidden must be seen, not borne. */
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static int allow_all(scmp_filter_ctx filter, FILE *list)
{
    char name[128];
    int n = 0;

    while (fgets(name, sizeof(name), list)) {
        name[strcspn(name, "\n")] = 0;
        int call = seccomp_syscall_resolve_name(name); /* of another architecture: below zero */
        if (call >= 0 && seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0) == 0)
            n++;
    }
    return n;
}

int main(int argc, char **argv)
{
    FILE *list = argc > 2 ? fopen(argv[1], "re") : NULL;
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);

    if (list == NULL || filter == NULL || allow_all(filter, list) < 100) {
        fprintf(stderr, "usage: filter LIST COMMAND..., LIST of the names of system calls\n");
        return 2;
    }
    fclose(list);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || seccomp_load(filter) < 0) {
        perror("filter");
        return 2;
    }
    execv(argv[2], argv + 2);
    perror(argv[2]);
    return 2;
}
