/* SPDX-License-Identifier: Apache-2.0 */
/* A report as PDF, printed by a program of the machine: Chromium or Chrome, else WeasyPrint.
 *
 * None of them is a part of huiying: a server without any still makes the HTML.  The program runs
 * in a directory of its own that is gone afterwards, gets nothing but our page (no scripts, no
 * addresses to load) and a minute's time. */
#pragma once
#include "core/buf.h"

/* Appends the PDF of `html`.  HY_E_STATE: no such program, or it failed; the text says what to do.
 */
HY_MUST_CHECK int hy_pdf_print(struct hy_str html, struct hy_buf *pdf, struct hy_err *err);
