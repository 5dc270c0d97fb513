// SPDX-License-Identifier: Apache-2.0 OR MIT
// A thread pool with futures: jobs carry a task from where they are submitted to the worker that
// runs them. The last lines misuse tasks in every way.
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <thread>
#include <vector>
#include "thag.h"

#define KEEP __attribute__((noinline))

KEEP static void
spend(std::size_t bytes)
{
	void *block = std::malloc(bytes);

	__asm__ volatile("" : "+r"(block));
	std::free(block);
}

namespace
{

class pool
{
      public:
	explicit pool(int count)
	{
		for (int i = 0; i < count; i++)
			workers.emplace_back([this] { serve(); });
	}
	~pool()
	{
		{
			std::lock_guard<std::mutex> hold(lock);
			closed = true;
		}
		wake.notify_all();
		for (auto &worker : workers)
			worker.join();
	}
	template <typename F> std::future<int> submit(F function)
	{
		const thag_task task = thag_task_new("job");
		auto job = std::make_shared<std::packaged_task<int()>>(function);
		std::lock_guard<std::mutex> hold(lock);

		queue.push_back([job, task] {
			thag_task_resume(task);
			(*job)();
			thag_task_end(task);
		});
		wake.notify_one();
		return job->get_future();
	}

      private:
	void serve()
	{
		for (;;) {
			std::unique_lock<std::mutex> hold(lock);
			wake.wait(hold, [this] { return closed || !queue.empty(); });
			if (queue.empty())
				return;
			auto job = std::move(queue.front());
			queue.pop_front();
			hold.unlock();
			job();
		}
	}

	std::mutex lock;
	std::condition_variable wake;
	std::deque<std::function<void()>> queue;
	std::vector<std::thread> workers;
	bool closed = false;
};

} // namespace

KEEP static int
calculate(int number)
{
	spend(64);
	return number * number;
}

KEEP static void
submit_all(pool &workers, std::vector<std::future<int>> &results)
{
	for (int i = 0; i < 20; i++)
		results.push_back(workers.submit([i] { return calculate(i); }));
}

KEEP static void
misuse()
{
	thag_task task = thag_task_new("misused");

	thag_task_suspend(task);
	thag_task_resume(task);
	std::thread([task] { thag_task_resume(task); }).join();
	thag_task_end(task);
	thag_task_end(task);
	thag_task_resume(task);
}

int
main()
{
	int sum = 0;

	{
		pool workers(3);
		std::vector<std::future<int>> results;

		submit_all(workers, results);
		for (auto &result : results)
			sum += result.get();
	}
	misuse();
	spend(8);
	std::printf("%d\n", sum);
}
