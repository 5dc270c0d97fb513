/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * What of a thread's time hits and ticks stand for: a thread is played that is in user mode and in
 * the kernel in turn, with a hit each period and a tick every four milliseconds.
 */
#include "ledger.h"
#include <criterion/criterion.h>
#include "chance.h"

#define US UINT64_C(1000)
#define MS UINT64_C(1000000)

enum {
	TICK_MS = 4
};

static struct ledger ledger;
static struct ledger_account account; /* as the kernel would say */
static uint64_t user_ns, kernel_ns;   /* that samples stand for */
static uint64_t chance;
static uint64_t lost_each; /* one hit in so many is lost; 0: none */

static void
begin(uint64_t period_ns)
{
	account =
		(struct ledger_account){.whole_ns = 7 * MS, .ticks_ns = 8 * MS, .user_ns = 4 * MS};
	user_ns = kernel_ns = lost_each = 0;
	ledger_init(&ledger, period_ns, &account);
}

static void
tick(bool in_kernel, bool by_call)
{
	account.ticks_ns += TICK_MS * MS;
	account.user_ns += in_kernel ? 0 : TICK_MS * MS;
	kernel_ns += ledger_tick(&ledger, &account, in_kernel && by_call) * ledger.period_ns;
}

/* So long in one of both. */
static void
pass(uint64_t us, bool in_kernel, bool by_call)
{
	static uint64_t hits;

	for (; us; us--) {
		account.whole_ns += US;
		if (!in_kernel && account.whole_ns % ledger.period_ns == 0 &&
			!(lost_each && ++hits % lost_each == 0))
			user_ns += ledger_hit(&ledger) * ledger.period_ns;
		if (account.whole_ns % (TICK_MS * MS) == 0)
			tick(in_kernel, by_call);
	}
}

static void
expect(const char *what, uint64_t got_ns, uint64_t want_ns, uint64_t off_ns)
{
	cr_assert(got_ns + off_ns >= want_ns && got_ns <= want_ns + off_ns, "%s: %lu us of %lu",
		what, (unsigned long)(got_ns / US), (unsigned long)(want_ns / US));
}

Test(ledger, time_in_user_mode_alone_has_a_sample_a_period)
{
	begin(MS);
	pass(1000000, false, false);
	expect("user", user_ns, 1000 * MS, MS);
	cr_assert_eq(kernel_ns, 0);
}

Test(ledger, both_sides_are_told_apart_however_they_take_turns)
{
	static const uint64_t pieces_us[] = {3, 170, 1300, 5700, 61000};

	for (unsigned i = 0; i < sizeof(pieces_us) / sizeof(*pieces_us); i++) {
		uint64_t user = 0, kernel = 0;

		begin(i % 2 ? MS : MS / 10);
		while (user + kernel < 2000000) {
			/* Of any length, so that nothing keeps in step with hits and ticks. */
			const uint64_t in_user = chance_below(&chance, 2 * pieces_us[i]);
			const uint64_t in_kernel = chance_below(&chance, 6 * pieces_us[i]);

			pass(in_user, false, false);
			pass(in_kernel, true, i % 2);
			user += in_user;
			kernel += in_kernel;
		}
		/* The kernel's share is known to three deviations of so many ticks. */
		expect("user", user_ns, user * US, 110 * MS);
		expect("kernel", kernel_ns, kernel * US, 110 * MS);
		expect("both", user_ns + kernel_ns, (user + kernel) * US, 70 * MS);
	}
}

Test(ledger, a_tick_in_the_kernel_stands_for_the_time_there_since_the_last_one)
{
	begin(MS);
	pass(100000, false, false);
	pass(20000, true, true);
	expect("kernel", kernel_ns, 20 * MS, TICK_MS * MS);
	const uint64_t before = kernel_ns;

	pass(100000, false, false);
	cr_assert_eq(kernel_ns, before);
}

Test(ledger, lost_hits_are_made_up_for_and_do_not_become_kernel_time)
{
	begin(MS);
	lost_each = 10;
	for (unsigned i = 0; i < 100; i++) {
		pass(99000, false, false);
		pass(1000, true, true);
	}
	expect("user", user_ns, 9900 * MS, 150 * MS);
	expect("kernel", kernel_ns, 100 * MS, 100 * MS);
}

Test(ledger, a_hit_never_stands_for_much_more_than_a_period)
{
	begin(MS);
	lost_each = 1;
	pass(2000000, false, false);
	for (unsigned i = 0; i < 100; i++)
		user_ns += ledger_hit(&ledger) * ledger.period_ns;
	expect("user", user_ns, 125 * MS, 20 * MS);
}

Test(ledger, what_is_left_is_known)
{
	begin(MS);
	pass(100000, false, false);
	account.whole_ns += 3 * MS;
	expect("left", (uint64_t)ledger_left_ns(&ledger, &account), 3 * MS, MS);
	begin(MS);
	ledger_hit(&ledger);
	cr_assert_eq(ledger_left_ns(&ledger, &account), -(int64_t)MS);
	begin(MS);
	cr_assert_eq(ledger_left_ns(&ledger, &account), 0);
}
