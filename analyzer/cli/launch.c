/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See launch.h. */
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

static const int forwarded[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};

/* What is to be put back in the program and after it. */
struct dispositions {
	struct sigaction forwarded[G_N_ELEMENTS(forwarded)];
	struct sigaction child;
	sigset_t mask;
};

/* Written with `forwarded` blocked; read by the handler alone. */
static volatile pid_t program;

static void
forward(int number, siginfo_t *info, void *context)
{
	const int saved_errno = errno;

	/* What the kernel sends, a terminal's interrupt say, it sends to the whole group. */
	if (program > 0 && info->si_code <= 0)
		kill(program, number);
	errno = saved_errno;
}

/*
 * Takes over the signals to forward, and blocks them. One that is ignored stays ignored. SIGCHLD
 * must not be: the kernel would throw the status away.
 */
static void
take_signals(struct dispositions *ret_before)
{
	struct sigaction action = {.sa_sigaction = forward, .sa_flags = SA_SIGINFO | SA_RESTART};
	const struct sigaction plain = {.sa_handler = SIG_DFL};
	sigset_t block;

	sigemptyset(&block);
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < G_N_ELEMENTS(forwarded); i++)
		sigaddset(&block, forwarded[i]);
	sigprocmask(SIG_BLOCK, &block, &ret_before->mask);
	for (size_t i = 0; i < G_N_ELEMENTS(forwarded); i++) {
		sigaction(forwarded[i], NULL, &ret_before->forwarded[i]);
		if (ret_before->forwarded[i].sa_handler != SIG_IGN)
			sigaction(forwarded[i], &action, NULL);
	}
	sigaction(SIGCHLD, &plain, &ret_before->child);
}

static void
restore_signals(const struct dispositions *before)
{
	for (size_t i = 0; i < G_N_ELEMENTS(forwarded); i++)
		sigaction(forwarded[i], &before->forwarded[i], NULL);
	sigaction(SIGCHLD, &before->child, NULL);
	sigprocmask(SIG_SETMASK, &before->mask, NULL);
}

/* In the child: becomes the program, or writes why not into `report_fd`. */
static void
become_program(const struct launch *launch, const struct dispositions *before, int report_fd)
{
	restore_signals(before);
	execvpe(launch->path, launch->arguments, launch->environment);
	const int error = errno;

	if (write(report_fd, &error, sizeof(error)) < 0)
		_exit(127);
	_exit(127);
}

/* Nothing to read: the pipe was closed by a successful exec. */
static int
read_report(int fd)
{
	int error = 0;
	ssize_t length;

	do
		length = read(fd, &error, sizeof(error));
	while (length < 0 && errno == EINTR);
	return length == sizeof(error) ? -error : 0;
}

void
launch_release_descriptors(int keep_fd)
{
	const int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null >= 0) {
		dup2(null, 0);
		dup2(null, 1);
		/* Nothing opened later may become standard error by chance. */
		if (fcntl(2, F_GETFD) < 0)
			dup2(null, 2);
	}
	if (keep_fd > 3)
		close_range(3, (unsigned)keep_fd - 1, 0);
	close_range(keep_fd >= 3 ? (unsigned)keep_fd + 1 : 3, UINT_MAX, 0);
}

static int
wait_for(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

int
launch_and_wait(const struct launch *launch, int *ret_status)
{
	struct dispositions before;
	int report[2];

	if (pipe2(report, O_CLOEXEC))
		return -errno;
	take_signals(&before);
	const pid_t pid = fork();
	int error = pid < 0 ? -errno : 0;

	if (!pid)
		become_program(launch, &before, report[1]);
	program = pid;
	sigprocmask(SIG_SETMASK, &before.mask, NULL);
	close(report[1]);
	if (!error)
		error = read_report(report[0]);
	close(report[0]);
	if (!error)
		launch_release_descriptors(launch->keep_fd);
	const int status = pid > 0 ? wait_for(pid) : 0;

	program = 0;
	restore_signals(&before);
	if (!error)
		*ret_status = status;
	return error;
}
