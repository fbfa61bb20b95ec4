/* SPDX-License-Identifier: Apache-2.0 */
/* What the analyzer costs: items a second on one core, and where the time goes.
 *
 *     bench_analyze                    generated titles and texts
 *     bench_analyze TEXTS [WORDS]      TEXTS: lines that are items (JSON) or plain text, a short
 *                                      line being a title; WORDS: lines "word frequency"
 *
 * Stages are measured one by one over all items, through the functions the score calls; what
 * remains of the whole is the adding up.  Then the lexicon grows by further words, and at last one
 * process judges for 1, 100 and 3,000 made-up offices (tests/bench/analyze_offices.h). */
#include "analyzer/bodies.h"
#include "analyzer/facts.h"
#include "analyzer/lexis.h"
#include "analyzer/places.h"
#include "analyzer/score.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "rules/rules.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/analyze_offices.h"
#include "tests/bench/items.h"

enum {
    ROUNDS = 3,
    POOL = 50000,
    OFFICE_WORDS = 30,
    MANY_OFFICES = 3000,
};

/* -- stages ----------------------------------------------------------------------------------- */

struct bench {
    const struct hy_rules *rules;
    struct hy_scorer *scorer;
    struct hy_lexis *lexis;
    struct hy_arena *arena;
    struct hy_buf value, out;
    size_t seen; /* so that nothing is optimised away */
};

static void parse(struct bench *b, const struct items *list, size_t i)
{
    struct hy_err err = HY_ERR_INIT;
    struct hy_json_line line;
    struct hy_item item;

    if (hy_json_line_read(hy_str(list->line[i]), b->arena, &line, &err) < 0 ||
        hy_item_from_line(&line, b->arena, &item, &err) < 0)
        return;
    hy_json_line_release(&line);
    b->seen++;
}

static void words(struct bench *b, const struct items *list, size_t i)
{
    const struct hy_item *it = &list->item[i];

    b->seen +=
        hy_lexis_find(b->lexis, hy_str(it->title), hy_str(it->text), HY_DAY_UNKNOWN, b->arena).n;
}

static struct hy_doc doc_of(struct bench *b, const struct items *list, size_t i)
{
    return hy_doc_of(b->arena, hy_str(list->item[i].title), hy_str(list->item[i].text));
}

static void document(struct bench *b, const struct items *list, size_t i)
{
    b->seen += doc_of(b, list, i).field[HY_TITLE].n;
}

static void facts(struct bench *b, const struct items *list, size_t i)
{
    struct hy_doc doc = doc_of(b, list, i);

    b->seen += hy_facts_find(b->arena, &doc).n_mentions;
}

static void places(struct bench *b, const struct items *list, size_t i)
{
    struct hy_doc doc = doc_of(b, list, i);

    b->seen += hy_places_find(b->arena, b->rules->places, &doc).n;
}

static void bodies(struct bench *b, const struct items *list, size_t i)
{
    struct hy_doc doc = doc_of(b, list, i);
    struct hy_place_list p = {0};

    b->seen += hy_bodies_find(b->arena, &doc, &p).n;
}

static void score(struct bench *b, const struct items *list, size_t i)
{
    struct hy_score *s = hy_score_item(b->scorer, &list->item[i], b->arena);

    b->seen += s->n_hits;
}

static void score_and_write(struct bench *b, const struct items *list, size_t i)
{
    struct hy_score *s = hy_score_item(b->scorer, &list->item[i], b->arena);

    hy_buf_clear(&b->out);
    hy_score_write(s, false, &b->out);
    b->seen += b->out.n;
}

/* As `huiying score` does it: a line in, a line out. */
static void whole(struct bench *b, const struct items *list, size_t i)
{
    struct hy_err err = HY_ERR_INIT;
    struct hy_json_line line;
    struct hy_item item;

    if (hy_json_line_read(hy_str(list->line[i]), b->arena, &line, &err) < 0 ||
        hy_item_from_line(&line, b->arena, &item, &err) < 0)
        return;
    hy_buf_clear(&b->value);
    hy_score_write(hy_score_item(b->scorer, &item, b->arena), false, &b->value);
    hy_buf_clear(&b->out);
    hy_json_line_write(
        &line, &(struct hy_json_member){.key = HY_STR("score"), .json = hy_buf_view(&b->value)}, 1,
        &b->out);
    b->seen += b->out.n;
    hy_json_line_release(&line);
}

typedef void stage_fn(struct bench *b, const struct items *list, size_t i);

/* The best of some rounds, in microseconds of processor time an item. */
static double cost(struct bench *b, const struct items *list, stage_fn *stage)
{
    double best = 0;

    for (int round = 0; round < ROUNDS; round++) {
        double start = cpu_us();
        for (size_t i = 0; i < list->n; i++) {
            hy_arena_reset(b->arena);
            stage(b, list, i);
        }
        double us = (cpu_us() - start) / (double)list->n;
        best = best > 0 && best < us ? best : us;
    }
    return best;
}

static void measure_stages(struct bench *b, const char *what, const struct items *list)
{
    double doc = cost(b, list, document), all = cost(b, list, whole);
    double scored = cost(b, list, score);
    const struct {
        const char *name;
        double us;
    } stage[] = {
        {"read_json", cost(b, list, parse)},
        {"words", cost(b, list, words)},
        {"document", doc},
        {"facts", cost(b, list, facts) - doc},
        {"places", cost(b, list, places) - doc},
        {"bodies", cost(b, list, bodies) - doc},
        {"score_in_all", scored},
        {"write_json", cost(b, list, score_and_write) - scored},
    };

    for (size_t i = 0; i < HY_COUNT(stage); i++)
        print(what, stage[i].name, stage[i].us, "us", "whole", all, all / stage[i].us);
    print(what, "score_items_s", 1e6 / scored, "items/s", "goal", 300000, 1e6 / scored / 300000);
    print(what, "lines_items_s", 1e6 / all, "items/s", "goal", 300000, 1e6 / all / 300000);
    fprintf(stderr, "%s: %zu of %zu bytes, %.1f MB/s through the whole\n", what, list->n,
            list->bytes / list->n, (double)list->bytes / (double)list->n / all);
}

/* -- more words, more offices ----------------------------------------------------------------- */

static struct hy_word pool[POOL];
static size_t n_pool;

static void add_to_pool(struct hy_str w)
{
    if (n_pool < POOL)
        pool[n_pool++] = (struct hy_word){.text = hy_str_dup(w), .weight = -1};
}

static void read_pool(const char *path)
{
    struct hy_str rest, line, word;
    char *all = read_all(path, &rest.n);

    rest.p = all;
    while (hy_str_cut(&rest, '\n', &line))
        if (hy_str_cut(&line, ' ', &word) && word.n >= 6 && word.n <= 24 && draw(6) == 0)
            add_to_pool(word);
    free(all);
}

static void make_pool(void)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    while (n_pool < POOL) {
        hy_buf_clear(&b);
        for (uint32_t i = 2 + draw(3); i > 0; i--)
            put_noise(&b);
        add_to_pool(hy_buf_view(&b));
    }
    hy_buf_release(&b);
}

/* Private and shared kilobytes of this process, its share of what others map too counted once. */
static size_t resident_kb(void)
{
    char line[128];
    size_t kb = 0;
    FILE *f = fopen("/proc/self/smaps_rollup", "r");

    while (f && fgets(line, sizeof(line), f))
        if (sscanf(line, "Pss: %zu kB", &kb) == 1)
            break;
    if (f)
        fclose(f);
    return kb;
}

/* What `processes` analyzers take together beyond the rules they were forked with. */
static size_t memory_of(const struct hy_rules *rules, int processes, const char *tables)
{
    int up[2], go[2], end[2];
    size_t sum = 0, kb;

    if (pipe(up) < 0 || pipe(go) < 0 || pipe(end) < 0)
        return 0;
    for (int i = 0; i < processes; i++) {
        if (fork() > 0)
            continue;
        close(go[1]); /* closing the other ends is the signal: nobody takes another's */
        close(end[1]);
        size_t before = resident_kb();
        struct hy_scorer *s = hy_scorer_new_in(rules, tables);
        (void)!write(up[1], &before, sizeof(before)); /* all are there before anybody counts */
        (void)!read(go[0], &kb, 1);
        kb = resident_kb();
        kb -= HY_MIN(kb, before);
        (void)!write(up[1], &kb, sizeof(kb));
        (void)!read(end[0], &before, 1);
        hy_scorer_free(s);
        _exit(0);
    }
    for (int i = 0; i < processes; i++)
        (void)!read(up[0], &kb, sizeof(kb));
    close(go[1]);
    for (int i = 0; i < processes; i++)
        if (read(up[0], &kb, sizeof(kb)) == sizeof(kb))
            sum += kb;
    close(end[1]);
    while (wait(NULL) > 0)
        continue;
    close(up[0]);
    close(up[1]);
    close(go[0]);
    close(end[0]);
    return sum;
}

static void measure_memory(const struct hy_rules *rules)
{
    char dir[] = "/tmp/hy-bench-XXXXXX";
    enum { PROCESSES = 4 };

    if (mkdtemp(dir) == NULL)
        return;
    hy_scorer_free(hy_scorer_new_in(rules, dir)); /* the file is there */
    double own = (double)memory_of(rules, PROCESSES, NULL);
    double shared = (double)memory_of(rules, PROCESSES, dir);
    print("memory", "4_analyzers_3000_offices_kb", shared, "KB", "private", own, own / shared);
    DIR *d = opendir(dir);
    for (struct dirent *e; d && (e = readdir(d));)
        unlinkat(dirfd(d), e->d_name, 0);
    if (d)
        closedir(d);
    rmdir(dir);
}

/* The national rules and `groups` groups more, with words of the pool. */
static void measure_more(const struct hy_rules *national, const char *what,
                         const struct items *list, const char *metric, size_t n_groups,
                         size_t words_each, double peer)
{
    struct hy_lexicon more = *national->lexicon;
    struct hy_rules rules = *national;
    size_t n = more.groups.n;
    struct hy_word_group *g = hy_xcalloc(n + n_groups, sizeof(*g));
    struct bench b = {.rules = &rules, .arena = hy_arena_new()};

    memcpy(g, more.groups.v, n * sizeof(*g));
    for (size_t i = 0; i < n_groups; i++) {
        size_t from = draw((uint32_t)(n_pool - HY_MIN(words_each, n_pool - 1)));
        g[n + i] = (struct hy_word_group){.id = "office", .purpose = HY_PURPOSE_HELPER};
        g[n + i].words.v = pool + from;
        g[n + i].words.n = words_each;
    }
    more.groups.v = g;
    more.groups.n = n + n_groups;
    rules.lexicon = &more;
    double start = cpu_us();
    b.scorer = hy_scorer_new(&rules);
    double built = (cpu_us() - start) / 1000;
    double us = cost(&b, list, score);
    print(what, metric, 1e6 / us, "items/s", "national", peer, 1e6 / us / peer);
    fprintf(stderr, "%s_%s: compiled in %.1f ms\n", what, metric, built);
    if (n_groups == MANY_OFFICES)
        measure_memory(&rules);
    hy_scorer_free(b.scorer);
    hy_arena_free(b.arena);
    free(g);
}

static void measure(const struct hy_rules *rules, const char *what, const struct items *list)
{
    struct bench b = {.rules = rules, .arena = hy_arena_new()};

    if (list->n == 0)
        return;
    b.value = b.out = (struct hy_buf)HY_BUF_INIT(HY_BUF_UNBOUNDED);
    b.scorer = hy_scorer_new(rules);
    b.lexis = hy_lexis_new(rules->lexicon, NULL);
    measure_stages(&b, what, list);
    double peer = 1e6 / cost(&b, list, score);
    hy_lexis_free(b.lexis);
    hy_scorer_free(b.scorer);
    hy_arena_free(b.arena);
    hy_buf_release(&b.out);
    hy_buf_release(&b.value);
    measure_more(rules, what, list, "words_1k_items_s", 1, 1000, peer);
    measure_more(rules, what, list, "words_10k_items_s", 1, 10000, peer);
    measure_more(rules, what, list, "words_50k_items_s", 1, n_pool - 1, peer);
    measure_more(rules, what, list, "words_of_3000_offices_items_s", MANY_OFFICES, OFFICE_WORDS,
                 peer);
    measure_offices(rules, what, list, 1, peer);
    measure_offices(rules, what, list, 100, peer);
    measure_offices(rules, what, list, 3000, peer);
}

int main(int argc, char **argv)
{
    struct hy_rules *rules = NULL;
    struct hy_diag *d = hy_diag_new();
    struct hy_err err = HY_ERR_INIT;
    struct items titles = items_new(), texts = items_new();

    if (hy_rules_load(NULL, &rules, d, &err) < 0) {
        fprintf(stderr, "%s\n", err.msg);
        return 1;
    }
    if (argc > 1)
        read_items(argv[1], &titles, &texts);
    else
        make_items(rules->lexicon, &titles, &texts);
    if (argc > 2)
        read_pool(argv[2]);
    else
        make_pool();
    measure(rules, "titles", &titles);
    measure(rules, "texts", &texts);
    for (size_t i = 0; i < n_pool; i++)
        free(pool[i].text);
    items_free(&titles);
    items_free(&texts);
    hy_rules_free(rules);
    hy_diag_free(d);
    return 0;
}
