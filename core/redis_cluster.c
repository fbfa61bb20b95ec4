/* SPDX-License-Identifier: Apache-2.0 */
#include "core/redis_cluster.h"

#include "core/buf.h"
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ASK_MS = 300, NODES_MAX = 1000 };

void hy_cluster_init(struct hy_cluster *c, struct hy_redis_address *at)
{
    *c = (struct hy_cluster){.at = *at};
    *at = (struct hy_redis_address){0};
}

void hy_cluster_release(struct hy_cluster *c)
{
    for (size_t i = 0; i < c->nodes.n; i++)
        free(c->nodes.v[i].host);
    hy_vec_release(&c->nodes);
    hy_redis_address_release(&c->at);
}

/* ---- keys ---- */

/* $<n>\r\n<n bytes>\r\n off the front. */
static bool cut_bulk(struct hy_str *wire, struct hy_str *ret)
{
    struct hy_str head;
    int64_t n;

    if (!hy_str_cut(wire, '\n', &head) || head.n < 3 || head.p[0] != '$' ||
        !hy_str_to_i64(hy_str_sub(head, 1, head.n - 1), &n) || n < 0 || (size_t)n + 2 > wire->n)
        return false;
    *ret = hy_str_sub(*wire, 0, (size_t)n);
    *wire = hy_str_sub(*wire, (size_t)n + 2, wire->n);
    return true;
}

struct hy_str hy_command_key(struct hy_str wire)
{
    struct hy_str arg;

    hy_str_cut(&wire, '\n', &arg); /* *<arguments> */
    while (cut_bulk(&wire, &arg))
        if (hy_str_starts(arg, HY_STR("hy:")))
            return arg;
    return (struct hy_str){0};
}

bool hy_key_is_of_office(struct hy_str key)
{
    return hy_str_starts(key, HY_STR("hy:{"));
}

/* CRC16 of the XMODEM kind (polynomial 0x1021), as the Cluster specification has it. */
static uint16_t crc16(struct hy_str s)
{
    uint16_t crc = 0;

    for (size_t i = 0; i < s.n; i++) {
        crc ^= (uint16_t)((uint8_t)s.p[i] << 8);
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
    }
    return crc;
}

int hy_key_slot(struct hy_str key)
{
    size_t open = hy_str_find_char(key, '{', 0);
    size_t close = open == HY_NPOS ? HY_NPOS : hy_str_find_char(key, '}', open);

    if (close != HY_NPOS && close > open + 1)
        key = hy_str_sub(key, open + 1, close);
    return crc16(key) % HY_SLOTS;
}

char *hy_key_moves(struct hy_str key)
{
    size_t close = hy_str_find_char(key, '}', 0);

    return hy_xasprintf(HY_STR_FMT ":moves", HY_STR_ARG(hy_str_sub(key, 0, close + 1)));
}

/* ---- nodes ---- */

int hy_cluster_owner(const struct hy_cluster *c, int slot)
{
    return c->owner[slot] - 1;
}

static int node_of(struct hy_cluster *c, struct hy_str host, int port)
{
    for (size_t i = 0; i < c->nodes.n; i++)
        if (c->nodes.v[i].port == port && hy_str_is(host, c->nodes.v[i].host))
            return (int)i;
    if (c->nodes.n == NODES_MAX)
        return -1;
    hy_vec_push(&c->nodes, (struct hy_redis_host){hy_str_dup(host), port});
    return (int)c->nodes.n - 1;
}

static bool is_range(const redisReply *r)
{
    return r->type == REDIS_REPLY_ARRAY && r->elements >= 3 &&
           r->element[0]->type == REDIS_REPLY_INTEGER &&
           r->element[1]->type == REDIS_REPLY_INTEGER && r->element[0]->integer >= 0 &&
           r->element[1]->integer < HY_SLOTS && r->element[2]->type == REDIS_REPLY_ARRAY &&
           r->element[2]->elements >= 2 && r->element[2]->element[1]->type == REDIS_REPLY_INTEGER;
}

bool hy_cluster_learn(struct hy_cluster *c, const redisReply *slots,
                      const struct hy_redis_host *asked)
{
    if (slots == NULL || slots->type != REDIS_REPLY_ARRAY || slots->elements == 0)
        return false;
    memset(c->owner, 0, sizeof(c->owner));
    for (size_t i = 0; i < slots->elements; i++) {
        const redisReply *range = slots->element[i];
        if (!is_range(range))
            continue;
        const redisReply *host = range->element[2]->element[0];
        bool named = host->type == REDIS_REPLY_STRING && host->len > 0;
        int node = node_of(c, named ? hy_str_n(host->str, host->len) : hy_str(asked->host),
                           (int)range->element[2]->element[1]->integer);
        for (long long s = range->element[0]->integer; s <= range->element[1]->integer; s++)
            c->owner[s] = (uint16_t)(node + 1);
    }
    c->known = true;
    return true;
}

struct hy_redis_address hy_cluster_address(const struct hy_cluster *c, int node)
{
    return (struct hy_redis_address){.host = c->nodes.v[node].host,
                                     .port = c->nodes.v[node].port,
                                     .user = c->at.user,
                                     .password = c->at.password};
}

/* ---- asking ---- */

static redisReply *ask(redisContext *c, const struct hy_redis_address *at)
{
    redisReply *r = NULL;

    if (at->password && at->user)
        r = redisCommand(c, "AUTH %s %s", at->user, at->password);
    else if (at->password)
        r = redisCommand(c, "AUTH %s", at->password);
    if (at->password && (r == NULL || r->type == REDIS_REPLY_ERROR))
        return r;
    freeReplyObject(r);
    return redisCommand(c, "CLUSTER SLOTS");
}

static bool ask_one(struct hy_cluster *cluster, const struct hy_redis_host *host, char *why,
                    size_t size)
{
    const struct timeval limit = {.tv_usec = ASK_MS * 1000};
    redisContext *c = redisConnectWithTimeout(host->host, host->port, limit);
    redisReply *r = NULL;

    if (c && c->err == 0 && redisSetTimeout(c, limit) == REDIS_OK)
        r = ask(c, &cluster->at);
    bool told = hy_cluster_learn(cluster, r, host);
    if (!told)
        snprintf(why, size, "%s:%d %s", host->host, host->port,
                 c && c->err                         ? c->errstr
                 : r && r->type == REDIS_REPLY_ERROR ? r->str
                                                     : "knows of no slots");
    freeReplyObject(r);
    if (c)
        redisFree(c);
    return told;
}

int hy_cluster_ask(struct hy_cluster *c, struct hy_err *err)
{
    size_t nodes = c->nodes.n; /* learning adds */
    char why[200] = "";

    for (size_t i = 0; i < nodes; i++) {
        struct hy_redis_host host = c->nodes.v[i]; /* the list may move while it is learnt */
        if (ask_one(c, &host, why, sizeof(why)))
            return HY_OK;
    }
    for (size_t i = 0; i < c->at.seeds.n; i++)
        if (ask_one(c, &c->at.seeds.v[i], why, sizeof(why)))
            return HY_OK;
    return hy_fail(err, HY_E_REDIS, "no node of the cluster says who has which slot: %s", why);
}

/* ---- redirections ---- */

/* "MOVED 3999 127.0.0.1:6381", "ASK 3999 127.0.0.1:6381" */
static bool parse_redirect(struct hy_str text, int64_t *ret_slot, struct hy_str *ret_host,
                           int64_t *ret_port)
{
    struct hy_str word;
    size_t colon = HY_NPOS;

    hy_str_cut(&text, ' ', &word);
    hy_str_cut(&text, ' ', &word);
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] == ':')
            colon = i; /* the last: an IPv6 address has more */
    if (colon == HY_NPOS || !hy_str_to_i64(word, ret_slot) || *ret_slot < 0 ||
        *ret_slot >= HY_SLOTS)
        return false;
    *ret_host = hy_str_sub(text, 0, colon);
    return ret_host->n && hy_str_to_i64(hy_str_sub(text, colon + 1, text.n), ret_port) &&
           *ret_port > 0 && *ret_port < 65536;
}

enum hy_redirect hy_cluster_redirect(struct hy_cluster *c, const redisReply *reply, int *ret_node)
{
    static const struct {
        const char *begins;
        enum hy_redirect what;
    } words[] = {{"MOVED ", HY_REDIRECT_MOVED},
                 {"ASK ", HY_REDIRECT_ASK},
                 {"TRYAGAIN", HY_REDIRECT_LATER},
                 {"CLUSTERDOWN", HY_REDIRECT_LATER}};
    enum hy_redirect what = HY_REDIRECT_NONE;
    int64_t slot, port;
    struct hy_str host;

    if (reply == NULL || reply->type != REDIS_REPLY_ERROR)
        return what;
    for (size_t i = 0; i < HY_COUNT(words); i++)
        if (strncmp(reply->str, words[i].begins, strlen(words[i].begins)) == 0)
            what = words[i].what;
    if (what == HY_REDIRECT_NONE || what == HY_REDIRECT_LATER)
        return what;
    if (!parse_redirect(hy_str_n(reply->str, reply->len), &slot, &host, &port))
        return HY_REDIRECT_LATER; /* a node that does not know the other's address yet */
    *ret_node = node_of(c, host, (int)port);
    if (*ret_node < 0)
        return HY_REDIRECT_LATER;
    if (what == HY_REDIRECT_MOVED)
        c->owner[slot] = (uint16_t)(*ret_node + 1);
    return what;
}
