/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Sections in all the ways in which they begin and end; compiled as C and as C++. Each case
 * allocates known amounts inside and outside: test/e2e/named knows them.
 *
 *	sections CASE
 */
#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "thag.h"

#define KEEP __attribute__((noinline))
#define END  __asm__ volatile("")

KEEP static void
spend(size_t bytes)
{
	void *block = malloc(bytes);

	__asm__ volatile("" : "+r"(block));
	free(block);
	END;
}

/* A block that no compiler does without. */
KEEP static void *
take(size_t bytes)
{
	void *block = malloc(bytes);

	__asm__ volatile("" : "+r"(block));
	return block;
}

/* ---- ways out ---- */

KEEP static void
plain(void)
{
	THAG_SECTION("plain") spend(1);
	spend(2);
}

KEEP static int
leave_by_return(int early)
{
	THAG_SECTION("return")
	{
		spend(1);
		if (early)
			return 1;
		spend(2);
	}
	spend(4);
	return 0;
}

KEEP static void
leave_by_goto(void)
{
	THAG_SECTION("goto")
	{
		spend(1);
		goto out;
	}
out:
	spend(2);
}

KEEP static void
leave_by_break(void)
{
	for (int i = 0; i < 10; i++) {
		THAG_SECTION_TO_END("break");

		spend(1);
		if (i == 4)
			break;
	}
	spend(2);
}

static jmp_buf target;

KEEP static void
jump(int depth)
{
	THAG_SECTION("jump")
	{
		spend(1);
		if (depth)
			jump(depth - 1);
		else
			longjmp(target, 1);
	}
	END;
}

KEEP static void
leave_by_jump(void)
{
	for (volatile int i = 0; i < 3; i++) {
		THAG_SECTION("around")
		{
			if (!setjmp(target))
				jump(2);
			spend(2);
		}
		spend(4);
	}
}

static void
ways_out(void)
{
	plain();
	leave_by_return(0);
	leave_by_return(1);
	leave_by_goto();
	leave_by_break();
	leave_by_jump();
	spend(8);
}

/* ---- nested, recursive, to the end, overlapping ---- */

KEEP static void
leaf(void)
{
	THAG_SECTION("leaf") spend(1);
	spend(2);
}

KEEP static void
recurse(int depth)
{
	THAG_SECTION("recursive")
	{
		spend(1);
		if (depth > 1)
			recurse(depth - 1);
	}
	END;
}

KEEP static void
to_end(void)
{
	spend(1);
	THAG_SECTION_TO_END("to end");
	spend(2);
}

KEEP static void
overlap(void)
{
	thag_section_begin("a");
	spend(1);
	thag_section_begin("b");
	spend(2);
	thag_section_end("a");
	spend(4);
	leaf();
	thag_section_end("b");
	spend(8);
}

static void
shapes(void)
{
	THAG_SECTION("outer")
	{
		spend(1);
		THAG_SECTION("inner")
		{
			spend(2);
			leaf();
		}
		for (int i = 0; i < 1000; i++)
			leaf();
	}
	recurse(5);
	to_end();
	overlap();
	spend(4);
}

/* ---- loops: what is recognized as the same must be the same ---- */

KEEP static void
worker(void)
{
	THAG_SECTION("work") spend(1);
	END;
}

KEEP static void
one_way(void)
{
	worker();
	END;
}

KEEP static void
other_way(void)
{
	worker();
	spend(2);
}

static void
loops(void)
{
	for (int i = 0; i < 300; i++) {
		one_way();
		other_way();
		if (i % 3 == 0) {
			THAG_SECTION("third") one_way();
		}
	}
}

/* ---- functions ---- */

KEEP static void
profiled(int depth)
{
	THAG_PROFILED;

	spend(1);
	if (depth > 1)
		profiled(depth - 1);
	END;
}

/* The end of a section is the last thing that these functions do. */
KEEP static void
ends_last(void)
{
	THAG_SECTION("last") __asm__ volatile("");
}

KEEP static void
ends_pair_last(void)
{
	thag_section_begin("last pair");
	thag_section_end("last pair");
}

static void
tails(void)
{
	THAG_SECTION("around tails")
	{
		for (int i = 0; i < 10; i++) {
			ends_last();
			ends_pair_last();
		}
	}
}

/* ---- misuse ---- */

KEEP static void
never_ends(void)
{
	thag_section_begin("endless");
	spend(1);
	END;
}

static void
misuse(void)
{
	thag_section_end("never begun");
	never_ends();
	spend(2);
	for (volatile int i = 0; i < 3; i++)
		thag_section_begin("again");
	thag_section_end("again");
	thag_section_end("again");
	spend(4);
}

/* ---- marks and the like ---- */

static void *
name_thread(void *argument)
{
	pthread_setname_np(pthread_self(), "its own");
	thag_section_begin("left open");
	spend(1);
	return argument;
}

static void *
name_thread_here(void *argument)
{
	thag_thread_name("a name that is longer than the kernel would have it");
	spend(1);
	return argument;
}

static void
points(void)
{
	pthread_t thread;
	struct thag_span span = thag_span_begin("span"), other = thag_span_begin("span");

	for (int i = 0; i < 5; i++) {
		thag_mark("point");
		thag_counter("level", i / 2.0);
	}
	thag_span_end(span);
	pthread_create(&thread, NULL, name_thread, NULL);
	pthread_join(thread, NULL);
	pthread_create(&thread, NULL, name_thread_here, NULL);
	pthread_join(thread, NULL);
	thag_span_end(other);
}

/* ---- recording ---- */

static void
pauses(void)
{
	void *block = take(1000), *unseen;

	printf("%d", thag_is_active());
	thag_stop();
	printf("%d", thag_is_active());
	unseen = take(2000);
	free(block);
	plain();
	THAG_SECTION("while paused")
	{
		spend(4000);
		thag_start();
		spend(1);
	}
	printf("%d\n", thag_is_active());
	free(unseen);
	plain();
}

KEEP static void
time_only(void)
{
	THAG_PROFILED_AS(THAG_TIME);
	spend(16);
	END;
}

KEEP static void
memory_only(void)
{
	THAG_PROFILED_AS(THAG_MEM_DETAIL);
	spend(32);
	END;
}

KEEP static void
everywhere(void)
{
	THAG_PROFILED_AS(THAG_BOTH | THAG_GLOBAL);
	spend(64);
	END;
}

static void
marked(void)
{
	spend(1);
	plain();
	profiled(1);
	time_only();
	memory_only();
	spend(2);
	everywhere();
	spend(128);
}

/* ---- threads, processes, libraries ---- */

static void *
work(void *argument)
{
	for (int i = 0; i < 10000; i++)
		worker();
	return argument;
}

static void
threads(void)
{
	pthread_t thread[4];

	for (int i = 0; i < 4; i++)
		pthread_create(&thread[i], NULL, work, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
}

static void
processes(void)
{
	plain();
	thag_section_begin("forked");
	spend(4);
	const pid_t child = fork();

	spend(8);
	thag_section_end("forked");
	plain();
	if (!child)
		_exit(0);
	waitpid(child, NULL, 0);
}

static void
libraries(const char *path)
{
	for (int i = 0; i < 3; i++) {
		void *library = dlopen(path, RTLD_NOW);
		void (*run)(void (*)(size_t)) = NULL;

		if (!library)
			abort();
		*(void **)&run = dlsym(library, "run_section");
		run(spend);
		dlclose(library);
	}
}

int
main(int count, char **arguments)
{
	const char *name = count > 1 ? arguments[1] : "";
	static const struct {
		const char *name;
		void (*run)(void);
	} cases[] = {{"ways_out", ways_out}, {"shapes", shapes}, {"loops", loops}, {"tails", tails},
		{"misuse", misuse}, {"points", points}, {"pauses", pauses}, {"marked", marked},
		{"threads", threads}, {"processes", processes}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (strcmp(name, cases[i].name) == 0)
			cases[i].run();
	if (strcmp(name, "profiled") == 0)
		profiled(3);
	if (strcmp(name, "libraries") == 0 && count > 2)
		libraries(arguments[2]);
	return 0;
}
