/* SPDX-License-Identifier: Apache-2.0 */
#include "core/progress.h"

#include "core/mem.h"

#include <stdio.h>
#include <unistd.h>

enum { BAR = 30, EVERY_US = 200000 };

struct hy_progress hy_progress_new(const char *what, size_t total)
{
    return (struct hy_progress){.what = what, .total = total, .on = isatty(STDERR_FILENO)};
}

const char *hy_progress_text(const struct hy_progress *p, char out[HY_PROGRESS_SIZE])
{
    char bar[BAR + 1];
    double part = p->total ? (double)HY_MIN(p->done, p->total) / (double)p->total : 1;

    for (int i = 0; i < BAR; i++)
        bar[i] = i < (int)(part * BAR) ? '#' : '.';
    bar[BAR] = '\0';
    snprintf(out, HY_PROGRESS_SIZE, "%s [%s] %3d %%  %zu/%zu", p->what, bar, (int)(part * 100),
             p->done, p->total);
    return out;
}

static void show(struct hy_progress *p)
{
    char text[HY_PROGRESS_SIZE];

    fprintf(stderr, "\r%s", hy_progress_text(p, text));
}

void hy_progress_at(struct hy_progress *p, size_t done)
{
    hy_mono now;

    p->done = done;
    if (!p->on)
        return;
    now = hy_mono_now();
    if (now.us - p->shown.us < EVERY_US)
        return;
    p->shown = now;
    show(p);
}

void hy_progress_end(struct hy_progress *p)
{
    if (!p->on)
        return;
    show(p);
    fputc('\n', stderr);
}
