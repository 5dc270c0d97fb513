/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* C++20 coroutines: frames on the heap, resumed from elsewhere than where they were started. */
#include <coroutine>
#include <cstdio>
#include <exception>
#include <utility>

#define KEEP __attribute__((noinline))

namespace
{

struct generator {
	struct promise_type {
		int value = 0;
		generator get_return_object()
		{
			return generator{std::coroutine_handle<promise_type>::from_promise(*this)};
		}
		std::suspend_always initial_suspend()
		{
			return {};
		}
		std::suspend_always final_suspend() noexcept
		{
			return {};
		}
		std::suspend_always yield_value(int next)
		{
			value = next;
			return {};
		}
		void return_void()
		{
		}
		void unhandled_exception()
		{
			std::terminate();
		}
	};

	explicit generator(std::coroutine_handle<promise_type> from) : handle(from)
	{
	}
	generator(generator &&from) noexcept : handle(std::exchange(from.handle, {}))
	{
	}
	~generator()
	{
		if (handle)
			handle.destroy();
	}
	bool next()
	{
		handle.resume();
		return !handle.done();
	}
	std::coroutine_handle<promise_type> handle;
};

KEEP char *
site_inside()
{
	return new char[32];
}

generator
count_to(int last)
{
	for (int i = 0; i < last; i++) {
		char *block = site_inside();

		__asm__ volatile("" : "+r"(block));
		co_yield i;
	}
}

KEEP int
sum_of(generator &numbers, int depth)
{
	if (depth)
		return sum_of(numbers, depth - 1) + 0;
	return numbers.next() ? numbers.handle.promise().value : 0;
}

} // namespace

int
main()
{
	int sum = 0;

	for (int i = 0; i < 50; i++) {
		generator numbers = count_to(20);

		for (int k = 0; k <= 20; k++)
			sum += sum_of(numbers, k % 5);
	}
	printf("%d\n", sum);
	return 0;
}
