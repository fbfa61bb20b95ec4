/* SPDX-License-Identifier: Apache-2.0 */
/* When snapshots are taken, and by whom: a child that has the state as it was when it was forked,
 * so that the keeper stands still for the fork only (some milliseconds per gigabyte). */
#include "alerts/keep/keep.h"

#include "core/log.h"
#include "core/mem.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NICE = 10 };

static bool is_open(struct hy_str incident, void *state)
{
    return hy_state_is_open(state, incident);
}

/* The child: nothing of the parent but its memory. */
static void write_and_exit(struct hy_keep *k, const char *mirror, const struct hy_snapshot_at *at,
                           pid_t parent)
{
    struct hy_err err = HY_ERR_INIT;
    int64_t base = hy_snapshot_base(mirror, k->snapshot_seq);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    close_range(3, UINT_MAX, 0); /* above all the mirror: its lock must die with the parent */
    if (nice(NICE) < 0)
        errno = 0;
    if (hy_snapshot_write(mirror, k->office, at, base, k->state, k->regroup, &err) < 0) {
        hy_log(HY_ERROR, "snapshot_failed", HY_KVN("seq", at->head.seq), HY_KV("err", err.msg));
        _exit(1);
    }
    hy_snapshot_prune(mirror, at->head.seq, k->snapshot_seq);
    hy_log(HY_INFO, "snapshot", HY_KVN("seq", at->head.seq), HY_KVN("base", base));
    _exit(0);
}

static void start_writer(struct hy_keep *k)
{
    struct hy_snapshot_at at = {hy_mirror_head(k->mirror), hy_mirror_end(k->mirror)};
    pid_t parent = getpid();

    hy_regroup_trim(k->regroup, is_open, k->state);
    k->writer = fork();
    if (k->writer == 0)
        write_and_exit(k, hy_mirror_path(k->mirror), &at, parent);
    if (k->writer < 0) {
        k->writer = 0;
        hy_log(HY_ERROR, "snapshot_failed", HY_KV("err", "cannot fork"));
        return;
    }
    k->writing_seq = at.head.seq;
}

void hy_keep_reap(struct hy_keep *k)
{
    int status;

    if (k->writer == 0 || waitpid(k->writer, &status, WNOHANG) != k->writer)
        return;
    k->writer = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        k->snapshot_seq = k->writing_seq;
}

static bool is_time(const struct hy_keep *k)
{
    return k->snapshot_every > 0 && k->writer == 0 &&
           k->state->head.seq - HY_MAX(k->snapshot_seq, k->writing_seq) >= k->snapshot_every;
}

int hy_keep_snapshot(struct hy_keep *k, struct hy_err *err)
{
    char digest[HY_DIGEST_HEX];
    struct hy_turn t;
    json_t *args;

    if (!is_time(k))
        return HY_OK;
    args = json_object();
    hy_json_set_str(args, "digest", hy_str(hy_state_digest(k->state, digest)));
    hy_json_set_int(args, "documents", (int64_t)hy_state_count(k->state));
    hy_turn_begin(&t, k);
    hy_decide_keeper(&t.d, "state", args);
    int rc = hy_turn_commit(&t, err);
    hy_turn_end(&t);
    if (rc == HY_OK)
        start_writer(k);
    return rc;
}

void hy_keep_stated(struct hy_keep *k, const json_t *entry)
{
    char digest[HY_DIGEST_HEX];

    if (!hy_snapshot_is_stated(entry, hy_state_digest(k->state, digest)))
        hy_log(HY_ERROR, "state_differs_from_leader", HY_KVN("seq", k->state->head.seq),
               HY_KV("digest", digest));
    else if (is_time(k))
        start_writer(k);
}
