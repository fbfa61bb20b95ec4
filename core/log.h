/* SPDX-License-Identifier: Apache-2.0 */
/* One line per event on stderr, in logfmt:
 *     ts=2026-11-23T09:12:00.123+08:00 level=warn role=crawl event=fetch_failed source=...
 * err="..."
 *
 * Values are quoted and escaped when they need it, so crawled text can never forge a line.  A
 * failure is logged once, by the role that decided what to do about it.  Where stderr is journald, the
 * level goes before the line as its priority (journalctl -p warning).
 *
 *     hy_log(HY_WARN, "fetch_failed", HY_KV("source", src->id), HY_KV("err", err.msg));
 * Keeps errno. */
#pragma once
#include "core/str.h"

enum hy_level {
    HY_ERROR, /* someone must act */
    HY_WARN,  /* we coped */
    HY_INFO,  /* life cycle */
    HY_DEBUG,
};

struct hy_kv {
    const char *key;
    struct hy_str text; /* used when `text.p` is set, else `number` */
    int64_t number;
};
#define HY_KV(k, s) ((struct hy_kv){.key = (k), .text = hy_str(s)})
#define HY_KVS(k, view) ((struct hy_kv){.key = (k), .text = (view)})
#define HY_KVN(k, n) ((struct hy_kv){.key = (k), .number = (int64_t)(n)})

void hy_log_setup(const char *role, enum hy_level level); /* level also by HUIYING_LOG=debug|... */
/* Every line ends with office=ID from now on, unless it says an office itself; kept by reference. */
void hy_log_office(const char *id);
bool hy_log_enabled(enum hy_level level);
void hy_log_write(enum hy_level level, const char *event, const struct hy_kv *kv, size_t n);

#define hy_log(level, event, ...)                                                                  \
    do {                                                                                           \
        if (hy_log_enabled(level)) {                                                               \
            const struct hy_kv hy_kv_[] = {__VA_ARGS__ __VA_OPT__(, ){0}};                         \
            hy_log_write(level, event, hy_kv_, sizeof(hy_kv_) / sizeof(hy_kv_[0]));                \
        }                                                                                          \
    } while (0)
