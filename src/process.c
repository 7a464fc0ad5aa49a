/*
 * A child between its birth and its program.  It runs in our memory, on a stack
 * of its own, while we wait, as after vfork(2); so it only makes system calls.
 * posix_spawn(3) does the same but asks for and sets each of 64 signals, twice
 * a system call apiece, whatever it is told.
 */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIGNALS 64      /* in the kernel's set */
#define STACK_SIZE 8192 /* of the child, octets; nothing in it is deep */

/*
 * Functions of the child: what AddressSanitizer notes of a stack is in our
 * memory, too, and nobody would take it back when they have become a program.
 */
#define IN_CHILD __attribute__((no_sanitize("address")))

/*
 * A disposition of SIG_DFL as the kernel has it, whose struct differs from
 * libc's and between machines; libc's call would refuse two of the signals.
 */
static const uint64_t by_default[8];

/*
 * What we ignore would stay ignored by an exec; what we handle would, until
 * then, be handled in memory that is not the child's alone.
 */
IN_CHILD static int become_apart(uint64_t reset)
{
	sigset_t none;

	if (setpgid(0, 0) < 0)
		return -errno;
	for (int signal = 1; signal <= SIGNALS; signal++)
		if ((reset >> (signal - 1) & 1) != 0 && signal != SIGKILL &&
		    signal != SIGSTOP &&
		    syscall(SYS_rt_sigaction, signal, by_default, NULL,
			    SIGNALS / 8) < 0)
			return -errno;
	sigemptyset(&none);
	return sigprocmask(SIG_SETMASK, &none, NULL) < 0 ? -errno : 0;
}

/*
 * Until here the table of descriptors is ours, with some for each interface:
 * the child's own is made without those that it is not to have, which neither
 * have to be copied then nor closed.
 */
IN_CHILD static int leave_descriptors(const struct process_descriptor *given,
				      int from)
{
	unsigned first = (unsigned)from, last = ~0U;

	if (given != NULL && given->from > from)
		last = (unsigned)given->from - 1;
	else if (given != NULL && given->from == from)
		first++;
	return close_range(first, last, CLOSE_RANGE_UNSHARE) < 0 ? -errno : 0;
}

IN_CHILD static int place_descriptor(const struct process_descriptor *given,
				     int from)
{
	/* dup2 onto its own number would leave it close-on-exec */
	const int other = fcntl(given->from, F_DUPFD, from);

	if (other < 0 || dup2(other, given->to) < 0 ||
	    close_range((unsigned)from, ~0U, 0) < 0)
		return -errno;
	return 0;
}

IN_CHILD static int execute(const struct process *process)
{
	int result = leave_descriptors(process->given, process->close_from);

	if (result == 0 && process->given != NULL)
		result = place_descriptor(process->given, process->close_from);
	if (result == 0 && process->descriptors != NULL &&
	    setrlimit(RLIMIT_NOFILE, process->descriptors) < 0)
		result = -errno;
	if (result == 0 && process->is_apart)
		result = become_apart(process->reset);
	if (result < 0)
		return result;
	execve(process->path, process->argv, process->env);
	return -errno;
}

struct child {
	const struct process *process;
	int result;
};

IN_CHILD static int run(void *argument)
{
	struct child *child = argument;

	child->result = execute(child->process);
	return 127;
}

pid_t process_start(const struct process *process)
{
	_Alignas(max_align_t) char stack[STACK_SIZE];
	struct child child = {.process = process};
	const pid_t pid =
		clone(run, stack + sizeof(stack),
		      CLONE_VM | CLONE_VFORK | CLONE_FILES | SIGCHLD, &child);

	if (pid < 0)
		return -errno;
	if (child.result == 0)
		return pid;
	waitpid(pid, NULL, 0);
	return child.result;
}
