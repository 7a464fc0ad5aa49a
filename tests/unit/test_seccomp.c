/*
 * The worker's filter, really installed: each call is tried in a child that
 * has a worker's descriptors, and what became of it is asked of the kernel.
 */
#include "unit.h"

#include "child.h"
#include "seccomp.h"
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>

#define HIGH (INT64_C(1) << 32) /* what an int argument must not have */

/* The other end of the pipe, and a descriptor that is none of a worker's. */
enum {
	MONITOR = WORKER_DESCRIPTORS_END,
	STRANGER,
};

static void place(int descriptor, int where)
{
	CHECK(descriptor >= 0);
	if (descriptor == where)
		return;
	CHECK(dup2(descriptor, where) == where);
	close(descriptor);
}

static void enter(void)
{
	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK(seccomp_enter() == 0);
}

/* Lowest first, so that none lies where a later one goes. */
static void become_worker(void)
{
	int ends[2];

	for (int i = WORKER_PIPE; i <= STRANGER; i++)
		place(open("/dev/null", O_RDWR), i);
	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0);
	place(ends[0], WORKER_PIPE);
	place(ends[1], MONITOR);
	place(socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0), WORKER_PACKET);
	place(socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0), WORKER_ARP);
	place(socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, 0), WORKER_NETLINK);
	place(timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK), WORKER_DEADLINE);
	place(timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK), WORKER_RESUMED);
	place(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), STRANGER);
	enter();
}

/* AddressSanitizer makes calls of its own before a function that is noreturn.
 */
static void leave(int status)
{
	syscall(SYS_exit_group, status);
}

/* The call in question, tried by a worker; its wait status. */
static int tried(long (*call)(void))
{
	const pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		become_worker();
		errno = 0;
		leave(call() == -1 && errno == ENOSYS ? ENOSYS : 0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static bool is_killed(long (*call)(void))
{
	const int status = tried(call);

	return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
}

/* Not let through, and nothing else. */
static bool is_unknown(long (*call)(void))
{
	const int status = tried(call);

	return WIFEXITED(status) && WEXITSTATUS(status) == ENOSYS;
}

/* How the system itself answers is another matter. */
static bool is_let_through(long (*call)(void))
{
	const int status = tried(call);

	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* What a worker does. */

static struct msghdr no_message;
static struct sock_filter drop_all = BPF_STMT(BPF_RET | BPF_K, 0);
static struct sock_fprog filter = {1, &drop_all};
static const struct itimerspec soon = {.it_value = {.tv_nsec = 1}};
static char octets[64];

#define CALL(name, expression)                                                 \
	static long name(void)                                                 \
	{                                                                      \
		return (long)(expression);                                     \
	}

CALL(do_ppoll, ppoll(NULL, 0, &(struct timespec){0}, NULL))
CALL(do_clock,
     syscall(SYS_clock_gettime, CLOCK_BOOTTIME, &(struct timespec){0}))
CALL(do_random, getrandom(octets, 32, 0))
CALL(do_recv, recv(WORKER_PIPE, octets, sizeof(octets), MSG_DONTWAIT))
CALL(do_send, send(WORKER_PIPE, octets, sizeof(octets), MSG_NOSIGNAL))
CALL(packet_recvmsg, recvmsg(WORKER_PACKET, &no_message, 0))
CALL(packet_write, write(WORKER_PACKET, octets, sizeof(octets)))
CALL(arp_recvmsg, recvmsg(WORKER_ARP, &no_message, 0))
CALL(arp_write, write(WORKER_ARP, octets, sizeof(octets)))
CALL(arp_filter, setsockopt(WORKER_ARP, SOL_SOCKET, SO_ATTACH_FILTER, &filter,
			    sizeof(filter)))
CALL(netlink_recvmsg, recvmsg(WORKER_NETLINK, &no_message, 0))
CALL(netlink_write, write(WORKER_NETLINK, octets, sizeof(octets)))
CALL(deadline_arm, timerfd_settime(WORKER_DEADLINE, 0, &soon, NULL))
CALL(deadline_read, read(WORKER_DEADLINE, octets, 8))
CALL(resumed_arm, timerfd_settime(WORKER_RESUMED, 0, &soon, NULL))

static void what_a_worker_does_is_let_through(void **state)
{
	long (*const calls[])(void) = {
		do_ppoll,     do_clock,       do_random,       do_recv,
		do_send,      packet_recvmsg, packet_write,    arp_recvmsg,
		arp_write,    arp_filter,     netlink_recvmsg, netlink_write,
		deadline_arm, deadline_read,  resumed_arm,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (!is_let_through(calls[i]))
			fail_msg("call %zu", i);
}

static long fail_assertion(void)
{
	void (*const volatile end)(void) = abort; /* see leave */

	end();
	return 0;
}

static void a_failed_assertion_ends_as_one(void **state)
{
	const int status = tried(fail_assertion);

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

/* The same on another descriptor, or with more in an argument. */

CALL(read_pipe, read(WORKER_PIPE, octets, 1))
CALL(read_resumed, read(WORKER_RESUMED, octets, 8))
CALL(read_high, syscall(SYS_read, WORKER_DEADLINE + HIGH, octets, 8))
CALL(recvfrom_stranger, recv(STRANGER, octets, sizeof(octets), 0))
CALL(recvmsg_pipe, recvmsg(WORKER_PIPE, &no_message, MSG_DONTWAIT))
CALL(recvmsg_stranger, recvmsg(STRANGER, &no_message, 0))
CALL(write_pipe, write(WORKER_PIPE, octets, 1))
CALL(write_stderr, write(STDERR_FILENO, "", 0))
CALL(write_stranger, write(STRANGER, octets, 1))
CALL(write_high, syscall(SYS_write, WORKER_PACKET + HIGH, octets, 1))
CALL(arm_stranger, timerfd_settime(STRANGER, 0, &soon, NULL))
CALL(get_parent, syscall(SYS_getppid))
CALL(map_plain, mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
CALL(protect_plain, mprotect((void *)4096, 4096, PROT_READ))
CALL(do_ioctl, syscall(SYS_ioctl, STRANGER, 0x8913, octets))
CALL(do_prctl, prctl(PR_SET_DUMPABLE, 1))
CALL(do_sigaction, sigaction(SIGSYS, NULL, NULL))
CALL(do_unlink, syscall(SYS_unlinkat, AT_FDCWD, "/nowhere", 0))
CALL(do_close, close(WORKER_PACKET))
CALL(do_dup, dup(WORKER_PIPE))
CALL(do_futex, syscall(SYS_futex, octets, 1, 0, NULL, NULL, 0))
CALL(no_such_call, syscall(4000))

static void what_is_unknown_fails_and_no_more(void **state)
{
	long (*const calls[])(void) = {
		read_pipe,         read_resumed,  read_high,
		recvfrom_stranger, recvmsg_pipe,  recvmsg_stranger,
		write_pipe,        write_stderr,  write_stranger,
		write_high,        arm_stranger,  get_parent,
		map_plain,         protect_plain, do_ioctl,
		do_prctl,          do_sigaction,  do_unlink,
		do_close,          do_dup,        do_futex,
		no_such_call,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (!is_unknown(calls[i]))
			fail_msg("call %zu", i);
}

/* An intruder's verbs. */

static char *const nothing[] = {NULL};
static struct sockaddr_ll elsewhere = {.sll_family = AF_PACKET};

CALL(do_execve, execve("/bin/true", nothing, nothing))
CALL(do_execveat,
     syscall(SYS_execveat, AT_FDCWD, "/bin/true", nothing, nothing, 0))
CALL(do_fork, syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL))
CALL(do_clone3, syscall(SYS_clone3, NULL, 0))
CALL(map_exec, mmap(NULL, 4096, PROT_READ | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
CALL(protect_exec, mprotect((void *)4096, 4096, PROT_EXEC))
CALL(do_memfd, syscall(SYS_memfd_create, "", 0))
CALL(do_openat, openat(AT_FDCWD, "/", O_RDONLY))
CALL(do_openat2, syscall(SYS_openat2, AT_FDCWD, "/", NULL, 0))
CALL(do_socket, socket(AF_INET, SOCK_DGRAM, 0))
CALL(do_bind,
     bind(WORKER_PACKET, (struct sockaddr *)&elsewhere, sizeof(elsewhere)))
CALL(do_connect,
     connect(STRANGER, (struct sockaddr *)&elsewhere, sizeof(elsewhere)))
CALL(sendto_packet, sendto(WORKER_PACKET, octets, 60, 0,
			   (struct sockaddr *)&elsewhere, sizeof(elsewhere)))
CALL(send_packet, send(WORKER_PACKET, octets, 60, 0))
CALL(sendto_pipe, sendto(WORKER_PIPE, octets, 4, 0,
			 (struct sockaddr *)&elsewhere, sizeof(elsewhere)))
CALL(sendto_high, syscall(SYS_sendto, WORKER_PIPE, octets, 4, 0, HIGH, 0))
CALL(sendmsg_pipe, sendmsg(WORKER_PIPE, &no_message, 0))
CALL(sendmsg_packet, sendmsg(WORKER_PACKET, &no_message, 0))
CALL(sendmsg_stranger, sendmsg(STRANGER, &no_message, 0))
CALL(sendmsg_high, syscall(SYS_sendmsg, WORKER_PACKET + HIGH, &no_message, 0))
CALL(do_sendmmsg, syscall(SYS_sendmmsg, STRANGER, NULL, 0, 0))
CALL(packet_filter, setsockopt(WORKER_PACKET, SOL_SOCKET, SO_ATTACH_FILTER,
			       &filter, sizeof(filter)))
CALL(arp_unfilter,
     setsockopt(WORKER_ARP, SOL_SOCKET, SO_DETACH_FILTER, NULL, 0))
CALL(arp_promiscuous, setsockopt(WORKER_ARP, SOL_PACKET, SO_ATTACH_FILTER,
				 &filter, sizeof(filter)))
CALL(arp_high, syscall(SYS_setsockopt, WORKER_ARP, SOL_SOCKET,
		       SO_ATTACH_FILTER + HIGH, &filter, sizeof(filter)))
CALL(do_ptrace, ptrace(PTRACE_TRACEME, 0, NULL, NULL))
CALL(do_kill, kill(1, 0))
CALL(kill_ourselves, kill(getpid(), SIGABRT))
CALL(abort_another, syscall(SYS_tgkill, 1, 1, SIGABRT))
CALL(signal_ourselves, syscall(SYS_tgkill, getpid(), getpid(), SIGTERM))
CALL(do_setuid, syscall(SYS_setuid, 0))
CALL(do_capset, syscall(SYS_capset, NULL, NULL))
CALL(do_unshare, unshare(0))
CALL(do_bpf, syscall(SYS_bpf, 0, NULL, 0))
CALL(do_uring, syscall(SYS_io_uring_setup, 1, NULL))
#ifdef __x86_64__
CALL(do_open, syscall(SYS_open, "/", O_RDONLY))
CALL(old_fork, syscall(SYS_fork))
CALL(do_vfork, syscall(SYS_vfork))
CALL(x32_read, syscall(0x40000000 | SYS_read, WORKER_DEADLINE, octets, 8))

/* The same numbers mean other calls there: 4 is write, 102 socketcall. */
static long in_32_bits(void)
{
	long result = 20; /* getpid */

	__asm__ volatile("int $0x80" : "+a"(result) : : "memory");
	return result;
}
#endif

static void an_intruders_verbs_kill(void **state)
{
	long (*const calls[])(void) = {
		do_execve,        do_execveat,   do_fork,
		do_clone3,        map_exec,      protect_exec,
		do_memfd,         do_openat,     do_openat2,
		do_socket,        do_bind,       do_connect,
		sendto_packet,    send_packet,   sendto_pipe,
		sendto_high,      sendmsg_pipe,  sendmsg_packet,
		sendmsg_stranger, sendmsg_high,  do_sendmmsg,
		packet_filter,    arp_unfilter,  arp_promiscuous,
		arp_high,         do_ptrace,     do_kill,
		kill_ourselves,   abort_another, signal_ourselves,
		do_setuid,        do_capset,     do_unshare,
		do_bpf,           do_uring,
#ifdef __x86_64__
		do_open,          old_fork,      do_vfork,
		x32_read,         in_32_bits,
#endif
	};

	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (!is_killed(calls[i]))
			fail_msg("call %zu", i);
}

/* Every verb of the policy, whatever its arguments. */
static const long verbs[] = {
	SYS_execve,
	SYS_execveat,
	SYS_clone,
	SYS_clone3,
	SYS_mmap,
	SYS_mprotect,
	SYS_pkey_mprotect,
	SYS_memfd_create,
	SYS_openat,
	SYS_openat2,
	SYS_mount,
	SYS_open_by_handle_at,
	SYS_umount2,
	SYS_pivot_root,
	SYS_chroot,
	SYS_open_tree,
	SYS_move_mount,
	SYS_fsopen,
	SYS_mount_setattr,
	SYS_socket,
	SYS_socketpair,
	SYS_bind,
	SYS_connect,
	SYS_listen,
	SYS_accept,
	SYS_accept4,
	SYS_setsockopt,
	SYS_sendto,
	SYS_sendmsg,
	SYS_sendmmsg,
	SYS_ptrace,
	SYS_process_vm_readv,
	SYS_kill,
	SYS_process_vm_writev,
	SYS_tkill,
	SYS_tgkill,
	SYS_rt_sigqueueinfo,
	SYS_rt_tgsigqueueinfo,
	SYS_pidfd_open,
	SYS_pidfd_getfd,
	SYS_setuid,
	SYS_pidfd_send_signal,
	SYS_setgid,
	SYS_setreuid,
	SYS_setregid,
	SYS_setresuid,
	SYS_setresgid,
	SYS_setfsuid,
	SYS_setfsgid,
	SYS_setgroups,
	SYS_capset,
	SYS_unshare,
	SYS_setns,
	SYS_bpf,
	SYS_perf_event_open,
	SYS_userfaultfd,
	SYS_io_uring_setup,
	SYS_add_key,
	SYS_request_key,
	SYS_keyctl,
	SYS_init_module,
	SYS_finit_module,
	SYS_kexec_load,
	SYS_reboot,
#ifdef __x86_64__
	SYS_open,
	SYS_creat,
	SYS_fork,
	SYS_vfork,
	SYS_modify_ldt,
	SYS_ioperm,
	SYS_iopl,
#endif
};

/* Let through with any arguments, or the end of whoever tries. */
static const long permitted[] = {
	SYS_ppoll,        SYS_clock_gettime,   SYS_getrandom,
	SYS_exit_group,   SYS_restart_syscall, SYS_rt_sigprocmask,
	SYS_rt_sigreturn, SYS_getpid,          SYS_gettid,
};

/* The kernel's own trampolines, which it asks no filter about. */
#define URETPROBE 335
#define UPROBE 336

#define NUMBERS 512 /* the kernel has no more calls yet */

static bool is_among(long number, const long *all, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (all[i] == number)
			return true;
	return false;
}

#define IS_AMONG(number, all)                                                  \
	is_among((number), (all), sizeof(all) / sizeof((all)[0]))

static long numbered;

/* With arguments that no call does anything with. */
static long call_numbered(void)
{
	return syscall(numbered, -1L, -1L, -1L, -1L, -1L, -1L);
}

static void all_but_verbs(void)
{
	become_worker();
	for (numbered = 0; numbered < NUMBERS; numbered++) {
		if (IS_AMONG(numbered, verbs) ||
		    IS_AMONG(numbered, permitted) || numbered == URETPROBE ||
		    numbered == UPROBE)
			continue;
		errno = 0;
		if (call_numbered() != -1 || errno != ENOSYS)
			leave(1);
	}
	leave(0);
}

/* The filter halves the numbers: none may have come into the wrong half. */
static void every_number_is_judged(void **state)
{
	(void)state;
	assert_true(holds_in_child(all_but_verbs));
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		numbered = verbs[i];
		if (!is_killed(call_numbered))
			fail_msg("call %ld", numbered);
	}
	for (size_t i = 0; i < sizeof(permitted) / sizeof(permitted[0]); i++) {
		numbered = permitted[i];
		if (is_killed(call_numbered) || is_unknown(call_numbered))
			fail_msg("call %ld", numbered);
	}
}

static void unknown_twice(void)
{
	become_worker();
	CHECK(seccomp_unknown_call() == -1);
	get_parent();
	do_ioctl();
	CHECK(seccomp_unknown_call() == SYS_ioctl);
	do_prctl();
	CHECK(seccomp_unknown_call() == -1);
	leave(0);
}

static void an_unknown_call_is_told_once(void **state)
{
	(void)state;
	assert_true(holds_in_child(unknown_twice));
}

/* Only what the filter raised is an unknown call: ppoll says EINTR. */
static void signalled_by_another(void)
{
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL,
				 .sigev_signo = SIGSYS};
	const struct itimerspec often = {.it_value = {.tv_nsec = 10000000},
					 .it_interval = {.tv_nsec = 10000000}};
	timer_t timer;

	/* until the handler is there it would kill */
	CHECK(signal(SIGSYS, SIG_IGN) != SIG_ERR);
	CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
	CHECK(timer_settime(timer, 0, &often, NULL) == 0);
	enter();
	CHECK(ppoll(NULL, 0, &(struct timespec){.tv_sec = 60}, NULL) == -1);
	CHECK(errno == EINTR && seccomp_unknown_call() == -1);
	leave(0);
}

static void a_sigsys_of_somebody_else_is_none(void **state)
{
	(void)state;
	assert_true(holds_in_child(signalled_by_another));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_worker_does_is_let_through),
		cmocka_unit_test(a_failed_assertion_ends_as_one),
		cmocka_unit_test(what_is_unknown_fails_and_no_more),
		cmocka_unit_test(an_intruders_verbs_kill),
		cmocka_unit_test(every_number_is_judged),
		cmocka_unit_test(an_unknown_call_is_told_once),
		cmocka_unit_test(a_sigsys_of_somebody_else_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
