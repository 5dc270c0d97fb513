/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What tracing a call costs on this machine, in this process: measured with the hooks themselves,
 * so that the analyzer can take it off again.
 */
#ifndef THAG_PRELOAD_CALIBRATE_H
#define THAG_PRELOAD_CALIBRATE_H

#include "writer.h"

/* Measures at the first call in a process (about a millisecond) and writes the COST record. */
void calibrate_once(struct writer *writer);

#endif
