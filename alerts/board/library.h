/* SPDX-License-Identifier: Apache-2.0 */
/* The archive as the board asks it: searches and evidence.
 *
 * A search of a million texts may take a tenth of a second, so it never runs on the loop: one
 * helper thread holds the archive open for reading and answers one question after the other.  Few
 * may wait; more are refused. */
#pragma once
#include "alerts/board/http.h"

struct hy_library;

/* `dir`: DATA/archive; need not exist yet. */
struct hy_library *hy_library_new(struct hy_loop *l, const char *dir);
/* Waits for the question that is being answered; the others get 503.  NULL is a no-op. */
void hy_library_free(struct hy_library *lib);

/* Both end the request, now or later. */
void hy_library_search(struct hy_library *lib, struct hy_http_req *req);
void hy_library_item(struct hy_library *lib, struct hy_http_req *req);
