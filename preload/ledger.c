/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "ledger.h"
#include "chance.h"
#include "forbid.h"

enum {
	NS_PER_US = 1000,
	SPREAD_NS = 100000000, /* lost hits are made up for in so much user time, */
	STRETCH = 4,	       /* but none stands for more than a period and this part of it */
};

void
ledger_init(struct ledger *ledger, uint64_t period_ns, const struct ledger_account *now)
{
	*ledger = (struct ledger){
		.period_ns = period_ns,
		.start = *now,
		.tick = *now,
		.hit_ns = period_ns,
	};
}

uint64_t
ledger_hit(struct ledger *ledger)
{
	/* A fraction is a period now and then. */
	const uint64_t carried_ns = chance_below(&ledger->chance, ledger->period_ns);
	const uint64_t periods = (ledger->hit_ns + carried_ns) / ledger->period_ns;

	ledger->hits++;
	ledger->user_ns += periods * ledger->period_ns;
	return periods;
}

/* ---- time in the kernel ---- */

static uint64_t
square_root(uint64_t square)
{
	uint64_t root = square, next = (square + 1) / 2;

	while (next < root) {
		root = next;
		next = (root + square / root) / 2;
	}
	return root;
}

struct shares {
	uint64_t user_ns, kernel_ns;
};

/* A thread's time since the start, divided as the ticks were. */
static struct shares
divide(const struct ledger *ledger, uint64_t whole_ns)
{
	const uint64_t ticks_us = (ledger->tick.ticks_ns - ledger->start.ticks_ns) / NS_PER_US;
	const uint64_t user_us = (ledger->tick.user_ns - ledger->start.user_ns) / NS_PER_US;
	struct shares shares = {whole_ns, 0};

	if (ticks_us)
		shares.user_ns = whole_ns / ticks_us * user_us;
	shares.kernel_ns = whole_ns - shares.user_ns;
	return shares;
}

/* Two standard deviations. */
static uint64_t
error_ns(const struct ledger *ledger, struct shares shares)
{
	const uint64_t whole_us = (shares.user_ns + shares.kernel_ns) / NS_PER_US + 1;
	const uint64_t tick_us = whole_us / ledger->ticks + 1;
	const uint64_t user_us = shares.user_ns / NS_PER_US;
	const uint64_t kernel_us = shares.kernel_ns / NS_PER_US;
	const uint64_t less_us = (user_us < kernel_us ? user_us : kernel_us) + tick_us;
	const uint64_t more_us = user_us < kernel_us ? kernel_us : user_us;

	return 2 * NS_PER_US * square_root(less_us * tick_us / whole_us * more_us);
}

static uint64_t
kernel_time_ns(const struct ledger *ledger, uint64_t whole_ns)
{
	const struct shares shares = divide(ledger, whole_ns);
	const uint64_t most_ns = shares.kernel_ns + error_ns(ledger, shares);
	const uint64_t hits_ns = ledger->hits * ledger->period_ns;
	const uint64_t missing_ns = hits_ns < whole_ns ? whole_ns - hits_ns : 0;

	return missing_ns < most_ns ? missing_ns : most_ns;
}

/* ---- ticks ---- */

static int64_t
within(int64_t value, int64_t most)
{
	return value > most ? most : value < -most ? -most : value;
}

/* Until hits stand for all of `user_ns`. */
static void
correct_hits(struct ledger *ledger, uint64_t user_ns)
{
	const int64_t period_ns = (int64_t)ledger->period_ns;
	const int64_t lost_ns = within((int64_t)(user_ns - ledger->user_ns), SPREAD_NS);

	ledger->hit_ns = (uint64_t)(period_ns +
				    within(period_ns * lost_ns / SPREAD_NS, period_ns / STRETCH));
}

/* Of the ticks since the last time, mostly one. */
static bool
were_in_kernel(const struct ledger_account *before, const struct ledger_account *now)
{
	const uint64_t user_ns = now->user_ns - before->user_ns;

	return now->ticks_ns - before->ticks_ns > 2 * user_ns;
}

uint64_t
ledger_tick(struct ledger *ledger, const struct ledger_account *now, bool left_call)
{
	const bool in_kernel = left_call || were_in_kernel(&ledger->tick, now);
	const uint64_t whole_ns = now->whole_ns - ledger->start.whole_ns;
	uint64_t periods = 0;

	ledger->ticks++;
	ledger->tick = *now;
	const uint64_t kernel_ns = kernel_time_ns(ledger, whole_ns);

	correct_hits(ledger, whole_ns - kernel_ns);
	if (in_kernel && kernel_ns > ledger->kernel_ns)
		periods = (kernel_ns - ledger->kernel_ns) / ledger->period_ns;
	ledger->kernel_ns += periods * ledger->period_ns;
	return periods;
}

int64_t
ledger_left_ns(const struct ledger *ledger, const struct ledger_account *now)
{
	const uint64_t passed_ns = now->whole_ns - ledger->start.whole_ns;

	return (int64_t)(passed_ns - ledger->user_ns - ledger->kernel_ns);
}
