/*
 * A child between its birth and its program.  It runs in our memory, so it
 * only makes system calls.  posix_spawn(3) does the same but asks for and sets
 * each of 64 signals, twice a system call apiece, whatever it is told.
 */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIGNALS 64 /* in the kernel's set */

/*
 * A disposition of SIG_DFL as the kernel has it, whose struct differs from
 * libc's and between machines; libc's call would refuse two of the signals.
 */
static const uint64_t by_default[8];

/*
 * What we ignore would stay ignored by an exec; what we handle would, until
 * then, be handled in memory that is not the child's alone.
 */
static int become_apart(uint64_t reset)
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

static int execute(const struct process *process)
{
	const struct process_descriptor *given = process->given;

	if (given != NULL) {
		/* dup2 onto its own number would leave it close-on-exec */
		const int other =
			fcntl(given->from, F_DUPFD, process->close_from);

		if (other < 0 || dup2(other, given->to) < 0)
			return -errno;
	}
	if (close_range((unsigned)process->close_from, ~0U, 0) < 0)
		return -errno;
	if (process->descriptors != NULL &&
	    setrlimit(RLIMIT_NOFILE, process->descriptors) < 0)
		return -errno;
	if (process->is_apart) {
		const int result = become_apart(process->reset);

		if (result < 0)
			return result;
	}
	execve(process->path, process->argv, process->env);
	return -errno;
}

pid_t process_start(const struct process *process)
{
	volatile int result = 0;
	const pid_t child = vfork();

	if (child < 0)
		return -errno;
	if (child == 0) {
		result = execute(process);
		_exit(127);
	}
	if (result == 0)
		return child;
	waitpid(child, NULL, 0);
	return result;
}
