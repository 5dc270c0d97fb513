/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* aarch64: see arch.h for the contract. */
#include <stddef.h>
#include <signal.h>
#include <ucontext.h>

enum {
	ARCH_DWARF_FP = 29,
	ARCH_DWARF_SP = 31,
	ARCH_DWARF_RA = 30,
	ARCH_DWARF_IP = -1,
	/* Where nothing else is said: a frame record (fp, lr) ends at the CFA of its function. */
	ARCH_RETURN_OFFSET = -8,
	ARCH_RETURN_FIXED = 0,
	/* CONFIG_POSIX_CPU_TIMERS_TASK_WORK came with 5.16, and cannot be switched off. */
	ARCH_QUIET_TIMERS = 0x0510,
};

static inline void
arch_prefetch_for_writing(const void *line)
{
	__builtin_prefetch(line, 1);
}

static inline long
arch_syscall6(long number, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory", "cc");
	return x0;
}

/* At the signal return trampoline sp points at a siginfo_t with the ucontext behind it. */
static inline struct frame
arch_signal_frame(uint64_t sp)
{
	const ucontext_t *context = (const ucontext_t *)(sp + sizeof(siginfo_t));

	return (struct frame){
		.pc = context->uc_mcontext.pc,
		.sp = context->uc_mcontext.sp,
		.bp = context->uc_mcontext.regs[29],
	};
}

enum {
	ARCH_SIGNAL_FRAME_BYTES = sizeof(siginfo_t) + sizeof(ucontext_t)
};

static inline struct frame
arch_context_frame(const void *context)
{
	return arch_signal_frame((uint64_t)context - sizeof(siginfo_t));
}

/* Looks at the instruction before; not where that may be in a page that is not there. */
static inline int
arch_left_call(const void *context)
{
	enum {
		SVC_0 = (int)0xd4000001,
		PAGE_OFFSETS = 4095
	};
	const uint64_t pc = arch_context_frame(context).pc;

	return (pc & PAGE_OFFSETS) && *(const int *)(pc - 4) == SVC_0;
}

static inline __attribute__((always_inline)) struct frame
arch_caller(void)
{
	const uint64_t *frame = __builtin_frame_address(0);

	return (struct frame){
		.pc = frame[1],
		.sp = (uint64_t)__builtin_dwarf_cfa(),
		.bp = frame[0],
	};
}
