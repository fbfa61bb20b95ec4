/* SPDX-License-Identifier: Apache-2.0 */
/* The keeper's memory does not grow with what passes through it: the same few incidents are changed
 * thousands of times, and what the process holds afterwards is what it held before.
 *
 * HY_FLAT_ROUNDS makes it longer (./dev soak). */
#include "tests/scenario/play.h"

enum {
    INCIDENTS = 10,
    ROUNDS = 4,
    WARM = 2,  /* rounds until buffers have their size */
    EACH = 1500, /* commands of a round */
    PATIENCE_S = 120,
    GROWTH_KB = 12 * 1024, /* of the allocator; a leaked document a command would be ten times that */
};

static int64_t resident_kb(const struct keeper *k)
{
    char path[64], line[128];
    long long kb = 0;

    snprintf(path, sizeof(path), "/proc/%d/status", (int)k->pid);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(line, sizeof(line), f))
        if (sscanf(line, "VmRSS: %lld", &kb) == 1)
            break;
    fclose(f);
    return kb;
}

static void wait_until_empty(struct play *p, const char *stream)
{
    hy_mono from = hy_mono_now();

    while (ask_number(p, "XLEN", stream) > 0) {
        if (hy_mono_now().us - from.us > PATIENCE_S * INT64_C(1000000))
            fail_msg("%s is not taken", stream);
        usleep(20000);
    }
}

static void open_incidents(struct play *p)
{
    char time[HY_TIME_SIZE], text[1024];

    hy_wall_format(p->now, HY_CST, time);
    for (int n = 0; n < INCIDENTS; n++) {
        snprintf(text, sizeof(text),
                 "{\"id\":\"item%d\",\"url\":\"http://a.cn/%d\",\"source\":\"x\",\"title\":\"第%d号"
                 "事件\",\"text\":\"文字\",\"hash\":\"h%d\",\"published\":\"%s\",\"fetched\":\"%s\","
                 "\"published_precision\":\"second\",\"score\":{\"alert\":\"alert\",\"emergency\":90,"
                 "\"level\":2}}",
                 n, n, n, n, time, time);
        freeReplyObject(ASK(p, "XADD", key(p, "hits"), "*", "hit", text));
    }
    wait_until_empty(p, "hits");
}

/* Each replaces the tags of one incident: as many bytes as before. */
static void change(struct play *p, int round)
{
    char text[512];

    for (int n = 0; n < EACH; n++) {
        snprintf(text, sizeof(text),
                 "{\"id\":\"flat-%d-%d\",\"verb\":\"tag\",\"incident\":\"I20261123-%04d\",\"actor\":{"
                 "\"id\":\"lin.yue\",\"name\":\"林悦\",\"roles\":[\"duty\"]},\"args\":{\"tags\":["
                 "\"%s\"]}}",
                 round, n, 1 + n % INCIDENTS, n / INCIDENTS % 2 ? "hot_topic" : "emergency");
        freeReplyObject(ASK(p, "XADD", key(p, "cmd"), "*", "cmd", text));
    }
    wait_until_empty(p, "cmd");
}

TEST(memory_stays_flat)
{
    const char *longer = getenv("HY_FLAT_ROUNDS");
    struct play p;
    int64_t rounds = ROUNDS, before = 0, entries;

    if (longer)
        hy_str_to_i64(hy_str(longer), &rounds);
    setenv("ASAN_OPTIONS", "quarantine_size_mb=1:malloc_context_size=0", 1); /* of the keeper */
    play_begin(&p);
    open_incidents(&p);
    entries = ask_number(&p, "XLEN", "journal");
    for (int r = 0; r < rounds; r++) {
        change(&p, r);
        if (r + 1 == WARM)
            before = resident_kb(&p.keeper);
    }
    int64_t after = resident_kb(&p.keeper);
    print_message("%lld KB, after %lld commands more %lld KB\n", (long long)before,
                  (long long)(rounds - WARM) * EACH, (long long)after);
    assert_true(ask_number(&p, "XLEN", "journal") - entries >= rounds * EACH);
    assert_true(after - before < GROWTH_KB);
    play_end(&p);
}
