// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// C++20 coroutines as tasks of thag.h: a coroutine has a task of its own from its call to its end,
// whatever threads run it.
//
//	struct promise_type : thag::coroutine {
//		promise_type() : thag::coroutine(thag_task_new("fetch")) {}
//		auto initial_suspend() { return tracked(std::suspend_always{}); }
//		auto final_suspend() noexcept { return tracked(std::suspend_always{}); }
//		...
//	};
//
// Every co_await in it is tracked. A promise that has an await_transform of its own ends that with
// `return tracked(awaitable);`, and one that yields lets yield_value return tracked(...).
//
// How it works: an awaiter around each other one suspends the task when the coroutine is about to
// stop, and resumes it when it goes on. The task ends with the promise. Compiled with
// -DTHAG_DISABLE the awaiters are still there, with nothing in them.
#ifndef THAG_COROUTINE_HPP
#define THAG_COROUTINE_HPP

#include <coroutine>
#include <utility>

#include "thag.h"

namespace thag
{

class coroutine;

// The awaiter of an awaitable, as co_await finds it.
template <typename T>
decltype(auto)
awaiter_of(T &&awaitable)
{
	if constexpr (requires { std::forward<T>(awaitable).operator co_await(); })
		return std::forward<T>(awaitable).operator co_await();
	else if constexpr (requires { operator co_await(std::forward<T>(awaitable)); })
		return operator co_await(std::forward<T>(awaitable));
	else
		return std::forward<T>(awaitable);
}

template <typename Awaiter> class tracked_awaiter;

// What a promise is derived from.
class coroutine
{
      public:
	explicit coroutine(thag_task named) : task(named)
	{
	}
	~coroutine()
	{
		thag_task_end(task);
	}
	coroutine(const coroutine &) = delete;
	coroutine &operator=(const coroutine &) = delete;

	template <typename T> auto tracked(T awaitable) noexcept
	{
		return tracked_awaiter<T>(*this, std::move(awaitable));
	}
	template <typename T> auto await_transform(T &&awaitable)
	{
		using awaiter = decltype(awaiter_of(std::forward<T>(awaitable)));

		return tracked_awaiter<awaiter>(*this, awaiter_of(std::forward<T>(awaitable)));
	}

	// By the thread that runs the coroutine, which is the only one to touch it.
	__attribute__((always_inline, no_instrument_function)) void suspended() noexcept
	{
		if (running)
			thag_task_suspend(task);
		running = false;
	}
	__attribute__((always_inline, no_instrument_function)) void resumed() noexcept
	{
		if (!running)
			thag_task_resume(task);
		running = true;
	}

      private:
	thag_task task;
	bool running = false;
};

// An awaiter around another one.
template <typename Awaiter> class tracked_awaiter
{
      public:
	tracked_awaiter(coroutine &of, Awaiter &&inner)
	    : owner(of), awaiter(std::forward<Awaiter>(inner))
	{
	}
	bool await_ready() noexcept(noexcept(std::declval<Awaiter &>().await_ready()))
	{
		return awaiter.await_ready();
	}
	// Once the inner one has the handle the coroutine may go on elsewhere, or be no more.
	template <typename Promise>
	auto await_suspend(std::coroutine_handle<Promise> handle) noexcept(
		noexcept(std::declval<Awaiter &>().await_suspend(handle)))
	{
		owner.suspended();
		return awaiter.await_suspend(handle);
	}
	__attribute__((always_inline, no_instrument_function)) decltype(auto)
	await_resume() noexcept(noexcept(std::declval<Awaiter &>().await_resume()))
	{
		owner.resumed();
		return awaiter.await_resume();
	}

      private:
	coroutine &owner;
	Awaiter awaiter;
};

} // namespace thag

#endif
