// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// Functions that call one another at random in all ways at once, and keep their own account of it:
//
//	wild SEED THREADS CALLS [calls from handlers on a stack of their own: 1]
//
// prints the tree of calls that it made, a line each: how often, and the call path. Every function
// keeps its place in the tree on its own frame and puts it back after what it called, however that
// came to an end. So nothing depends on exits.
#include <alloca.h>
#include <csetjmp>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <pthread.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>
#include "traced.h"

enum {
	DEPTH_MAX = 14,
	FIBERS = 4,
	STACKS_MAX = 8,
	STACK_BYTES = 8 << 20,
	GUARD_BYTES = 4096,
};

/* ---- the account ---- */

struct path {
	const char *name;
	path *parent, *first, *next;
	uint64_t calls;
};

struct landing;

/* Where a function is, and what it may do there. */
struct place {
	path *at;
	landing *landings; /* that a longjmp may go to */
	int catchers;	   /* try blocks around */
	int depth, stacks;
	bool quiet; /* in a handler, a catch block or a destructor: the stack stays */
};

struct landing {
	sigjmp_buf registers;
	landing *outer;
};

struct fiber {
	ucontext_t context;
	char *stack;
	place here;
	bool begun;
};

struct self {
	place here;
	path root;
	uint64_t random;
	long calls;
	fiber fibers[FIBERS];
	fiber *running;
	ucontext_t main;
	place main_here;
	char *stacks[STACKS_MAX];
};

struct thrown {
};

static thread_local self *this_thread;
static volatile int sink;
static bool alternate;

/* Not inlined: thread-local addresses must not be kept across a switch. */
UNTRACED KEEP static self *
me()
{
	END;
	return this_thread;
}

UNTRACED KEEP static uint64_t
random_below(uint64_t limit)
{
	uint64_t *x = &me()->random;

	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return (*x >> 11) % limit;
}

UNTRACED static path *
child(path *parent, const char *name)
{
	for (path *p = parent->first; p; p = p->next)
		if (!strcmp(p->name, name))
			return p;
	return parent->first = new path{name, parent, nullptr, parent->first, 0};
}

/* At the beginning of each function. */
UNTRACED KEEP static place
entered(const char *name)
{
	self *thread = me();

	thread->here.at = child(thread->here.at, name);
	thread->here.at->calls++;
	thread->here.depth++;
	thread->calls--;
	return thread->here;
}

/* After each call. */
UNTRACED KEEP static void
back_to(const place &mine)
{
	me()->here = mine;
	END;
}

typedef int (*function)();
UNTRACED static function choose();

#define CALL                                                                                       \
	do {                                                                                       \
		sink = choose()();                                                                 \
		back_to(mine);                                                                     \
	} while (0)

/* ---- plain calls ---- */

KEEP static int
leaf()
{
	entered("leaf");
	return sink + 1;
}

static INLINED int
inlined_leaf()
{
	entered("inlined_leaf");
	return sink + 2;
}

KEEP static int
chain()
{
	const place mine = entered("chain");

	for (uint64_t i = random_below(4); i > 0; i--)
		CALL;
	return sink;
}

KEEP static int
twice()
{
	const place mine = entered("twice");

	CALL;
	inlined_leaf();
	back_to(mine);
	CALL;
	END;
	return sink;
}

KEEP static int
tail()
{
	entered("tail");
	return choose()();
}

static INLINED int
inner()
{
	const place mine = entered("inner");

	CALL;
	return inlined_leaf() + 1;
}

static INLINED int
outer()
{
	const place mine = entered("outer");

	for (uint64_t i = random_below(3); i > 0; i--) {
		inner();
		back_to(mine);
	}
	CALL;
	return sink;
}

KEEP static int
inlining()
{
	const place mine = entered("inlining");

	outer();
	back_to(mine);
	outer();
	back_to(mine);
	return outer();
}

KEEP static int
large()
{
	const place mine = entered("large");
	volatile char bytes[20000];

	bytes[0] = 1;
	bytes[sizeof(bytes) - 1] = 1;
	CALL;
	CALL;
	return bytes[0];
}

KEEP static int
growing()
{
	const place mine = entered("growing");

	for (uint64_t i = random_below(4); i > 0; i--) {
		volatile char *bytes = static_cast<char *>(alloca(random_below(3000) + 1));

		bytes[0] = 1;
		CALL;
	}
	return sink;
}

static int
compare(const void *a, const void *b)
{
	const place mine = entered("compare");

	CALL;
	return *static_cast<const int *>(a) - *static_cast<const int *>(b);
}

KEEP static int
sorting()
{
	const place mine = entered("sorting");
	int numbers[2] = {2, 1};

	qsort(numbers, 2, sizeof(*numbers), compare);
	back_to(mine);
	return numbers[0];
}

/* ---- exceptions ---- */

struct guard {
	const place owner;

	KEEP explicit guard(const place &here) : owner(here)
	{
		entered("guard::guard");
	}
	KEEP ~guard()
	{
		place here = owner;

		here.landings = nullptr;
		here.catchers = 0;
		here.quiet = true;
		back_to(here);
		const place mine = entered("guard::~guard");
		CALL;
		END;
	}
};

KEEP static int
guarded()
{
	const place mine = entered("guarded");
	guard first(mine);

	back_to(mine);
	CALL;
	guard second(mine);
	back_to(mine);
	CALL;
	return sink;
}

[[noreturn]] KEEP static void
throw_it()
{
	entered("throw_it");
	throw thrown();
}

KEEP static int
throwing()
{
	entered("throwing");
	if (me()->here.catchers)
		throw_it();
	return sink;
}

UNTRACED static place
in_try(place mine)
{
	mine.catchers++;
	back_to(mine);
	return mine;
}

UNTRACED static place
in_catch(place mine)
{
	mine.landings = nullptr;
	mine.quiet = true;
	back_to(mine);
	return mine;
}

KEEP static int
catching()
{
	const place mine = entered("catching");

	try {
		const place mine = in_try(::me()->here);
		CALL;
		CALL;
	} catch (const thrown &) {
	}
	back_to(mine);
	CALL;
	return sink;
}

KEEP static int
catching_within()
{
	const place mine = entered("catching_within");

	for (uint64_t i = random_below(3); i > 0; i--) {
		back_to(mine);
		try {
			const place mine = in_try(::me()->here);
			CALL;
		} catch (const thrown &) {
			const place within = in_catch(mine);
			const place &mine = within;
			CALL;
		}
	}
	back_to(mine);
	return inlined_leaf();
}

KEEP static int
rethrowing()
{
	const place mine = entered("rethrowing");

	try {
		const place mine = in_try(::me()->here);
		CALL;
	} catch (const thrown &) {
		const place within = in_catch(mine);
		const bool caught = mine.catchers > 0;
		const place &mine = within;
		CALL;
		if (caught)
			throw;
	}
	back_to(mine);
	CALL;
	return sink;
}

/* ---- jumps and handlers ---- */

[[noreturn]] KEEP static void
jump()
{
	entered("jump");
	landing *to = me()->here.landings;

	while (to->outer && random_below(2))
		to = to->outer;
	if (random_below(2))
		longjmp(to->registers, 1);
	siglongjmp(to->registers, 1);
}

KEEP static int
jumping()
{
	entered("jumping");
	if (me()->here.landings)
		jump();
	return sink;
}

KEEP static int
landing_here()
{
	const place mine = entered("landing_here");
	landing place_to_be = {{}, mine.landings};

	if (!sigsetjmp(place_to_be.registers, 1)) {
		place within = mine;

		within.landings = &place_to_be;
		back_to(within);
		sink = choose()();
	}
	back_to(mine);
	CALL;
	return sink;
}

static void
handle(int)
{
	const place before = me()->here;
	place here = before;

	here.catchers = 0;
	here.quiet = true;
	back_to(here);
	const place mine = entered("handle");
	CALL;
	back_to(before);
}

KEEP static int
raising()
{
	const place mine = entered("raising");

	raise(SIGUSR1);
	back_to(mine);
	CALL;
	return sink;
}

/* ---- other stacks ---- */

/* Below each lies a page that keeps it apart from the next one. */
UNTRACED static char *
map_stack()
{
	char *stack = static_cast<char *>(mmap(nullptr, STACK_BYTES + GUARD_BYTES, PROT_NONE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));

	mprotect(stack + GUARD_BYTES, STACK_BYTES, PROT_READ | PROT_WRITE);
	return stack + GUARD_BYTES;
}

static void
fiber_body()
{
	const place mine = entered("fiber_body");

	CALL;
	CALL;
	me()->running->begun = false;
}

UNTRACED static void
begin(fiber *one)
{
	self *thread = me();

	if (!one->stack)
		one->stack = map_stack();
	getcontext(&one->context);
	one->context.uc_stack.ss_sp = one->stack;
	one->context.uc_stack.ss_size = STACK_BYTES;
	one->context.uc_link = &thread->main;
	makecontext(&one->context, fiber_body, 0);
	one->here = {};
	one->here.at = &thread->root;
	one->begun = true;
}

UNTRACED KEEP static void
change_stack()
{
	self *thread = me();

	if (fiber *one = thread->running) {
		one->here = thread->here;
		swapcontext(&one->context, &thread->main);
		return;
	}
	fiber *one = &thread->fibers[random_below(FIBERS)];
	if (!one->begun || !random_below(20))
		begin(one);
	thread->main_here = thread->here;
	thread->here = one->here;
	thread->running = one;
	swapcontext(&thread->main, &one->context);
	thread->running = nullptr;
	thread->here = thread->main_here;
}

KEEP static int
switching()
{
	const place mine = entered("switching");

	if (!mine.quiet && !mine.stacks)
		change_stack();
	back_to(mine);
	CALL;
	return sink;
}

static void
on_own_stack()
{
	const place mine = entered("on_own_stack");

	CALL;
	CALL;
}

UNTRACED KEEP static void
call_on(char *top)
{
	__asm__ volatile("movq %%rsp, %%rbx\n\t"
			 "movq %0, %%rsp\n\t"
			 "call *%1\n\t"
			 "movq %%rbx, %%rsp"
			 :
			 : "r"(top), "r"(on_own_stack)
			 : "rbx", "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11",
			 "memory", "cc");
}

KEEP static int
by_hand()
{
	const place mine = entered("by_hand");
	self *thread = me();

	/* The one stack of a number is that of the thread's, not of its fibers. */
	if (mine.stacks < STACKS_MAX && !thread->running && !mine.quiet) {
		char **stack = &thread->stacks[mine.stacks];
		place here = mine;

		if (!*stack)
			*stack = map_stack();
		here.at = &thread->root;
		here.catchers = 0;
		here.stacks++;
		back_to(here);
		call_on(*stack + STACK_BYTES);
	}
	back_to(mine);
	CALL;
	return sink;
}

/* ---- threads ---- */

KEEP static int
ending()
{
	const place mine = entered("ending");

	if (!me()->running && !mine.quiet && !mine.stacks && getpid() != gettid() &&
		!random_below(50))
		pthread_exit(nullptr);
	return sink;
}

UNTRACED static function
choose()
{
	static const function all[] = {leaf, leaf, chain, chain, chain, twice, tail, inlining,
		large, growing, sorting, guarded, throwing, throwing, catching, catching_within,
		rethrowing, jumping, jumping, landing_here, landing_here, raising, switching,
		switching, by_hand, ending};

	if (me()->here.depth > DEPTH_MAX || me()->calls <= 0)
		return leaf;
	return all[random_below(sizeof(all) / sizeof(*all))];
}

/* The threads' accounts, put together. */
static path account;
static pthread_mutex_t account_lock = PTHREAD_MUTEX_INITIALIZER;

UNTRACED static void
add_account(path *to, const path *from)
{
	to->calls += from->calls;
	for (const path *p = from->first; p; p = p->next)
		add_account(child(to, p->name), p);
}

UNTRACED static void
print_name(const path *one)
{
	if (one->parent->name) {
		print_name(one->parent);
		putchar(';');
	}
	fputs(one->name, stdout);
}

UNTRACED static void
print_account(const path *one)
{
	for (const path *p = one->first; p; p = p->next) {
		printf("%llu ", static_cast<unsigned long long>(p->calls));
		print_name(p);
		putchar('\n');
		print_account(p);
	}
}

UNTRACED static void
end_account(void *thread)
{
	pthread_mutex_lock(&account_lock);
	add_account(&account, &static_cast<self *>(thread)->root);
	pthread_mutex_unlock(&account_lock);
}

UNTRACED static void
begin_account(self *thread, uint64_t seed, long calls)
{
	this_thread = thread;
	thread->random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	thread->calls = calls;
	thread->here.at = &thread->root;
	if (alternate) {
		const stack_t stack = {map_stack(), 0, STACK_BYTES};

		sigaltstack(&stack, nullptr);
	}
}

KEEP static void
work()
{
	const place mine = entered("work");

	while (me()->calls > 0)
		CALL;
}

static uint64_t seed;
static long calls;

UNTRACED static void *
run_thread(void *number)
{
	auto *thread = new self();

	begin_account(thread, seed * 100 + reinterpret_cast<uintptr_t>(number), calls);
	pthread_cleanup_push(end_account, thread);
	work();
	pthread_cleanup_pop(1);
	return nullptr;
}

UNTRACED int
main(int count, char **arguments)
{
	struct sigaction action = {};
	pthread_t threads[64];
	const long others = count > 2 ? atol(arguments[2]) : 0;

	if (count < 4 || others > 64)
		return 2;
	seed = strtoull(arguments[1], nullptr, 0);
	calls = atol(arguments[3]);
	alternate = count > 4 && atoi(arguments[4]);
	action.sa_handler = handle;
	action.sa_flags = SA_NODEFER | (alternate ? SA_ONSTACK : 0);
	sigaction(SIGUSR1, &action, nullptr);
	for (long i = 0; i < others; i++)
		pthread_create(&threads[i], nullptr, run_thread, reinterpret_cast<void *>(i + 1));
	run_thread(nullptr);
	for (long i = 0; i < others; i++)
		pthread_join(threads[i], nullptr);
	print_account(&account);
	return 0;
}
