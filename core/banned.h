/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that have no safe use here: using one does not compile.  Force-included into every C
 * file by the build, after the headers that declare them. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define HY_BANNED(name) name##_is_banned_see_core_banned_h
#undef alloca
#define strcpy(...) HY_BANNED(strcpy)
#define strcat(...) HY_BANNED(strcat)
#define strncpy(...) HY_BANNED(strncpy)
#define strncat(...) HY_BANNED(strncat)
#define sprintf(...) HY_BANNED(sprintf)
#define vsprintf(...) HY_BANNED(vsprintf)
#define strtok(...) HY_BANNED(strtok)
#define strtol(...) HY_BANNED(strtol)
#define atoi(...) HY_BANNED(atoi)
#define atol(...) HY_BANNED(atol)
#define gets(...) HY_BANNED(gets)
#define localtime(...) HY_BANNED(localtime)
#define gmtime(...) HY_BANNED(gmtime)
#define ctime(...) HY_BANNED(ctime)
#define mktime(...) HY_BANNED(mktime)
#define system(...) HY_BANNED(system)
#define popen(...) HY_BANNED(popen)
#define alloca(...) HY_BANNED(alloca)
