/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The commands of the program `thag`. Each is called like a main(): arguments[0] is its name as the
 * user should read it in messages ("thag-run", "thag report"); the result is the exit status.
 */
#ifndef THAG_CLI_COMMAND_H
#define THAG_CLI_COMMAND_H

struct command {
	const char *name; /* as in "thag run" and "thag-run" */
	int (*run)(int count, char **arguments);
	const char *help; /* one line */
};

int run_main(int count, char **arguments);
int flamegraph_main(int count, char **arguments);
int replay_main(int count, char **arguments);
int flamechart_main(int count, char **arguments);
int html_main(int count, char **arguments);
int instrument_main(int count, char **arguments);
int doctor_main(int count, char **arguments);
int collect_main(int count, char **arguments);

#endif
