/* SPDX-License-Identifier: Apache-2.0 */
/* The journal as it came out: whole, and every answered command in it exactly once. */
#pragma once
#include "tests/scenario/model/office.h"

struct tally {
    int entries, runs; /* lines of a command; groups of lines that follow each other */
    int64_t last;
};

static inline void tally_free(void *t)
{
    free(t);
}

static inline void count_line(struct hy_map *commands, const json_t *entry, int *opened)
{
    struct hy_str cmd = hy_json_str(entry, "cmd");
    int64_t seq = hy_json_int(entry, "seq", 0);

    *opened += hy_str_is(hy_json_str(entry, "type"), "open");
    if (cmd.n == 0)
        return;
    struct tally *t = hy_map_get(commands, cmd);
    if (t == NULL) {
        t = hy_xcalloc(1, sizeof(*t));
        hy_map_set(commands, cmd, t);
    }
    t->entries++;
    t->runs += t->last + 1 != seq || t->entries == 1;
    t->last = seq;
}

static inline struct hy_map *count_journal(const char *path, int *ret_opened)
{
    struct hy_map *commands = hy_map_new(tally_free);
    FILE *f = fopen(path, "r");
    char *line = NULL;
    size_t room = 0;

    *ret_opened = 0;
    for (ssize_t n; f && (n = getline(&line, &room, f)) > 0;) {
        struct hy_err err = HY_ERR_INIT;
        HY_CLEANUP(hy_json_freep) json_t *entry = NULL;
        assert_int_equal(hy_json_parse(hy_str_n(line, (size_t)n - 1), &entry, &err), HY_OK);
        count_line(commands, entry, ret_opened);
    }
    if (f)
        fclose(f);
    free(line);
    return commands;
}

/* Which keeper leads: its mirror is the one with Redis' head. */
static inline int leader(struct world *w)
{
    for (int tries = 0; tries < 500; tries++) {
        for (int i = 0; i < KEEPERS; i++) {
            struct hy_err err = HY_ERR_INIT;
            struct hy_head head;
            size_t count;
            if (hy_journal_verify(mirror_of(w, i), NULL, NULL, &count, &head, &err) == HY_OK &&
                (int64_t)count == ask_number(&w->p, "XLEN", "journal"))
                return i;
        }
        usleep(10000);
    }
    fail_msg("no mirror is as long as Redis' journal");
    return 0;
}

static inline void check_commands(struct world *w, int keeper)
{
    int opened;
    struct hy_map *commands = count_journal(mirror_of(w, keeper), &opened);

    if (opened != w->n)
        fail_msg("%d incidents stand in the journal, %d were opened", opened, w->n);
    for (int n = 0; n < w->n; n++)
        for (size_t a = 0; a < HY_COUNT(w->all[n].acts); a++) {
            const struct act *act = &w->all[n].acts[a];
            const struct tally *t = act->verb ? hy_map_get(commands, hy_str(act->id)) : NULL;
            if (act->ok && t == NULL)
                fail_msg("lost: %s %s, which was answered", act->verb, act->id);
            if (act->ok && t->runs != 1)
                fail_msg("done %d times: %s", t->runs, act->id);
            if (act->answered && !act->ok && t)
                fail_msg("refused and done: %s", act->id);
        }
    hy_map_free(commands);
}
