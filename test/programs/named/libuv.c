/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * libuv: requests that wait on timers in the loop and compute in its thread pool, each a task that
 * runs on several threads.
 */
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>
#include "thag.h"

#define KEEP __attribute__((noinline))

enum {
	REQUESTS = 6
};

struct request {
	uv_timer_t timer;
	uv_work_t work;
	struct thag_task task;
	int number;
};

static struct request requests[REQUESTS];
static int done;

KEEP static void
spend(size_t bytes)
{
	void *block = malloc(bytes);

	__asm__ volatile("" : "+r"(block));
	free(block);
}

KEEP static void
compute(uv_work_t *work)
{
	struct request *request = work->data;

	thag_task_resume(request->task);
	THAG_SECTION("compute") spend(16);
	thag_task_suspend(request->task);
}

KEEP static void
on_computed(uv_work_t *work, int status)
{
	struct request *request = work->data;

	thag_task_resume(request->task);
	spend(32);
	done++;
	thag_task_end(request->task);
}

KEEP static void
on_timer(uv_timer_t *timer)
{
	struct request *request = timer->data;

	thag_task_resume(request->task);
	spend(8);
	request->work.data = request;
	/* First: a worker may go on with it before uv_queue_work() returns. */
	thag_task_suspend(request->task);
	uv_queue_work(uv_default_loop(), &request->work, compute, on_computed);
}

KEEP static void
submit(struct request *request, int number)
{
	request->task = thag_task_new("request");
	request->timer.data = request;
	uv_timer_init(uv_default_loop(), &request->timer);
	uv_timer_start(&request->timer, on_timer, (uint64_t)number, 0);
}

int
main(void)
{
	for (int i = 0; i < REQUESTS; i++)
		submit(&requests[i], i);
	uv_run(uv_default_loop(), UV_RUN_DEFAULT);
	uv_loop_close(uv_default_loop());
	printf("%d done\n", done);
	return 0;
}
