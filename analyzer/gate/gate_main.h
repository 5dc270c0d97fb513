/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* thag gate (thag-gate): fails a CI job when performance gets worse, and says where. */
#ifndef THAG_GATE_GATE_MAIN_H
#define THAG_GATE_GATE_MAIN_H

int gate_main(int count, char **arguments);

#endif
