/* SPDX-License-Identifier: Apache-2.0 */
/* VERIFY.txt of a package.  Its commands are run by our tests as they stand there. */
#pragma once

extern const char hy_package_verify[];
