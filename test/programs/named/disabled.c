/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Everything that thag.h has, for e2e/named: compiled with THAG_DISABLE it must not be there. */
#include <stddef.h>
#include "thag.h"

int parse(const char *text, size_t length);
void work(int *values, int count);
int consume(int value);

int
parse(const char *text, size_t length)
{
	THAG_PROFILED;
	int sum = 0;

	THAG_SECTION("parse")
	{
		for (size_t i = 0; i < length; i++) {
			THAG_SECTION("character")
			{
				if (text[i] == 0)
					return sum;
				sum += consume(text[i]);
			}
		}
		THAG_SECTION_TO_END("rest");
		sum += consume(sum);
	}
	thag_counter("sum", sum * 2);
	return sum;
}

void
work(int *values, int count)
{
	THAG_PROFILED_AS(THAG_TIME | THAG_MEM_DETAIL);

	thag_thread_name("worker");
	for (int i = 0; i < count; i++) {
		thag_section_begin("step");
		if (values[i] < 0)
			goto out;
		values[i] = consume(values[i] + thag_is_active());
		thag_mark("done");
		thag_section_end("step");
	}
out:
	thag_stop();
	THAG_SECTION("end") values[0] = consume(count);
	thag_start();
}

/* From here on with optimization alone: handles are variables of the program's. */

void handles(int *values, int count);

void
handles(int *values, int count)
{
	struct thag_task task = thag_task_new("task");
	struct thag_span span = thag_span_begin("span");

	thag_task_resume(task);
	work(values, count);
	thag_task_suspend(task);
	thag_task_end(task);
	thag_span_end(span);
}
