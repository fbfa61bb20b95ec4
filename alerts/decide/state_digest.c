/* SPDX-License-Identifier: Apache-2.0 */
/* What the state is, in one number that everybody who folded the same journal comes to.  Each dossier
 * remembers its own sum until it changes, so stating it again costs what has changed since. */
#include "alerts/decide/state_parts.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

enum {
    THREADS_MAX = 8,
    THREADS_FROM = 2000, /* dossiers: some milliseconds of hashing */
};

static void sum_up(struct hy_state *s, struct hy_dossier *d)
{
    struct hy_hasher h;
    char head[48];

    if (d->sum_known)
        return;
    hy_dossier_write(s, d);
    hy_hasher_init(&h);
    snprintf(head, sizeof(head), "%u %d %zu\n", d->kind, d->open, d->items.n);
    hy_hasher_add(&h, hy_str(head));
    for (size_t i = 0; i < d->items.n; i++) {
        hy_hasher_add(&h, hy_str(d->items.v[i]));
        hy_hasher_add(&h, HY_STR("\n"));
    }
    hy_hasher_add(&h, d->text);
    hy_hasher_end(&h, d->sum);
    d->sum_known = true;
}

/* A loaded snapshot is half a gigabyte to be hashed; all processors do it while nobody else has
 * anything of the state in hand.  Only cold documents: their text is there. */
struct share {
    struct hy_state *s;
    size_t from, to;
    pthread_t thread;
};

static void *sum_share(void *user)
{
    struct share *w = user;

    for (size_t i = w->from; i < w->to; i++)
        if (w->s->order.v[i]->doc == NULL)
            sum_up(w->s, w->s->order.v[i]);
    return NULL;
}

static void sum_cold(struct hy_state *s)
{
    struct share shares[THREADS_MAX];
    size_t cores = (size_t)HY_MAX(sysconf(_SC_NPROCESSORS_ONLN), 1L), unknown = 0, begun = 1;
    size_t n = HY_MIN(cores, (size_t)THREADS_MAX);

    for (size_t i = 0; i < s->order.n; i++)
        unknown += !s->order.v[i]->sum_known;
    if (n < 2 || unknown < THREADS_FROM)
        return;
    for (size_t i = 0; i < n; i++)
        shares[i] =
            (struct share){.s = s, .from = s->order.n * i / n, .to = s->order.n * (i + 1) / n};
    for (; begun < n; begun++)
        if (pthread_create(&shares[begun].thread, NULL, sum_share, &shares[begun]) != 0)
            break; /* what is left out is summed up by the caller */
    sum_share(&shares[0]);
    for (size_t i = 1; i < begun; i++)
        pthread_join(shares[i].thread, NULL);
}

const char *hy_state_digest(struct hy_state *s, char out[HY_DIGEST_HEX])
{
    unsigned char sum[HY_BLAKE2B];
    struct hy_hasher h;

    sum_cold(s);
    hy_hasher_init(&h);
    for (size_t i = 0; i < s->order.n; i++) {
        struct hy_dossier *d = s->order.v[i];
        sum_up(s, d);
        hy_hasher_add(&h, hy_str(d->id));
        hy_hasher_add(&h, HY_STR("\n"));
        hy_hasher_add(&h, hy_str_n((const char *)d->sum, sizeof(d->sum)));
    }
    hy_hasher_end(&h, sum);
    return hy_hex(sum, sizeof(sum), out);
}
