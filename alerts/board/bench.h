/* SPDX-License-Identifier: Apache-2.0 */
/* The workbench for rules: what does a text score, is an edit right, what would it have changed?
 * Each question is one or two children (child.h) over a copy of the rules (trial.h).  Few run at
 * once; the backtest is one for the whole board, and people may leave the page while it runs. */
#pragma once
#include "alerts/board/http.h"

struct hy_bench;

/* `data`: the data directory; `rules`: asked at every question, since a reload may change it. */
struct hy_bench *hy_bench_new(struct hy_loop *l, const char *data,
                              const char *(*rules)(void *user), void *user);
void hy_bench_free(struct hy_bench *b); /* whoever waits gets 503; NULL is a no-op */

/* All end the request, now or later.  `body` is borrowed. */
void hy_bench_score(struct hy_bench *b, struct hy_http_req *req, const json_t *body);
void hy_bench_check(struct hy_bench *b, struct hy_http_req *req, const json_t *body);
void hy_bench_backtest(struct hy_bench *b, struct hy_http_req *req, const json_t *body);
void hy_bench_backtest_state(struct hy_bench *b, struct hy_http_req *req);
