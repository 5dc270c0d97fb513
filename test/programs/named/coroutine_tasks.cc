// SPDX-License-Identifier: Apache-2.0 OR MIT
// C++20 coroutines as tasks by thag_coroutine.hpp: each is begun here and goes on in other threads.
#include <coroutine>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <thread>
#include <vector>
#include "thag_coroutine.hpp"

#define KEEP __attribute__((noinline))

KEEP static void
spend(std::size_t bytes)
{
	void *block = std::malloc(bytes);

	__asm__ volatile("" : "+r"(block));
	std::free(block);
}

struct fetch {
	struct promise_type : thag::coroutine {
		promise_type() : thag::coroutine(thag_task_new("fetch"))
		{
		}
		fetch get_return_object()
		{
			return fetch{std::coroutine_handle<promise_type>::from_promise(*this)};
		}
		auto initial_suspend()
		{
			return tracked(std::suspend_always{});
		}
		auto final_suspend() noexcept
		{
			return tracked(std::suspend_always{});
		}
		void return_void()
		{
		}
		void unhandled_exception()
		{
			std::terminate();
		}
	};
	std::coroutine_handle<promise_type> handle;
};

KEEP static void
receive(int bytes)
{
	spend(static_cast<std::size_t>(bytes));
}

static fetch
fetch_all(int parts)
{
	receive(16);
	for (int i = 0; i < parts; i++) {
		co_await std::suspend_always{};
		receive(32);
	}
}

KEEP static fetch
start(int parts)
{
	return fetch_all(parts);
}

int
main()
{
	std::vector<fetch> fetches;
	int steps = 0;

	for (int i = 0; i < 4; i++)
		fetches.push_back(start(i));
	for (auto &one : fetches)
		while (!one.handle.done()) {
			std::thread([&one] { one.handle.resume(); }).join();
			steps++;
		}
	spend(8);
	for (auto &one : fetches)
		one.handle.destroy();
	std::printf("%d steps\n", steps);
}
