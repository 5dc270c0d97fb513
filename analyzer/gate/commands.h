/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The commands of thag-gate; each is called like a main() and returns an enum gate_status. */
#ifndef THAG_GATE_COMMANDS_H
#define THAG_GATE_COMMANDS_H

int gate_run(int count, char **arguments);
int gate_check(int count, char **arguments);
int gate_accept(int count, char **arguments);
int gate_ab(int count, char **arguments);
int gate_compare(int count, char **arguments);
int gate_calibrate(int count, char **arguments);
int gate_history(int count, char **arguments);
int gate_selftest(int count, char **arguments);

#endif
