/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What a machine is, as far as it changes times: two measurements are compared by anything but
 * exact metrics only where all of this is the same.
 */
#ifndef THAG_GATE_FINGERPRINT_H
#define THAG_GATE_FINGERPRINT_H

#include <jansson.h>

/* {"cpu": ..., "microcode": ..., "cpus": ..., "kernel": ..., "libc": ..., "thag": ...} of this
 * machine; json_decref() it. */
json_t *fingerprint_here(void);

/* "cpu: A here, B there; ...", the caller's; NULL where the two are the same machine. */
char *fingerprint_difference(const json_t *there, const json_t *here);

#endif
