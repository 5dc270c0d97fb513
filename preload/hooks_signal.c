/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The program's own use of the signal that samples come by. Its action is remembered and called for
 * signals that are not ours; blocking the signal is left undone, and said to be done.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include "atomics.h"
#include "loader.h"
#include "sampler.h"

#define EXPORT __attribute__((visibility("default")))

/* Looked up at the first call; racing look-ups find the same. */
static void *
real_code(void **code, const char *symbol)
{
	if (!load_acquire(code))
		store_release(code, loader_find_next(symbol));
	return *code;
}

static int
real_sigaction(int number, const struct sigaction *action, struct sigaction *ret_before)
{
	static void *code;
	int (*function)(int, const struct sigaction *, struct sigaction *) = (int (*)(
		int, const struct sigaction *, struct sigaction *))real_code(&code, "sigaction");

	return function(number, action, ret_before);
}

EXPORT int
sigaction(int number, const struct sigaction *action, struct sigaction *ret_before)
{
	if (number != SAMPLER_SIGNAL || !sampler_is_on())
		return real_sigaction(number, action, ret_before);
	const struct sigaction before = sampler_swap_action(action);

	if (ret_before)
		*ret_before = before;
	return 0;
}

EXPORT sighandler_t
signal(int number, sighandler_t handler)
{
	static void *code;

	if (number != SAMPLER_SIGNAL || !sampler_is_on())
		return ((sighandler_t(*)(int, sighandler_t))real_code(&code, "signal"))(
			number, handler);
	const struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};

	return sampler_swap_action(&action).sa_handler;
}

/*
 * A signal that is pending already is not queued once more. What was pending may have been a
 * sample's, so the program's own is sent until it has come; not for ever: within a handler it may
 * not be able to.
 */
static int
send_own(int (*send)(int number), int number)
{
	enum {
		TRIES = 4
	};
	const uint32_t came = sampler_mask.came;
	int result = 0;

	for (int i = 0; i < TRIES && !result && sampler_mask.came == came; i++)
		result = send(number);
	return result;
}

EXPORT int
raise(int number)
{
	static void *code;
	int (*function)(int) = (int (*)(int))real_code(&code, "raise");

	if (number != SAMPLER_SIGNAL || !sampler_is_on())
		return function(number);
	return send_own(function, number);
}

/* ---- masks ---- */

typedef int change_mask(int how, const sigset_t *set, sigset_t *ret_before);

static int
change(change_mask *real_change, int how, const sigset_t *set, sigset_t *ret_before)
{
	const bool was_blocked = sampler_mask.blocked;
	sigset_t allowed;

	if (!sampler_is_on())
		return real_change(how, set, ret_before);
	if (set) {
		/* The caller's set is only borrowed, and may be where the old one goes. */
		const bool named = sigismember(set, SAMPLER_SIGNAL) == 1;

		allowed = *set;
		sigdelset(&allowed, SAMPLER_SIGNAL);
		if (how == SIG_SETMASK)
			sampler_mask.blocked = named;
		else if (named)
			sampler_mask.blocked = how == SIG_BLOCK;
	}
	const int result = real_change(how, set ? &allowed : NULL, ret_before);

	if (result)
		sampler_mask.blocked = was_blocked;
	else if (ret_before && was_blocked)
		sigaddset(ret_before, SAMPLER_SIGNAL);
	if (sampler_mask.pending && !sampler_mask.blocked) {
		sampler_mask.pending = false;
		raise(SAMPLER_SIGNAL);
	}
	return result;
}

EXPORT int
pthread_sigmask(int how, const sigset_t *set, sigset_t *ret_before)
{
	static void *code;

	return change((change_mask *)real_code(&code, "pthread_sigmask"), how, set, ret_before);
}

/* What is pending by the kernel's account, and what is kept here for later. */
EXPORT int
sigpending(sigset_t *ret_set)
{
	static void *code;
	const int result = ((int (*)(sigset_t *))real_code(&code, "sigpending"))(ret_set);

	if (!result && sampler_mask.pending)
		sigaddset(ret_set, SAMPLER_SIGNAL);
	return result;
}

EXPORT int
sigprocmask(int how, const sigset_t *set, sigset_t *ret_before)
{
	static void *code;

	return change((change_mask *)real_code(&code, "sigprocmask"), how, set, ret_before);
}
