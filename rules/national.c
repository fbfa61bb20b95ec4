/* SPDX-License-Identifier: Apache-2.0 */
/* Where the national rules are. */
#include "rules/rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define INSTALLED "/usr/share/huiying/rules/national"

bool hy_rules_is_dir(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* The directory "national" beside `dir`, in the form people write it. */
static void neighbour(const char *dir, char *buf, size_t size)
{
    struct hy_str s = hy_str(dir), base;

    while (s.n > 1 && s.p[s.n - 1] == '/')
        s.n--;
    base = s;
    while (base.n > 0 && base.p[base.n - 1] != '/')
        base.n--;
    struct hy_str last = hy_str_sub(s, base.n, s.n);
    if (hy_str_is(last, ".") || hy_str_is(last, "..") || last.n == 0)
        snprintf(buf, size, HY_STR_FMT "/../national", HY_STR_ARG(s));
    else
        snprintf(buf, size, HY_STR_FMT "national", HY_STR_ARG(base));
}

const char *hy_rules_national_dir(const char *office_dir, char *buf, size_t size)
{
    const char *set = getenv("HUIYING_NATIONAL");

    if (set) {
        snprintf(buf, size, "%s", set);
        return buf;
    }
    if (office_dir) {
        neighbour(office_dir, buf, size);
        if (hy_rules_is_dir(buf))
            return buf;
    }
    snprintf(buf, size, "%s", hy_rules_is_dir(INSTALLED) ? INSTALLED : HY_RULES_DIR "/national");
    return buf;
}
