/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What --version prints: the version, and below it how this thag was built. */
#ifndef THAG_CLI_VERSION_H
#define THAG_CLI_VERSION_H

void version_print(void);

#endif
