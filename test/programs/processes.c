/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Processes that make processes, and take away what they were given. */
#include "sites.h"
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

SITE(parent)
SITE(child)
SITE(image)
SITE(daemon)

extern char **environ;

static int
wait_for(pid_t child)
{
	int status = 0;

	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}

static int
image(char **arguments)
{
	site_image(300, 30);
	puts("image");
	return 4;
}

/* Fifty at once; each inherits a block and releases it, allocates, and leaks. */
static int
children(char **arguments)
{
	enum {
		CHILDREN = 50
	};
	pid_t pids[CHILDREN];
	void *inherited = use(malloc(1000));
	int sum = 0;

	site_parent(10, 10);
	for (int i = 0; i < CHILDREN; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			free(inherited);
			site_child(20, 7);
			churn_child(20, 7);
			_exit(i);
		}
	}
	for (int i = 0; i < CHILDREN; i++)
		sum += wait_for(pids[i]);
	printf("%d\n", sum);
	free(inherited);
	return 0;
}

/* Each the child of the one before. */
static int
chain(char **arguments)
{
	site_parent(1, 10);
	for (int i = 0; i < 12; i++) {
		const pid_t child = fork();

		if (child)
			return wait_for(child) + 1;
		site_child(10, 10);
	}
	return 0;
}

static int
vforked(char **arguments)
{
	site_parent(10, 10);
	for (int i = 0; i < 3; i++) {
		const pid_t child = vfork();

		if (!child) {
			execl("/proc/self/exe", "processes", "image", (char *)NULL);
			_exit(98);
		}
		printf("%d\n", wait_for(child));
		fflush(stdout);
	}
	site_parent(10, 10);
	return 0;
}

static int
spawned(char **arguments)
{
	char *const image_arguments[] = {(char[]){"processes"}, (char[]){"image"}, NULL};
	pid_t child;

	site_parent(10, 10);
	if (posix_spawn(&child, "/proc/self/exe", NULL, NULL, image_arguments, environ))
		return 97;
	printf("%d\n", wait_for(child));
	return system("exit 3") >> 8;
}

/* The environment goes before the fork, and before an exec: that image is on its own. */
static int
cleared(char **arguments)
{
	site_parent(10, 10);
	clearenv();
	const pid_t child = fork();

	if (!child) {
		site_child(10, 10);
		execl("/proc/self/exe", "processes", "image", (char *)NULL);
	}
	return wait_for(child);
}

static int
rooted(char **arguments)
{
	site_parent(10, 10);
	const pid_t child = fork();

	if (!child) {
		if (chroot(arguments[0]) || chdir("/"))
			_exit(96);
		site_child(1000, 10);
		const pid_t grandchild = fork();

		if (!grandchild) {
			site_child(1000, 10);
			_exit(0);
		}
		_exit(wait_for(grandchild));
	}
	return wait_for(child);
}

/* ---- descriptors ---- */

static void
close_all(const char *how)
{
	if (!strcmp(how, "closefrom"))
		closefrom(3);
	if (!strcmp(how, "close_range"))
		close_range(3, ~0U, 0);
	for (int fd = 3; !strcmp(how, "close") && fd < 1024; fd++)
		close(fd);
	for (int fd = 3; !strcmp(how, "dup2") && fd < 200; fd++)
		dup2(STDERR_FILENO, fd);
}

/* Whatever stands at the numbers that were closed: nothing but the program writes there. */
static int
descriptors(char **arguments)
{
	struct stat status;
	int file;

	site_parent(1000, 10);
	close_all(arguments[0]);
	file = open(arguments[1], O_RDWR | O_CREAT | O_TRUNC, 0600);
	for (int fd = 3; fd < 20; fd++)
		if (fd != file)
			dup2(file, fd);
	site_parent(200000, 10);
	if (fork() == 0) {
		site_child(1000, 10);
		_exit(0);
	}
	wait(NULL);
	if (write(file, "mine", 4) != 4 || fstat(file, &status))
		return 1;
	printf("%ld bytes\n", (long)status.st_size);
	return 0;
}

static int
daemonized(char **arguments)
{
	site_parent(10, 10);
	if (fork())
		_exit(0);
	setsid();
	site_parent(10, 10);
	if (fork())
		_exit(0);
	if (chdir("/"))
		return 1;
	close_all(arguments[0]);
	for (int fd = 0; fd < 3; fd++) {
		close(fd);
		open("/dev/null", O_RDWR);
	}
	usleep(100000);
	site_daemon(5000, 10);
	close(open(arguments[1], O_WRONLY | O_CREAT, 0600));
	return 0;
}

/* ---- limits, set by the program itself ---- */

static int
limited(char **arguments)
{
	const int which = !strcmp(arguments[0], "as")	   ? RLIMIT_AS
			  : !strcmp(arguments[0], "fsize") ? RLIMIT_FSIZE
							   : RLIMIT_NOFILE;
	const rlim_t value = strtoul(arguments[1], NULL, 10);
	const struct rlimit limit = {value, value};

	site_parent(10, 10);
	if (setrlimit(which, &limit))
		return 1;
	site_parent(100000, 10);
	const pid_t child = fork();

	if (!child) {
		site_child(1000, 10);
		execl("/proc/self/exe", "processes", "image", (char *)NULL);
		_exit(98);
	}
	printf("%d\n", wait_for(child));
	return 0;
}

int
main(int count, char **arguments)
{
	static const struct test_case cases[] = {
		{"image", image},
		{"children", children},
		{"chain", chain},
		{"vfork", vforked},
		{"spawn", spawned},
		{"clear", cleared},
		{"chroot", rooted},
		{"descriptors", descriptors},
		{"daemon", daemonized},
		{"limit", limited},
		{NULL, NULL},
	};

	return run_case(cases, arguments);
}
