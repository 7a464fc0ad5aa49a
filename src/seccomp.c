/*
 * The worker's policy for system calls as one table, compiled to classic BPF
 * (seccomp(2)).  Knows the worker's descriptors and what it does with each;
 * nothing of what goes through them.
 *
 * A filter sees numbers, not what they point to.  So a worker that was taken
 * over can still put any frame on its own link and set any ARP filter.
 */
#include "seccomp.h"

#include "room.h"
#include "worker.h"

#include <assert.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

/*
 * What differs between architectures: their name, calls that only the older
 * one has, and where a call that was interrupted finds its result.
 */
#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#define OLD_VERBS                                                              \
	KILL(open), KILL(creat), KILL(fork), KILL(vfork), KILL(modify_ldt),    \
		KILL(ioperm), KILL(iopl)
#define RESULT gregs[REG_RAX]
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#define OLD_VERBS
#define RESULT regs[0]
#endif

#ifdef ARCHITECTURE

/* When a row applies; one that has no condition always does. */
enum test {
	TEST_NONE,
	TEST_IS,        /* the argument is `value`, in all 64 bits */
	TEST_HAS,       /* it has one of the bits of `value` */
	TEST_IS_OUR_ID, /* it is getpid() */
};

struct condition {
	enum test test;
	uint32_t argument; /* 0 to 5 */
	uint32_t value;
};

#define CONDITIONS_MAX 3

struct rule {
	uint32_t verdict;
	uint32_t call;
	struct condition only[CONDITIONS_MAX];
};

/* clang-format off */
#define ALLOW(call, ...) {SECCOMP_RET_ALLOW, SYS_##call, {__VA_ARGS__}}
#define KILL(call, ...) {SECCOMP_RET_KILL_PROCESS, SYS_##call, {__VA_ARGS__}}
#define IS(argument, value) {TEST_IS, argument, value}
#define ON(descriptor) IS(0, descriptor)
#define HAS(argument, bits) {TEST_HAS, argument, bits}
#define IS_OUR_ID(argument) {TEST_IS_OUR_ID, argument, 0}

/* The first row that applies decides; what has none fails with ENOSYS. */
static const struct rule policy[] = {
	/* Time and chance for an event. */
	ALLOW(ppoll),
	ALLOW(clock_gettime), /* where the vDSO can't */
	ALLOW(getrandom),
	/* The monitor: recv(2), and send(2), which names no address. */
	ALLOW(recvfrom, ON(WORKER_PIPE)),
	ALLOW(sendto, ON(WORKER_PIPE), IS(4, 0)),
	/* The network. */
	ALLOW(recvmsg, ON(WORKER_PACKET)),
	ALLOW(write, ON(WORKER_PACKET)),
	ALLOW(recvmsg, ON(WORKER_ARP)),
	ALLOW(write, ON(WORKER_ARP)),
	ALLOW(setsockopt, ON(WORKER_ARP), IS(1, SOL_SOCKET),
	      IS(2, SO_ATTACH_FILTER)),
	ALLOW(recvmsg, ON(WORKER_NETLINK)),
	ALLOW(write, ON(WORKER_NETLINK)),
	/* The timers. */
	ALLOW(timerfd_settime, ON(WORKER_DEADLINE)),
	ALLOW(read, ON(WORKER_DEADLINE)),
	ALLOW(timerfd_settime, ON(WORKER_RESUMED)),
	/* The end of on_unknown_call, of a SIGSTOP, and our own. */
	ALLOW(rt_sigreturn),
	ALLOW(restart_syscall),
	ALLOW(exit_group),
	/* abort(3), which is what becomes of a failed assertion. */
	ALLOW(rt_sigprocmask),
	ALLOW(getpid),
	ALLOW(gettid),
	ALLOW(tgkill, IS_OUR_ID(0), IS(2, SIGABRT)),

	/*
	 * An intruder's verbs, which nothing in us or in the C library has a
	 * reason to try.  Another program, another process:
	 */
	KILL(execve), KILL(execveat), KILL(clone), KILL(clone3),
	KILL(mmap, HAS(2, PROT_EXEC)), KILL(mprotect, HAS(2, PROT_EXEC)),
	KILL(pkey_mprotect, HAS(2, PROT_EXEC)), KILL(memfd_create),
	/* files: */
	KILL(openat), KILL(openat2), KILL(open_by_handle_at), KILL(mount),
	KILL(umount2), KILL(pivot_root), KILL(chroot), KILL(open_tree),
	KILL(move_mount), KILL(fsopen), KILL(mount_setattr),
	/* other networks, and other ways into ours: */
	KILL(socket), KILL(socketpair), KILL(bind), KILL(connect),
	KILL(listen), KILL(accept), KILL(accept4), KILL(setsockopt),
	KILL(sendto), KILL(sendmsg), KILL(sendmmsg),
	/* processes that are there: */
	KILL(ptrace), KILL(process_vm_readv), KILL(process_vm_writev),
	KILL(kill), KILL(tkill), KILL(tgkill), KILL(rt_sigqueueinfo),
	KILL(rt_tgsigqueueinfo), KILL(pidfd_open), KILL(pidfd_getfd),
	KILL(pidfd_send_signal),
	/* another user, other privileges, another view of the machine: */
	KILL(setuid), KILL(setgid), KILL(setreuid), KILL(setregid),
	KILL(setresuid), KILL(setresgid), KILL(setfsuid), KILL(setfsgid),
	KILL(setgroups), KILL(capset), KILL(unshare), KILL(setns),
	/* and what holes in the kernel are entered by. */
	KILL(bpf), KILL(perf_event_open), KILL(userfaultfd),
	KILL(io_uring_setup), KILL(add_key), KILL(request_key), KILL(keyctl),
	KILL(init_module), KILL(finit_module), KILL(kexec_load), KILL(reboot),
	OLD_VERBS
};
/* clang-format on */

#define RULES (sizeof(policy) / sizeof(policy[0]))

/* The numbers of x32, the same calls with other structs, begin here. */
#define NUMBERS_END 0x40000000U

#define HEAD 5     /* instructions before the rows, */
#define CALL_MAX 4 /* that find and end those of a call, */
#define ROW_MAX (1 + 4 * CONDITIONS_MAX) /* and of a row */

struct program {
	unsigned short length;
	struct sock_filter code[HEAD + RULES * (CALL_MAX + ROW_MAX)];
};

/* Of what the filter is given. */
#define FIELD(name) ((uint32_t)offsetof(struct seccomp_data, name))
#define LOW_HALF(n) (FIELD(args) + 8 * (n))
#define HIGH_HALF(n) (LOW_HALF(n) + 4)

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	       "the low half of an argument comes first");

static void add(struct program *program, uint16_t code, uint32_t operand)
{
	program->code[program->length++] =
		(struct sock_filter){.code = code, .k = operand};
}

static void load(struct program *program, uint32_t offset)
{
	add(program, BPF_LD | BPF_W | BPF_ABS, offset);
}

static void decide(struct program *program, uint32_t verdict)
{
	add(program, BPF_RET | BPF_K, verdict);
}

/* Goes on if `test` holds, else to the instruction number `otherwise`. */
static void require(struct program *program, uint16_t test, uint32_t value,
		    size_t otherwise)
{
	const size_t next = program->length + 1U;

	assert(otherwise - next <= UINT8_MAX);
	add(program, BPF_JMP | test | BPF_K, value);
	program->code[next - 1].jf = (uint8_t)(otherwise - next);
}

static size_t length_of(const struct condition *condition)
{
	switch (condition->test) {
	case TEST_NONE:
		return 0;
	case TEST_HAS:
		return 2;
	case TEST_IS:
	case TEST_IS_OUR_ID:
		return 4;
	}
	return 0;
}

static void compile_condition(struct program *program,
			      const struct condition *condition,
			      size_t otherwise)
{
	const uint32_t n = condition->argument;

	switch (condition->test) {
	case TEST_NONE:
		return;
	case TEST_HAS:
		load(program, LOW_HALF(n));
		require(program, BPF_JSET, condition->value, otherwise);
		return;
	case TEST_IS:
	case TEST_IS_OUR_ID:
		load(program, HIGH_HALF(n));
		require(program, BPF_JEQ, 0, otherwise);
		load(program, LOW_HALF(n));
		require(program, BPF_JEQ,
			condition->test == TEST_IS ? condition->value
						   : (uint32_t)getpid(),
			otherwise);
		return;
	}
}

static void compile_rule(struct program *program, const struct rule *rule)
{
	size_t end = program->length + 1U;

	for (size_t i = 0; i < CONDITIONS_MAX; i++)
		end += length_of(&rule->only[i]);
	for (size_t i = 0; i < CONDITIONS_MAX; i++)
		compile_condition(program, &rule->only[i], end);
	decide(program, rule->verdict);
}

/* The rows of one call in their order; none applies: on_unknown_call. */
static void compile_call(struct program *program, uint32_t call)
{
	const size_t test = program->length;

	require(program, BPF_JEQ, call, test + 1);
	for (size_t i = 0; i < RULES; i++)
		if (policy[i].call == call)
			compile_rule(program, &policy[i]);
	assert(program->length - test - 1 <= UINT8_MAX);
	program->code[test].jf = (uint8_t)(program->length - test - 1);
	decide(program, SECCOMP_RET_TRAP);
}

/*
 * Halves the calls, ascending, until one is left.  Row by row would be as
 * right, but the kernel runs a new filter for each call that there is, to
 * learn which ones it need not ask about again: 0.4 ms of the way to a lease.
 */
static void compile_calls(struct program *program, const uint32_t *calls,
			  size_t count)
{
	const size_t half = count / 2;
	size_t jump;

	if (count == 1) {
		compile_call(program, calls[0]);
		return;
	}
	/* the upper half may be further away than a test can jump */
	require(program, BPF_JGE, calls[half], program->length + 2U);
	jump = program->length;
	add(program, BPF_JMP | BPF_JA, 0);
	compile_calls(program, calls, half);
	program->code[jump].k = (uint32_t)(program->length - jump - 1);
	compile_calls(program, calls + half, count - half);
}

/* The calls that have rows, ascending, each once; returns how many. */
static size_t list_calls(uint32_t calls[RULES])
{
	size_t count = 0;

	for (size_t i = 0; i < RULES; i++) {
		size_t at = count;

		while (at > 0 && calls[at - 1] > policy[i].call)
			at--;
		if (at > 0 && calls[at - 1] == policy[i].call)
			continue;
		memmove(&calls[at + 1], &calls[at],
			(count - at) * sizeof(calls[0]));
		calls[at] = policy[i].call;
		count++;
	}
	return count;
}

static void compile(struct program *program)
{
	uint32_t calls[RULES];
	const size_t count = list_calls(calls);

	load(program, FIELD(arch));
	require(program, BPF_JEQ, ARCHITECTURE, 4);
	load(program, FIELD(nr));
	require(program, BPF_JGE, NUMBERS_END, HEAD);
	decide(program, SECCOMP_RET_KILL_PROCESS); /* of both */
	compile_calls(program, calls, count);
}

#define CODE_OF_FILTER 1 /* si_code; the C library has no name for it */

static volatile sig_atomic_t unknown_call = -1;

/* In a call that the policy does not know; it returns what we say. */
static void on_unknown_call(int signal, siginfo_t *info, void *context)
{
	ucontext_t *interrupted = context;

	(void)signal;
	if (info->si_code != CODE_OF_FILTER)
		return; /* somebody sent it */
	unknown_call = info->si_syscall;
	interrupted->uc_mcontext.RESULT = (greg_t)-ENOSYS;
}

/* We have no use for the parent's number, so the policy does not know it. */
static int try_it(void)
{
	errno = 0;
	if (syscall(SYS_getppid) != -1 || errno != ENOSYS ||
	    unknown_call != SYS_getppid)
		return -ENOTSUP;
	unknown_call = -1;
	return 0;
}

int seccomp_enter(void)
{
	static ROOM struct program program;
	struct sock_fprog filter = {.filter = program.code};
	struct sigaction action = {.sa_flags = SA_SIGINFO,
				   .sa_sigaction = on_unknown_call};

	program.length = 0;
	compile(&program);
	filter.len = program.length;
	sigemptyset(&action.sa_mask);
	if (sigaction(SIGSYS, &action, NULL) < 0 ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0U, &filter) < 0)
		return -errno;
	return try_it();
}

int seccomp_unknown_call(void)
{
	static bool was_told;

	if (was_told || unknown_call < 0)
		return -1;
	was_told = true;
	return unknown_call;
}

#else /* no policy for this architecture */

int seccomp_enter(void)
{
	return -ENOSYS;
}

int seccomp_unknown_call(void)
{
	return -1;
}

#endif
