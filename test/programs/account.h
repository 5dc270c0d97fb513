/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A program that knows what it allocated: what its parts share.
 *
 *	account.c	the random walk over threads, phases and forks, and the account
 *	account_c.c	blocks by malloc and its family
 *	account_cxx.cc	blocks by operator new and its family
 *
 * Nothing here allocates but the functions whose names begin with acct_ or site_: a report that is
 * restricted to those is the account, without what libc and the loader allocate for themselves.
 */
#ifndef THAG_TEST_ACCOUNT_H
#define THAG_TEST_ACCOUNT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct block {
	void *at; /* NULL: none */
	size_t size;
	size_t alignment; /* 0: the default */
	unsigned way;	  /* how it was allocated, and so is released: below acct_ways */
	unsigned site;
	unsigned process; /* generation of forks: blocks of another one are not on the account */
	unsigned thread;
	uint64_t serial; /* of its thread's allocations */
};

/* What became of a call. */
enum outcome {
	OUTCOME_NONE,	  /* nothing happened: the call failed, or NULL was freed */
	OUTCOME_MADE,	  /* a block, in *ret_at */
	OUTCOME_RELEASED, /* the block was released and there is no new one */
	OUTCOME_MOVED,	  /* the block was released and there is a new one, in *ret_at */
};

extern const unsigned acct_ways;

/* Random numbers from a state that is never 0. */
static inline uint64_t
pick(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Sets `at` of `block` by the way that it names; OUTCOME_MADE, or OUTCOME_NONE where it failed. */
enum outcome acct_allocate(struct block *block);

/* A call that cannot succeed. Returns false where it did. */
int acct_fail(uint64_t choice, struct block *held);

/* Changes the size of a block, or of none at all; sets `at` of `block`. */
enum outcome acct_resize(struct block *block, size_t size, uint64_t choice);

/* Whether this way's blocks can be resized. */
int acct_resizes(unsigned way);

void acct_release(struct block *block, uint64_t choice);

#ifdef __cplusplus
}
#endif

#endif
