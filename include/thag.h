/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * thag.h: names of your own in a profile. Nothing here is needed to profile a program.
 *
 *	THAG_SECTION("parse") {				what runs in the block
 *		...
 *	}
 *	THAG_SECTION_TO_END("render");			from here to the end of the block
 *	thag_section_begin("load");			from here
 *	thag_section_end("load");			to here, in the same function; may overlap
 *	struct thag_span s = thag_span_begin("job");	from here
 *	thag_span_end(s);				to wherever this is: other function, thread
 *
 *	THAG_PROFILED;					first in a function: it has a row of its own
 *	THAG_PROFILED_AS(THAG_TIME);			likewise; of what is recorded inside, this
 *
 *	thag_mark("loaded");				a point in time
 *	thag_counter("queue length", n);		a value over time
 *	thag_thread_name("worker 3");
 *
 *	struct thag_task t = thag_task_new("request");	work that goes on in pieces
 *	thag_task_resume(t);				this thread works on it from here
 *	thag_task_suspend(t);				to here
 *	thag_task_end(t);
 *
 *	thag_start(), thag_stop()			record from here on, record nothing
 *	thag_is_active()				whether anything is recorded here and now
 *
 * C99 and C++11 upwards, gcc and clang. There is no library to link: the profiler is found when it
 * is loaded (thag-run), and without it each use costs a load and a branch. Compiled with
 * -DTHAG_DISABLE nothing is left of any of it.
 *
 * Names are string literals. One name in several places is one thing in the profile.
 *
 * A section ends however its block is left: return, break, goto, exception, longjmp. In C,
 * THAG_SECTION is a loop that runs once: a `break` or `continue` in its block leaves the section,
 * not a loop around it. Where that matters, THAG_SECTION_TO_END in a plain block has no such limit.
 * In C++ it is none.
 *
 * Nothing here may be used in a C function that is `inline` without being `static`, nor in a
 * constexpr function before C++23. Names that end in an underscore are not for users.
 */
#ifndef THAG_H
#define THAG_H

#include <stdint.h>

/* What THAG_PROFILED_AS() takes, joined by |. */
enum thag_options {
	THAG_TIME = 1,
	THAG_MEM_SUMMARY = 2, /* allocations as sums per call path */
	THAG_MEM_DETAIL = 4,  /* every allocation and release */
	THAG_BOTH = THAG_TIME | THAG_MEM_DETAIL,
	THAG_GLOBAL = 8, /* from here on everywhere, not in this function alone */
};

/* One piece of work, in all its parts. Zero is none: all that is done with it does nothing. */
struct thag_task {
	uint64_t id;
};

struct thag_span {
	uint64_t id;
};

#ifndef THAG_DISABLE

/* ---- what the profiler and the header agree on ---- */

enum thag_kind_ {
	THAG_KIND_SECTION_ = 1,
	THAG_KIND_PROFILED_,
	THAG_KIND_SPAN_,
	THAG_KIND_TASK_,
	THAG_KIND_MARK_,
	THAG_KIND_COUNTER_,
	THAG_KIND_END_
};

enum {
	THAG_PAIR_ = 1 << 8, /* beside thag_options: a section that somebody has to end */
	THAG_HOOKS_VERSION_ = 1
};

/* Something that has a name, at one place of the source. Lives as long as its module. */
struct thag_place_ {
	const char *name, *file, *function;
	uint32_t kind, line, options;
	uint32_t number;  /* the profiler's: by which it knows it; 0: not used yet */
	uint32_t matched; /* likewise; THAG_KIND_END_: what it ended last */
};

/* Exported by libthag.so as the object thag_hooks. Members are only ever added, at the end. */
struct thag_hooks_ {
	uint32_t version;
	void (*enter)(struct thag_place_ *place);
	void (*leave)(struct thag_place_ *place);
	void (*end)(struct thag_place_ *place);
	uint64_t (*span_begin)(struct thag_place_ *place);
	void (*span_end)(uint64_t span);
	void (*mark)(struct thag_place_ *place);
	void (*counter)(struct thag_place_ *place, double value);
	void (*thread_name)(const char *name);
	uint64_t (*task_new)(struct thag_place_ *place);
	void (*task_resume)(uint64_t task);
	void (*task_suspend)(uint64_t task);
	void (*task_end)(uint64_t task);
	void (*start)(void);
	void (*stop)(void);
	int (*is_active)(void);
};

/*
 * Always inlined, also without optimization: a hook knows its place by who calls it. And never a
 * traced call: what is here is not the program's.
 */
#define THAG_INLINE_                                                                               \
	static __inline__ __attribute__((always_inline, unused, no_instrument_function))

/*
 * The hooks, or null. By way of the global offset table whatever the code is compiled for: a
 * program that is linked at a fixed address would take a weak symbol that is not there for zero
 * once and for all.
 */
THAG_INLINE_ const struct thag_hooks_ *
thag_find_hooks_(void)
{
	const struct thag_hooks_ *hooks;

#if defined(__x86_64__) && !defined(__ILP32__)
	__asm__(".weak thag_hooks\n\tmovq thag_hooks@GOTPCREL(%%rip), %0" : "=r"(hooks));
#elif defined(__aarch64__) && !defined(__ILP32__)
	__asm__(".weak thag_hooks\n\tadrp %0, :got:thag_hooks\n\tldr %0, [%0, :got_lo12:thag_hooks]"
		: "=r"(hooks));
#else
	hooks = 0;
#endif
	return hooks;
}

#ifdef __cplusplus
#define THAG_FUNCTION_ __PRETTY_FUNCTION__
#else
#define THAG_FUNCTION_ __func__
#endif

#define THAG_PASTE_(a, b)   THAG_PASTE2_(a, b)
#define THAG_PASTE2_(a, b)  a##b
#define THAG_LIKELY_NOT_(x) __builtin_expect(!!(x), 0)

/* After the call of a hook, which has to find its caller's frame: so it is no tail call. */
#define THAG_STAYS_ __asm__ volatile("")

/* The address of this place's own description. */
#define THAG_PLACE_(kind, name, options)                                                           \
	(__extension__({                                                                           \
		static struct thag_place_ thag_place = {                                           \
			name, __FILE__, THAG_FUNCTION_, kind, __LINE__, options, 0, 0};            \
		&thag_place;                                                                       \
	}))

/* A statement: calls a hook that takes a place, where there is one. */
#define THAG_CALL_(hook, kind, name, options)                                                      \
	__extension__({                                                                            \
		const struct thag_hooks_ *thag_found = thag_find_hooks_();                         \
		if (THAG_LIKELY_NOT_(thag_found)) {                                                \
			thag_found->hook(THAG_PLACE_(kind, name, options));                        \
			THAG_STAYS_;                                                               \
		}                                                                                  \
		(void)0;                                                                           \
	})

/* ---- sections ---- */

struct thag_scope_ {
	const struct thag_hooks_ *hooks;
	struct thag_place_ *place;
	int left;
};

THAG_INLINE_ struct thag_scope_
thag_scope_enter_(struct thag_place_ *place)
{
	struct thag_scope_ scope = {thag_find_hooks_(), place, 0};

	if (THAG_LIKELY_NOT_(scope.hooks))
		scope.hooks->enter(place);
	return scope;
}

THAG_INLINE_ void
thag_scope_leave_(const struct thag_scope_ *scope)
{
	if (THAG_LIKELY_NOT_(scope->hooks)) {
		scope->hooks->leave(scope->place);
		THAG_STAYS_;
	}
}

#ifdef __cplusplus

/* False, so that it can stand in the condition of an if whose else is the block. */
class thag_section_scope_
{
      public:
	__attribute__((always_inline, no_instrument_function)) explicit thag_section_scope_(
		thag_place_ *place)
	    : scope(thag_scope_enter_(place))
	{
	}
	__attribute__((always_inline, no_instrument_function)) ~thag_section_scope_()
	{
		thag_scope_leave_(&scope);
	}
	__attribute__((always_inline, no_instrument_function)) explicit operator bool() const
	{
		return false;
	}
	thag_section_scope_(const thag_section_scope_ &) = delete;
	thag_section_scope_ &operator=(const thag_section_scope_ &) = delete;

      private:
	thag_scope_ scope;
};

#define THAG_SECTION(name)                                                                         \
	if (const thag_section_scope_ THAG_PASTE_(thag_scope_, __LINE__){                          \
		    THAG_PLACE_(THAG_KIND_SECTION_, "" name, 0)}) {                                \
	} else

#define THAG_SCOPE_(kind, name, options)                                                           \
	const thag_section_scope_ THAG_PASTE_(thag_scope_, __LINE__) __attribute__((unused))       \
	{                                                                                          \
		THAG_PLACE_(kind, name, options)                                                   \
	}

#else

#define THAG_SCOPE_(kind, name, options)                                                           \
	struct thag_scope_ THAG_PASTE_(thag_scope_, __LINE__)                                      \
		__attribute__((cleanup(thag_scope_leave_), unused)) =                              \
			thag_scope_enter_(THAG_PLACE_(kind, name, options))

#define THAG_SECTION(name)                                                                         \
	for (THAG_SCOPE_(THAG_KIND_SECTION_, "" name, 0);                                          \
		!THAG_PASTE_(thag_scope_, __LINE__).left;                                          \
		THAG_PASTE_(thag_scope_, __LINE__).left = 1)

#endif

#define THAG_SECTION_TO_END(name) THAG_SCOPE_(THAG_KIND_SECTION_, "" name, 0)

#define thag_section_begin(name) THAG_CALL_(enter, THAG_KIND_SECTION_, "" name, THAG_PAIR_)
#define thag_section_end(name)	 THAG_CALL_(end, THAG_KIND_END_, "" name, 0)

#define THAG_PROFILED		  THAG_PROFILED_AS(THAG_BOTH)
#define THAG_PROFILED_AS(options) THAG_SCOPE_(THAG_KIND_PROFILED_, THAG_FUNCTION_, options)

/* ---- spans ---- */

THAG_INLINE_ struct thag_span
thag_span_make_(uint64_t id)
{
	struct thag_span span = {id};

	return span;
}

#define thag_span_begin(name)                                                                      \
	thag_span_make_(__extension__({                                                            \
		const struct thag_hooks_ *thag_found = thag_find_hooks_();                         \
		THAG_LIKELY_NOT_(thag_found)                                                       \
		? thag_found->span_begin(THAG_PLACE_(THAG_KIND_SPAN_, "" name, 0)) : 0;            \
	}))

THAG_INLINE_ void
thag_span_end(struct thag_span span)
{
	const struct thag_hooks_ *hooks = thag_find_hooks_();

	if (THAG_LIKELY_NOT_(hooks) && span.id)
		hooks->span_end(span.id);
}

/* ---- marks, counters, threads ---- */

#define thag_mark(name) THAG_CALL_(mark, THAG_KIND_MARK_, "" name, 0)

/* The value is not computed where nobody wants it. */
#define thag_counter(name, value)                                                                  \
	__extension__({                                                                            \
		const struct thag_hooks_ *thag_found = thag_find_hooks_();                         \
		if (THAG_LIKELY_NOT_(thag_found))                                                  \
			thag_found->counter(                                                       \
				THAG_PLACE_(THAG_KIND_COUNTER_, "" name, 0), (double)(value));     \
		(void)0;                                                                           \
	})

/* The calling thread's, in the profile alone; any string, of which a copy is kept. */
THAG_INLINE_ void
thag_thread_name(const char *name)
{
	const struct thag_hooks_ *hooks = thag_find_hooks_();

	if (THAG_LIKELY_NOT_(hooks))
		hooks->thread_name(name);
}

/* ---- tasks ---- */

THAG_INLINE_ struct thag_task
thag_task_make_(uint64_t id)
{
	struct thag_task task = {id};

	return task;
}

#define thag_task_new(name)                                                                        \
	thag_task_make_(__extension__({                                                            \
		const struct thag_hooks_ *thag_found = thag_find_hooks_();                         \
		THAG_LIKELY_NOT_(thag_found)                                                       \
		? thag_found->task_new(THAG_PLACE_(THAG_KIND_TASK_, "" name, 0)) : 0;              \
	}))

THAG_INLINE_ void
thag_task_resume(struct thag_task task)
{
	const struct thag_hooks_ *hooks = thag_find_hooks_();

	if (THAG_LIKELY_NOT_(hooks) && task.id)
		hooks->task_resume(task.id);
}

THAG_INLINE_ void
thag_task_suspend(struct thag_task task)
{
	const struct thag_hooks_ *hooks = thag_find_hooks_();

	if (THAG_LIKELY_NOT_(hooks) && task.id)
		hooks->task_suspend(task.id);
}

/* From any thread, running or not. */
THAG_INLINE_ void
thag_task_end(struct thag_task task)
{
	const struct thag_hooks_ *hooks = thag_find_hooks_();

	if (THAG_LIKELY_NOT_(hooks) && task.id)
		hooks->task_end(task.id);
}

/* ---- recording ---- */

THAG_INLINE_ void
thag_start(void)
{
	const struct thag_hooks_ *hooks = thag_find_hooks_();

	if (THAG_LIKELY_NOT_(hooks))
		hooks->start();
}

/* Releases of what was recorded before are still noted: it would seem leaked. */
THAG_INLINE_ void
thag_stop(void)
{
	const struct thag_hooks_ *hooks = thag_find_hooks_();

	if (THAG_LIKELY_NOT_(hooks))
		hooks->stop();
}

THAG_INLINE_ int
thag_is_active(void)
{
	const struct thag_hooks_ *hooks = thag_find_hooks_();

	return THAG_LIKELY_NOT_(hooks) ? hooks->is_active() : 0;
}

#else /* THAG_DISABLE: the same names, and nothing behind them */

#define THAG_INLINE_                                                                               \
	static __inline__ __attribute__((always_inline, unused, no_instrument_function))

/* A `break` in the block leaves what it leaves where sections are there: see above. */
#ifdef __cplusplus
#define THAG_SECTION(name)                                                                         \
	if (false) {                                                                               \
	} else
#else
#define THAG_SECTION(name)                                                                         \
	switch (0)                                                                                 \
	default:
#endif
#define THAG_SECTION_TO_END(name)
#define THAG_PROFILED
#define THAG_PROFILED_AS(options)
#define thag_section_begin(name)  ((void)0)
#define thag_section_end(name)	  ((void)0)
#define thag_mark(name)		  ((void)0)
#define thag_counter(name, value) ((void)sizeof((double)(value)))
#define thag_thread_name(name)	  ((void)sizeof(name))
#define thag_span_begin(name)	  thag_span_none_()
#define thag_span_end(span)	  ((void)sizeof(span))
#define thag_task_new(name)	  thag_task_none_()
#define thag_task_resume(task)	  ((void)sizeof(task))
#define thag_task_suspend(task)	  ((void)sizeof(task))
#define thag_task_end(task)	  ((void)sizeof(task))
#define thag_start()		  ((void)0)
#define thag_stop()		  ((void)0)
#define thag_is_active()	  0

THAG_INLINE_ struct thag_task
thag_task_none_(void)
{
	struct thag_task task = {0};

	return task;
}

THAG_INLINE_ struct thag_span
thag_span_none_(void)
{
	struct thag_span span = {0};

	return span;
}

#endif
#endif
