/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Named memory orders for the words that two threads or two processes share.
 *
 * A plain wrapper each, so that the order of an access is a word in the code and can be searched
 * for. Every use has its pair named beside the field it touches.
 */
#ifndef THAG_WIRE_ATOMICS_H
#define THAG_WIRE_ATOMICS_H

#define load_relaxed(p)	       __atomic_load_n(p, __ATOMIC_RELAXED)
#define load_acquire(p)	       __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define store_relaxed(p, v)    __atomic_store_n(p, v, __ATOMIC_RELAXED)
#define store_release(p, v)    __atomic_store_n(p, v, __ATOMIC_RELEASE)
#define add_relaxed(p, v)      __atomic_fetch_add(p, v, __ATOMIC_RELAXED)
#define add_release(p, v)      __atomic_fetch_add(p, v, __ATOMIC_RELEASE)
#define add_acq_rel(p, v)      __atomic_fetch_add(p, v, __ATOMIC_ACQ_REL)
#define exchange_acq_rel(p, v) __atomic_exchange_n(p, v, __ATOMIC_ACQ_REL)
#define fence_seq_cst()	       __atomic_thread_fence(__ATOMIC_SEQ_CST)

/* Strong compare-and-swap; on failure `*expected` holds what was found. */
#define cas_acq_rel(p, expected, desired)                                                          \
	__atomic_compare_exchange_n(p, expected, desired, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#endif
