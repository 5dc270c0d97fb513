/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* x86-64: see arch.h for the contract. */
#include <stddef.h>
#include <ucontext.h>

enum {
	ARCH_DWARF_FP = 6,
	ARCH_DWARF_SP = 7,
	ARCH_DWARF_RA = 16,
	ARCH_DWARF_IP = 16,
	/* The call instruction left the return address right below the CFA. */
	ARCH_RETURN_OFFSET = -8,
	ARCH_RETURN_FIXED = 1,
	/* CONFIG_POSIX_CPU_TIMERS_TASK_WORK came with 5.9, and cannot be switched off. */
	ARCH_QUIET_TIMERS = 0x0509,
};

static inline long
arch_syscall6(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

/* Asks for a cache line that will be written. Not by the compiler's builtin: without -mprfchw it
 * would ask for reading. Processors that do not know the instruction take it for none. */
static inline void
arch_prefetch_for_writing(const void *line)
{
	__asm__ volatile("prefetchw %0" : : "m"(*(const char *)line));
}

/*
 * At the signal return trampoline the stack pointer points at the ucontext that the kernel left.
 * Returns the state of the interrupted code.
 */
static inline struct frame
arch_signal_frame(uint64_t sp)
{
	const ucontext_t *context = (const ucontext_t *)sp;

	return (struct frame){
		.pc = (uint64_t)context->uc_mcontext.gregs[REG_RIP],
		.sp = (uint64_t)context->uc_mcontext.gregs[REG_RSP],
		.bp = (uint64_t)context->uc_mcontext.gregs[REG_RBP],
	};
}

enum {
	ARCH_SIGNAL_FRAME_BYTES = sizeof(ucontext_t)
};

/* The state that a signal handler's third argument describes. */
static inline struct frame
arch_context_frame(const void *context)
{
	return arch_signal_frame((uint64_t)context);
}

/* The instruction leaves its return address in rcx. */
static inline int
arch_left_call(const void *context)
{
	const greg_t *registers = ((const ucontext_t *)context)->uc_mcontext.gregs;

	return registers[REG_RCX] == registers[REG_RIP];
}

/* Every source of the preload is compiled with frame pointers, so a hook's frame begins with
 * the caller's frame pointer and the return address. */
static inline __attribute__((always_inline)) struct frame
arch_caller(void)
{
	const uint64_t *frame = __builtin_frame_address(0);

	return (struct frame){.pc = frame[1], .sp = (uint64_t)(frame + 2), .bp = frame[0]};
}
