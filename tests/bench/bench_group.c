/* SPDX-License-Identifier: Apache-2.0 */
/* Grouping a day of a million items: place and join as the keeper does it, from traces as they come
 * out of the stream, and what is in memory afterwards.
 *
 * The items are made: pairs of characters drawn by their real frequency, a place, one item in three
 * with a text of two hundred characters, two in five a reprint.  The peer is what NUMBERS.md calls
 * the limit of doing it plainly: one SimHash a text and a popcount over all of them. */
#include "analyzer/group.h"
#include "core/clock.h"
#include "core/hash.h"
#include "core/mem.h"
#include "tests/bench/han.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    ITEMS = 1000000,
    TITLE_PAIRS = 8,
    TEXT_PAIRS = 100,
    REPRINTS = 40, /* of a hundred */
    LONG = 33,
    PEER_ASKED = 200,
    PER_DAY_MS = 86, /* a million a day */
};

static json_t *make_trace(int64_t no)
{
    struct hy_buf title = HY_BUF_INIT(4096), text = HY_BUF_INIT(4096);
    char code[16], at[HY_TIME_SIZE];
    hy_wall when = {1795000000000 + no * PER_DAY_MS};

    add_pairs(&title, TITLE_PAIRS);
    if (roll(100) < LONG)
        add_pairs(&text, TEXT_PAIRS);
    snprintf(code, sizeof(code), "%u", 110000 + roll(3000));
    HY_CLEANUP(hy_json_freep)
    json_t *o =
        json_pack("{s:s#,s:s#,s:s,s:{s:f,s:s,s:[{s:s}]}}", "title", title.p, (int)title.n, "text",
                  text.p ? text.p : "", (int)text.n, "published", hy_wall_format(when, HY_CST, at),
                  "score", "emergency", (double)roll(100), "alert", "list", "places", "code", code);
    hy_buf_release(&title);
    hy_buf_release(&text);
    return hy_trace_of(o);
}

static void figure(const char *metric, double value, const char *unit, const char *peer,
                   double peer_value)
{
    printf("{\"bench\":\"group\",\"metric\":\"%s\",\"value\":%.6g,\"unit\":\"%s\",\"peer\":\"%s\","
           "\"peer_value\":%.6g,\"ratio\":%.4g}\n",
           metric, value, unit, peer, peer_value, peer_value > 0 ? value / peer_value : 0);
    fflush(stdout);
}

static double resident_mb(void)
{
    FILE *f = fopen("/proc/self/statm", "re");
    long pages = 0, ignored = 0;

    if (f == NULL || fscanf(f, "%ld %ld", &ignored, &pages) != 2)
        pages = 0;
    if (f)
        fclose(f);
    return (double)pages * 4096 / 1e6;
}

/* Processor time: what else runs on the machine does not count. */
static double cpu_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Texts a second of the plain way, with as many hashes in memory. */
static double peer_rate(size_t n)
{
    uint64_t *hashes = hy_xmalloc(n * sizeof(*hashes));
    volatile size_t near = 0;

    for (size_t i = 0; i < n; i++)
        hashes[i] = (uint64_t)roll(UINT32_MAX) << 32 | roll(UINT32_MAX);
    double from = cpu_seconds();
    for (int asked = 0; asked < PEER_ASKED; asked++)
        for (size_t i = 0; i < n; i++)
            near += __builtin_popcountll(hashes[i] ^ hashes[(size_t)asked]) <= 3;
    double took = cpu_seconds() - from;
    free(hashes);
    (void)near;
    return PEER_ASKED / took;
}

static double place_and_join(struct hy_group *g, int64_t no, const json_t *t, size_t *ret_reprints)
{
    char incident[32], id[32];
    double from = cpu_seconds();
    struct hy_group_verdict v = hy_group_place(g, t, HY_WALL_NONE);

    *ret_reprints += v.reprint_of != NULL;
    snprintf(id, sizeof(id), "%lld", (long long)no);
    snprintf(incident, sizeof(incident), "%s", v.incident ? v.incident : id);
    hy_group_join(g, incident, id, t);
    return cpu_seconds() - from;
}

int main(void)
{
    hy_hash_init();
    double base = resident_mb(), took = 0, peer = peer_rate(ITEMS);
    struct hy_group *g = hy_group_new(NULL);
    size_t reprints = 0;
    json_t *last = NULL;

    for (int64_t i = 0; i < ITEMS; i++) {
        if (last == NULL || roll(100) >= REPRINTS) {
            json_decref(last);
            last = make_trace(i);
        }
        took += place_and_join(g, i, last, &reprints);
    }
    json_decref(last);
    figure("items_s", ITEMS / took, "1/s", "popcount over 1 M SimHashes", peer);
    figure("bytes_per_item", (double)hy_group_bytes(g) / ITEMS, "B", "", 0);
    figure("in_memory", (double)hy_group_bytes(g) / 1e6, "MB", "budget",
           (double)HY_GROUP_BUDGET / 1e6);
    figure("resident", resident_mb() - base, "MB", "", 0);
    figure("reprints", (double)reprints / ITEMS, "share", "made", REPRINTS / 100.0);
    hy_group_free(g);
    return 0;
}
