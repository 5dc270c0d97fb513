// SPDX-License-Identifier: Apache-2.0 OR MIT
// Everything at once for some seconds: threads that allocate, load libraries, fork, throw and wait.
//
//	soak SECONDS
//
// Prints what failed that never may; nothing else, so that it says the same whenever it works.
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <dlfcn.h>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>
#include "traced.h"

static std::atomic<bool> over;
static std::atomic<unsigned> failures;

UNTRACED static void
check(bool good, const char *what)
{
	if (!good && failures++ < 10)
		std::printf("%s: errno %d\n", what, errno);
}

KEEP static void
leaf()
{
	END;
}

KEEP static void
allocate(unsigned round)
{
	std::vector<std::string> strings;

	for (unsigned i = 0; i < 50; i++)
		strings.emplace_back(20 + (round + i) % 200, 'x');
	leaf();
}

KEEP static void
throw_deep(unsigned depth)
{
	const std::string local(40, 'y');

	if (!depth)
		throw std::runtime_error(local);
	throw_deep(depth - 1);
	END;
}

KEEP static void
catch_deep(unsigned round)
{
	try {
		throw_deep(round % 20);
		check(false, "no exception");
	} catch (const std::runtime_error &error) {
		check(std::string(error.what()).size() == 40, "exception");
	}
}

KEEP static void
load(unsigned)
{
	void *library = dlopen(std::getenv("TRACED_LIBRARY"), RTLD_NOW);

	check(library != nullptr, "dlopen");
	if (!library)
		return;
	const auto visit = reinterpret_cast<void (*)(void (*)())>(dlsym(library, "visit"));

	check(visit != nullptr, "dlsym");
	if (visit)
		visit(leaf);
	check(dlclose(library) == 0, "dlclose");
	usleep(1000);
}

KEEP static void
fork_one(unsigned round)
{
	const pid_t child = fork();
	int status = -1;

	if (!child) {
		for (unsigned i = 0; i < 20; i++) {
			allocate(i);
			catch_deep(round);
		}
		_exit(7);
	}
	check(child > 0, "fork");
	check(waitpid(child, &status, 0) == child, "waitpid");
	check(WIFEXITED(status) && WEXITSTATUS(status) == 7, "child");
}

KEEP static void
wait_some(unsigned)
{
	int ends[2];
	char bytes[2];
	const timespec time = {0, 500000};

	check(pipe(ends) == 0, "pipe");
	pollfd one = {ends[0], POLLIN, 0};

	check(poll(&one, 1, 1) == 0, "poll");
	check(nanosleep(&time, nullptr) == 0, "nanosleep");
	check(write(ends[1], "ab", 2) == 2, "write");
	check(poll(&one, 1, 1000) == 1, "poll of something");
	check(read(ends[0], bytes, 2) == 2, "read");
	close(ends[0]);
	close(ends[1]);
}

KEEP static void
start_threads(unsigned)
{
	std::thread first(allocate, 1), second(catch_deep, 19);

	first.join();
	second.join();
}

UNTRACED static void
run(void (*function)(unsigned))
{
	for (unsigned round = 0; !over; round++)
		function(round);
}

int
main(int count, char **arguments)
{
	static void (*const functions[])(unsigned) = {
		allocate, allocate, catch_deep, load, fork_one, wait_some, start_threads};
	std::vector<std::thread> threads;

	if (count != 2)
		return 2;
	for (const auto function : functions)
		threads.emplace_back(run, function);
	for (const std::time_t end = std::time(nullptr) + std::atoi(arguments[1]);
		std::time(nullptr) < end;)
		usleep(10000);
	over = true;
	for (std::thread &thread : threads)
		thread.join();
	std::printf("%u failures\n", failures.load());
	return failures ? 1 : 0;
}
