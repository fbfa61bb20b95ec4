/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of one encoding -> UTF-8.  Private to the charset module: others call hy_charset_decode().
 */
#pragma once
#include "core/buf.h"

/* `name`: a canonical name of crawler/page/charset.h.  A BOM in front is dropped. */
void hy_decode(const char *name, struct hy_str bytes, struct hy_buf *out);
/* Fill the encoding's tables and keep its iconv modules loaded for good. */
void hy_decode_load(const char *name);
