/* SPDX-License-Identifier: Apache-2.0 */
/* The table of embedded pages; its rows are made at build time by alerts/board/web.cmake. */
#pragma once
#include <stddef.h>

struct hy_web_file {
    const char *path, *type;
    const char *start, *end; /* gzip */
};
extern const struct hy_web_file hy_web_files[];
extern const size_t hy_web_files_n;
