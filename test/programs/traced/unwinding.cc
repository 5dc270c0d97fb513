// SPDX-License-Identifier: Apache-2.0 OR MIT
// C++: frames that exceptions and cancellation leave, and coroutines.
#include <coroutine>
#include <cstdlib>
#include <exception>
#include <pthread.h>
#include <semaphore.h>
#include <stdexcept>
#include <unistd.h>
#include "traced.h"

static volatile int sink;

KEEP static void
leaf()
{
	sink = sink + 1;
	END;
}

KEEP static void
other()
{
	sink = sink + 2;
	END;
}

struct guard {
	KEEP guard()
	{
		END;
	}
	KEEP ~guard()
	{
		leaf();
		END;
	}
};

/* ---- exceptions ---- */

KEEP static void
throw_3(int value)
{
	leaf();
	throw std::runtime_error("3");
}

KEEP static void
throw_2(int value)
{
	throw_3(value);
	END;
}

KEEP static void
throw_1(int value)
{
	throw_2(value);
	END;
}

KEEP static void
catching(int value)
{
	try {
		throw_1(value);
	} catch (const std::exception &) {
		leaf();
	}
	other();
}

static void
exceptions()
{
	for (int i = 0; i < 100; i++)
		catching(i);
	leaf();
}

/* The guard's frame is larger than those below it: its destructor runs where they were. */
KEEP static void
guarded_2()
{
	guard mine;

	throw_1(1);
	END;
}

KEEP static void
guarded_1()
{
	guard first, second;

	guarded_2();
	END;
}

static void
guards()
{
	for (int i = 0; i < 100; i++) {
		try {
			guarded_1();
		} catch (...) {
			other();
		}
	}
	leaf();
}

KEEP static void
rethrowing()
{
	try {
		throw_1(1);
	} catch (...) {
		other();
		throw;
	}
}

static void
rethrows()
{
	for (int i = 0; i < 100; i++) {
		try {
			rethrowing();
		} catch (...) {
			leaf();
		}
	}
}

/* Thrown and caught inside one recursive function. */
KEEP static int
descend(int depth)
{
	if (!depth)
		throw depth;
	if (depth != 5)
		return descend(depth - 1) + 1;
	try {
		return descend(depth - 1);
	} catch (int) {
	}
	return 0;
}

static void
recursion()
{
	for (int i = 0; i < 100; i++)
		sink = descend(8);
	leaf();
}

KEEP static void
throw_now()
{
	throw 1;
}

/* Both are called from one place, and the first has no exit. */
static void
loop()
{
	static void (*const volatile functions[2])() = {throw_now, other};

	for (int i = 0; i < 200; i++) {
		try {
			functions[i % 2]();
		} catch (int) {
		}
	}
	leaf();
}

struct part {
	KEEP explicit part(bool fails)
	{
		if (fails)
			throw 1;
	}
	KEEP ~part()
	{
		leaf();
	}
};

struct whole {
	part first{false}, second{true};

	KEEP whole()
	try {
		END;
	} catch (int) {
		other();
	}
};

KEEP static void
make_whole()
{
	whole one;

	END;
}

static void
constructors()
{
	for (int i = 0; i < 100; i++) {
		try {
			make_whole();
		} catch (int) {
			leaf();
		}
	}
}

/* ---- threads ---- */

static sem_t waiting;

KEEP static void
wait_2(bool by_itself)
{
	leaf();
	if (by_itself)
		pthread_exit(nullptr);
	sem_post(&waiting);
	for (;;)
		pause();
}

KEEP static void
wait_1(bool by_itself)
{
	guard mine;

	wait_2(by_itself);
	END;
}

static void *
thread(void *argument)
{
	guard mine;

	wait_1(argument != nullptr);
	return nullptr;
}

KEEP static void
end_threads(bool by_themselves)
{
	pthread_t threads[10];

	for (pthread_t &one : threads)
		pthread_create(&one, nullptr, thread, by_themselves ? threads : nullptr);
	if (!by_themselves) {
		for (int i = 0; i < 10; i++)
			sem_wait(&waiting);
		for (const pthread_t &one : threads)
			pthread_cancel(one);
	}
	for (const pthread_t &one : threads)
		pthread_join(one, nullptr);
}

static void
cancelled()
{
	end_threads(false);
}

static void
exiting()
{
	end_threads(true);
}

/* ---- coroutines ---- */

struct task {
	struct promise_type {
		UNTRACED task get_return_object()
		{
			return {std::coroutine_handle<promise_type>::from_promise(*this)};
		}
		UNTRACED std::suspend_always initial_suspend()
		{
			return {};
		}
		UNTRACED std::suspend_always final_suspend() noexcept
		{
			return {};
		}
		UNTRACED std::suspend_always yield_value(int)
		{
			return {};
		}
		UNTRACED void return_void()
		{
		}
		UNTRACED void unhandled_exception()
		{
			std::terminate();
		}
	};
	std::coroutine_handle<promise_type> handle;
};

KEEP static task
count_to(int limit)
{
	for (int i = 0; i < limit; i++) {
		leaf();
		co_yield i;
		other();
	}
}

KEEP static void
drive(task &one)
{
	one.handle.resume();
	END;
}

static void
coroutines()
{
	for (int round = 0; round < 10; round++) {
		task first = count_to(5), second = count_to(5);

		while (!first.handle.done()) {
			drive(first);
			drive(second);
			leaf();
		}
		first.handle.destroy();
		second.handle.destroy();
	}
	other();
}

int
main(int, char **arguments)
{
	static const traced_case cases[] = {
		{"exceptions", exceptions},
		{"guards", guards},
		{"rethrows", rethrows},
		{"recursion", recursion},
		{"loop", loop},
		{"constructors", constructors},
		{"cancelled", cancelled},
		{"exiting", exiting},
		{"coroutines", coroutines},
		{nullptr, nullptr},
	};

	return run_traced(cases, arguments);
}
