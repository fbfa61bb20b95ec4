/* SPDX-License-Identifier: Apache-2.0 */
/* What every reading handler of the board does: ask Redis for documents, and make JSON of replies.
 * Nobody outside alerts/board includes it. */
#pragma once
#include "alerts/board/board.h"

/* Redis did not answer, or refused: the request is ended. */
bool hy_fetch_failed(const redisReply *r, struct hy_http_req *req);
/* Whose keys are read: the subordinate the path names (`{office}`), else our own. */
const char *hy_fetch_office(struct hy_http_req *req);
/* hy:{O}:<kind>:<id> for each id, at most 5,000; `fn` gets the request. */
void hy_fetch_mget(struct hy_http_req *req, const char *kind, const json_t *ids, hy_reply_fn fn);
/* The strings of a reply parsed, or as they are; what is missing or broken is left out.  New. */
json_t *hy_fetch_documents(const redisReply *r);
json_t *hy_fetch_ids(const redisReply *r);
/* {key: list (stolen), "now"}.  New. */
json_t *hy_fetch_answer(const char *key, json_t *list);
