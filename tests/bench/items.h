/* SPDX-License-Identifier: Apache-2.0 */
/* Titles and texts for the benches of the analyzer: read from a file, or made of the lexicon. */
#pragma once
#include "core/item.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "rules/lexicon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/reader.h"

enum {
    MAX_ITEMS = 60000,
    GENERATED = 20000,
    LONGEST_TITLE = 60, /* code points: a longer line is a text */
};

struct items {
    char **line; /* JSON */
    struct hy_item *item;
    size_t n, bytes;
};

static void add_item(struct items *list, const char *title, const char *text)
{
    HY_CLEANUP(hy_json_freep) json_t *o = json_pack("{s:s,s:s}", "id", "1", "title", title);
    struct hy_err err = HY_ERR_INIT;

    if (list->n == MAX_ITEMS || o == NULL)
        return;
    if (*text)
        json_object_set_new(o, "text", json_string(text));
    if (hy_item_from_json(o, &list->item[list->n], &err) < 0)
        return;
    list->line[list->n] = hy_json_text(o);
    list->bytes += strlen(title) + strlen(text);
    list->n++;
}

/* A line of TEXTS: a title of its own, or a text that is also cut to a title. */
static void add_line(struct items *titles, struct items *texts, struct hy_str line)
{
    struct hy_err err = HY_ERR_INIT;
    HY_CLEANUP(hy_json_freep) json_t *o = NULL;
    HY_CLEANUP(hy_freep) char *plain = hy_str_dup(line);

    if (line.n == 0)
        return;
    if (line.p[0] == '{' && hy_json_parse(line, &o, &err) == HY_OK) {
        const char *title = json_string_value(json_object_get(o, "title"));
        const char *text = json_string_value(json_object_get(o, "text"));
        add_item(text && *text ? texts : titles, title ? title : "", text ? text : "");
    } else if (hy_utf8_count(line) <= LONGEST_TITLE) {
        add_item(titles, plain, "");
    } else {
        add_item(texts, "", plain);
    }
}

static void read_items(const char *path, struct items *titles, struct items *texts)
{
    struct hy_str rest, line;
    char *all = read_all(path, &rest.n);

    rest.p = all;
    while (hy_str_cut(&rest, '\n', &line))
        add_line(titles, texts, line);
    free(all);
}

static void put_noise(struct hy_buf *b)
{
    uint32_t bits = draw(12), rank = (1u << bits) + draw(1u << bits);

    hy_buf_utf8(b, 0x4E00 + HY_MIN(rank, 4000u) * 5 % 20000);
}

/* Characters by the frequencies of a language; one in twelve is a word of the lexicon, a place or
 * a number, as often as in news. */
static void put_sentence(struct hy_buf *b, const struct hy_lexicon *l, size_t length)
{
    static const char *const other[] = {"北京市",  "河南省郑州市", "死亡3人",
                                        "12月5日", "，",           "市应急管理局"};

    for (size_t i = 0; i < length; i++) {
        const struct hy_word_group *g =
            (const struct hy_word_group *)l->groups.v + draw((uint32_t)l->groups.n);
        if (draw(12))
            put_noise(b);
        else if (draw(3) == 0 || g->words.n == 0)
            hy_buf_puts(b, other[draw(HY_COUNT(other))]);
        else
            hy_buf_puts(b, g->words.v[draw((uint32_t)g->words.n)].text);
    }
}

static void make_items(const struct hy_lexicon *l, struct items *titles, struct items *texts)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    for (size_t i = 0; i < GENERATED; i++) {
        bool title = i % 8 != 0;
        hy_buf_clear(&b);
        put_sentence(&b, l, title ? 10 + draw(20) : 200 + draw(800));
        hy_buf_char(&b, '\0');
        add_item(title ? titles : texts, title ? b.p : "", title ? "" : b.p);
    }
    hy_buf_release(&b);
}

static struct items items_new(void)
{
    return (struct items){.line = hy_xcalloc(MAX_ITEMS, sizeof(char *)),
                          .item = hy_xcalloc(MAX_ITEMS, sizeof(struct hy_item))};
}

static void items_free(struct items *list)
{
    for (size_t i = 0; i < list->n; i++) {
        free(list->line[i]);
        hy_item_release(&list->item[i]);
    }
    free(list->line);
    free(list->item);
}

static void print(const char *what, const char *metric, double value, const char *unit,
                  const char *peer, double peer_value, double ratio)
{
    printf("{\"bench\":\"analyze\",\"metric\":\"%s_%s\",\"value\":%.2f,\"unit\":\"%s\","
           "\"peer\":\"%s\",\"peer_value\":%.2f,\"ratio\":%.2f}\n",
           what, metric, value, unit, peer, peer_value, ratio);
    fflush(stdout);
}
