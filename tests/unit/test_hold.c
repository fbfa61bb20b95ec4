/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/keep/hold.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/harness.h"

static char path[] = "/tmp/hy-hold-XXXXXX";

static struct hy_hold *fresh(void)
{
    snprintf(path, sizeof(path), "/tmp/hy-hold-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    return hy_hold_open(path);
}

/* What a process that dies leaves behind. */
static struct hy_hold *die(struct hy_hold *h)
{
    hy_hold_close(h);
    return hy_hold_open(path);
}

TEST(what_is_survived_is_never_blamed)
{
    struct hy_hold *h = fresh();

    for (int i = 0; i < 100; i++) {
        assert_int_equal(hy_hold_begin(h, "cmd/1-0"), 0);
        hy_hold_end(h);
        h = die(h);
    }
    hy_hold_close(h);
    unlink(path);
}

TEST(two_deaths_are_enough)
{
    struct hy_hold *h = fresh();

    assert_int_equal(hy_hold_begin(h, "hits/7-0"), 0);
    h = die(h);
    assert_int_equal(hy_hold_begin(h, "cmd/1-0"), 0); /* others in between change nothing */
    hy_hold_end(h);
    assert_int_equal(hy_hold_begin(h, "hits/7-0"), 1);
    h = die(h);
    for (int i = 0; i < 3; i++) { /* also when the setting aside could not be committed */
        assert_int_equal(hy_hold_begin(h, "hits/7-0"), HY_HOLD_DEATHS);
        hy_hold_end(h);
        h = die(h);
    }
    hy_hold_close(h);
    unlink(path);
}

TEST(a_survivor_has_no_record)
{
    struct hy_hold *h = fresh();

    assert_int_equal(hy_hold_begin(h, "cmd/1-0"), 0);
    h = die(h);
    assert_int_equal(hy_hold_begin(h, "cmd/1-0"), 1);
    hy_hold_end(h); /* somebody killed us while we held it; it was not the input */
    assert_int_equal(hy_hold_begin(h, "cmd/1-0"), 0);
    hy_hold_close(h);
    unlink(path);
}

TEST(a_damaged_file_counts_as_empty)
{
    struct hy_hold *h = fresh();

    assert_int_equal(hy_hold_begin(h, "cmd/1-0"), 0);
    hy_hold_close(h);
    int fd = open(path, O_WRONLY);
    for (off_t at = 0; at < 512; at++)
        assert_int_equal(pwrite(fd, "\xff", 1, at), 1);
    close(fd);
    h = hy_hold_open(path);
    assert_int_equal(hy_hold_begin(h, "cmd/1-0"), 0);
    hy_hold_close(h);
    unlink(path);
    h = hy_hold_open("/nonexistent/held"); /* nothing is counted, nothing fails */
    assert_int_equal(hy_hold_begin(h, "cmd/1-0"), 0);
    hy_hold_end(h);
    hy_hold_close(h);
}
