/*
 * A worker that the network has taken over.  Linked with the objects of the
 * program itself and in the place of message_decode alone (the linker's
 * --wrap): a message with option 224 makes it do what that says, at the point
 * where a fault in a decoder would have let somebody in, under the sandbox as
 * it is shipped.
 *
 *	VERB [NUMBER]
 *
 * What becomes of a verb is logged, if the worker lives to tell; the monitor
 * logs the rest.
 */
#include "log.h"
#include "message.h"
#include "notice.h"
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define COMMAND_OPTION 224 /* for private use (RFC 3942) */
#define FLOOD 5000         /* notices */

enum decode __real_message_decode(const uint8_t *bytes, size_t length,
				  struct message *out);
enum decode __wrap_message_decode(const uint8_t *bytes, size_t length,
				  struct message *out);

static char octets[256];

/* Calls that kill: each returns what the call did, if it did. */

static long do_open(long number)
{
	(void)number;
	return open("/etc/passwd", O_RDONLY);
}

static long do_create(long number)
{
	(void)number;
	return openat(AT_FDCWD, "/run/intruder", O_CREAT | O_WRONLY, 0600);
}

static long do_socket(long number)
{
	(void)number;
	return socket(AF_INET, SOCK_STREAM, 0);
}

/* The packet socket on all interfaces, for all protocols. */
static long do_bind(long number)
{
	const struct sockaddr_ll all = {.sll_family = AF_PACKET,
					.sll_protocol = htons(ETH_P_ALL)};

	(void)number;
	return bind(WORKER_PACKET, (const struct sockaddr *)&all, sizeof(all));
}

static long do_connect(long number)
{
	const struct sockaddr_in to = {.sin_family = AF_INET,
				       .sin_port = htons(53),
				       .sin_addr = {htonl(0x0a4d0001)}};

	(void)number;
	return connect(WORKER_PACKET, (const struct sockaddr *)&to, sizeof(to));
}

static long send_elsewhere(int ifindex, uint16_t protocol)
{
	const struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_ifindex = ifindex,
		.sll_halen = 6,
		.sll_addr = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

	return sendto(WORKER_PACKET, octets, 60, 0,
		      (const struct sockaddr *)&to, sizeof(to));
}

static long send_on_interface(long number)
{
	return send_elsewhere((int)number, ETH_P_IP);
}

static long send_ethertype(long number)
{
	return send_elsewhere((int)number, ETH_P_PAE);
}

/* A descriptor of ours to the monitor: there is no other to be had. */
static long pass_descriptor(long number)
{
	const int passed = WORKER_PACKET;
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(passed))];
	} control = {0};
	struct iovec bytes = {octets, 4};
	const struct msghdr message = {.msg_iov = &bytes,
				       .msg_iovlen = 1,
				       .msg_control = &control,
				       .msg_controllen = sizeof(control)};

	(void)number;
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(passed));
	memcpy(CMSG_DATA(&control.header), &passed, sizeof(passed));
	return sendmsg(WORKER_PIPE, &message, MSG_NOSIGNAL);
}

static long do_execve(long number)
{
	char *const arguments[] = {(char *)"sh", NULL};
	char *const environment[] = {NULL};

	(void)number;
	return execve("/bin/sh", arguments, environment);
}

static long do_fork(long number)
{
	(void)number;
	return fork();
}

static long do_vfork(long number)
{
	(void)number;
	return syscall(SYS_clone, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
}

static long trace_monitor(long number)
{
	return ptrace(PTRACE_ATTACH, (pid_t)number, NULL, NULL);
}

static long read_monitor(long number)
{
	struct iovec here = {octets, sizeof(octets)};
	struct iovec there = {(void *)&octets, sizeof(octets)};

	return process_vm_readv((pid_t)number, &here, 1, &there, 1, 0);
}

static long kill_monitor(long number)
{
	return kill((pid_t)number, SIGKILL);
}

/* The signal that a worker may send, but to another. */
static long abort_monitor(long number)
{
	return syscall(SYS_tgkill, number, number, SIGABRT);
}

static long do_setuid(long number)
{
	(void)number;
	return syscall(SYS_setresuid, 0, 0, 0);
}

static long do_capset(long number)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct all[2] = {{~0U, ~0U, ~0U},
						      {~0U, ~0U, ~0U}};

	(void)number;
	return syscall(SYS_capset, &header, all);
}

static long do_unshare(long number)
{
	(void)number;
	return unshare(CLONE_NEWUSER | CLONE_NEWNET);
}

static long map_code(long number)
{
	(void)number;
	return (long)mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static long make_code(long number)
{
	(void)number;
	return mprotect((void *)((uintptr_t)octets & ~4095UL), 4096,
			PROT_READ | PROT_EXEC);
}

static long do_memfd(long number)
{
	(void)number;
	return memfd_create("intruder", 0);
}

static long do_io_uring(long number)
{
	(void)number;
	return syscall(SYS_io_uring_setup, 1, octets);
}

static long unfilter_packet(long number)
{
	(void)number;
	return setsockopt(WORKER_PACKET, SOL_SOCKET, SO_DETACH_FILTER, NULL, 0);
}

static long bind_elsewhere(long number)
{
	const int ifindex = (int)number;

	return setsockopt(WORKER_ARP, SOL_SOCKET, SO_BINDTOIFINDEX, &ifindex,
			  sizeof(ifindex));
}

/* Calls that fail, and the kernel's own refusals. */

static long ask_parent(long number)
{
	(void)number;
	return syscall(SYS_getppid);
}

static long do_unlink(long number)
{
	(void)number;
	return syscall(SYS_unlinkat, AT_FDCWD, "/run/dhcpcanon/cli0.pid", 0);
}

static long do_ioctl(long number)
{
	struct ifreq request = {.ifr_name = "cli0"};

	(void)number;
	return ioctl(WORKER_ARP, SIOCSIFFLAGS, &request);
}

static long do_dumpable(long number)
{
	(void)number;
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static long map_memory(long number)
{
	(void)number;
	return (long)mmap(NULL, 1 << 30, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static long read_others_frames(long number)
{
	(void)number;
	return recv(WORKER_ARP, octets, sizeof(octets), 0);
}

/* The link down, by the socket that may only ask; the kernel's answer. */
static long set_link_down(long number)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg link;
	} request = {
		.header = {.nlmsg_len = sizeof(request),
			   .nlmsg_type = RTM_NEWLINK,
			   .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
		.link = {.ifi_index = (int)number, .ifi_change = IFF_UP},
	};
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
	} answer;
	struct iovec bytes = {&answer, sizeof(answer)};
	struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1};

	if (write(WORKER_NETLINK, &request, sizeof(request)) < 0)
		return -1;
	do {
		if (recvmsg(WORKER_NETLINK, &message, 0) < 0)
			return -1;
	} while (answer.header.nlmsg_type != NLMSG_ERROR);
	errno = -answer.error.error;
	return errno == 0 ? 0 : -1;
}

/* Notices. */

static struct notice_script script;
static struct notice_renewal renewal;
static struct notice_log line;
static struct notice_state status;

static void say(const void *notice, size_t size)
{
	send(WORKER_PIPE, notice, size, MSG_NOSIGNAL);
}

/* A lease that the monitor accepts as it is. */
static struct variables *fill_script(enum reason reason)
{
	memset(&script, 0, sizeof(script));
	script.type = NOTICE_SCRIPT;
	script.reason = reason;
	script.times = (struct notice_times){1800, 3150, 3600};
	variables_add(&script.variables, FIELD_IP_ADDRESS, "10.77.0.66");
	variables_add(&script.variables, 1, "255.255.255.0");
	return &script.variables;
}

/* Of the length that it claims to have, as far as that is there. */
static void say_script(void)
{
	const size_t length = notice_script_length(&script);

	say(&script, length < sizeof(script) ? length : sizeof(script));
}

static struct variable *last_item(void)
{
	return &script.variables.item[script.variables.count - 1];
}

static long of_size(long number)
{
	fill_script(REASON_BOUND);
	say(&script,
	    number < 0 ? notice_script_length(&script) + 1 : (size_t)number);
	return 0;
}

static long of_type(long number)
{
	fill_script(REASON_BOUND);
	script.type = (uint32_t)number;
	say_script();
	return 0;
}

static long for_reason(long number)
{
	fill_script((enum reason)number);
	if (number != REASON_BOUND && number != REASON_RENEW)
		memset(&script.variables, 0, sizeof(script.variables));
	say_script();
	return 0;
}

static long variables_count(long number)
{
	fill_script(REASON_BOUND)->count = (uint32_t)number;
	say_script();
	return 0;
}

static long variables_size(long number)
{
	fill_script(REASON_BOUND)->size = (uint32_t)number;
	say_script();
	return 0;
}

static long item_size(long number)
{
	fill_script(REASON_BOUND);
	last_item()->size = (uint16_t)number;
	say_script();
	return 0;
}

/* So many, none of which is a DHCPREQUEST. */
static long renew(long number)
{
	renewal.type = NOTICE_RENEWAL;
	memset(renewal.message, 'e', sizeof(renewal.message));
	while (number-- > 0)
		say(&renewal, sizeof(renewal));
	return 0;
}

static long of_code(long number)
{
	variables_add(fill_script(REASON_BOUND), (uint16_t)number, "/tmp/evil");
	say_script();
	return 0;
}

static long unclean(long number)
{
	static const char *const texts[] = {
		"x\nLD_PRELOAD=/tmp/evil.so",
		"$(touch /tmp/evil)",
		"`touch /tmp/evil`",
		"x;touch /tmp/evil",
		"'\"\\",
		"\x1b[2J",
	};

	variables_add(fill_script(REASON_BOUND), 17, texts[number]);
	say_script();
	return 0;
}

/* A second string inside of the first one's octets, or no end at all. */
static long inner_nul(long number)
{
	struct variables *variables = fill_script(REASON_BOUND);
	char *text = variables->text + variables->size;

	variables_add(variables, 17, "x/PATH=/tmp/evil:/bin");
	if (number == 0)
		text[1] = '\0';
	else
		text[last_item()->size - 1] = 'x';
	say_script();
	return 0;
}

static long wrong_times(long number)
{
	(void)number;
	fill_script(REASON_BOUND);
	script.times = (struct notice_times){10, 5, 3600};
	say_script();
	return 0;
}

static long without_address(long number)
{
	(void)number;
	variables_remove(fill_script(REASON_BOUND), FIELD_IP_ADDRESS);
	say_script();
	return 0;
}

/* The first is in order, and its script runs until the test says so. */
static long two_scripts(long number)
{
	(void)number;
	fill_script(REASON_BOUND);
	say_script();
	fill_script(REASON_BOUND);
	variables_remove(&script.variables, FIELD_IP_ADDRESS);
	variables_add(&script.variables, FIELD_IP_ADDRESS, "10.77.0.67");
	say_script();
	return 0;
}

static void fill_line(const char *text)
{
	memset(&line, 0, sizeof(line));
	line.type = NOTICE_LOG;
	line.level = LOG_NOTICE;
	memcpy(line.text, text, strlen(text));
}

static long log_level(long number)
{
	fill_line("hostile: this level");
	line.level = (uint32_t)number;
	say(&line, sizeof(line));
	return 0;
}

static long log_two_lines(long number)
{
	(void)number;
	fill_line("hostile: one\nhostile: two");
	say(&line, sizeof(line));
	return 0;
}

static long log_endless(long number)
{
	(void)number;
	fill_line("");
	memset(line.text, 'x', sizeof(line.text));
	say(&line, sizeof(line));
	return 0;
}

static long of_state(long number)
{
	memset(&status, 0, sizeof(status));
	status.type = NOTICE_STATE;
	status.state = (uint32_t)number;
	say(&status, sizeof(status));
	return 0;
}

static long of_sandbox(long number)
{
	memset(&status, 0, sizeof(status));
	status.type = NOTICE_STATE;
	status.sandbox.seccomp = (uint8_t)number;
	say(&status, sizeof(status));
	return 0;
}

/* What is in order is let through, and no more than so much of it. */

static long flood(long number)
{
	(void)number;
	fill_line("hostile: flood");
	memset(&status, 0, sizeof(status));
	status.type = NOTICE_STATE;
	for (int i = 0; i < FLOOD; i++) {
		say(&line, sizeof(line));
		say(&status, sizeof(status));
	}
	return 0;
}

static long announce(long number)
{
	(void)number;
	variables_add(fill_script(REASON_BOUND), 121,
		      "1 0 10 77 0 66 1 128 10 77 0 66");
	say_script();
	return 0;
}

static long end(long number)
{
	_exit((int)number);
}

static const struct {
	const char *verb;
	long (*act)(long number);
	bool waits; /* for its end: no more is to happen after it */
} verbs[] = {
	{"open", do_open, false},
	{"create", do_create, false},
	{"socket", do_socket, false},
	{"bind", do_bind, false},
	{"connect", do_connect, false},
	{"interface", send_on_interface, false},
	{"ethertype", send_ethertype, false},
	{"descriptor", pass_descriptor, false},
	{"execve", do_execve, false},
	{"fork", do_fork, false},
	{"vfork", do_vfork, false},
	{"ptrace", trace_monitor, false},
	{"readv", read_monitor, false},
	{"kill", kill_monitor, false},
	{"abort", abort_monitor, false},
	{"setuid", do_setuid, false},
	{"capset", do_capset, false},
	{"unshare", do_unshare, false},
	{"map-code", map_code, false},
	{"make-code", make_code, false},
	{"memfd", do_memfd, false},
	{"io_uring", do_io_uring, false},
	{"unfilter", unfilter_packet, false},
	{"bind-device", bind_elsewhere, false},
	{"getppid", ask_parent, false},
	{"unlink", do_unlink, false},
	{"ioctl", do_ioctl, false},
	{"dumpable", do_dumpable, false},
	{"map-memory", map_memory, false},
	{"recv-frames", read_others_frames, false},
	{"link-down", set_link_down, false},
	{"size", of_size, true},
	{"type", of_type, true},
	{"reason", for_reason, true},
	{"variables-count", variables_count, true},
	{"variables-size", variables_size, true},
	{"item-size", item_size, true},
	{"code", of_code, true},
	{"unclean", unclean, true},
	{"inner-nul", inner_nul, true},
	{"times", wrong_times, true},
	{"no-address", without_address, true},
	{"two-scripts", two_scripts, true},
	{"log-level", log_level, true},
	{"log-lines", log_two_lines, true},
	{"log-endless", log_endless, true},
	{"state", of_state, true},
	{"sandbox", of_sandbox, true},
	{"flood", flood, false},
	{"renew", renew, false},
	{"announce", announce, true},
	{"exit", end, true},
};

static void perform(const char *command)
{
	const size_t length = strcspn(command, " ");
	const long number = atol(command + length);

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		long result;

		if (strncmp(command, verbs[i].verb, length) != 0 ||
		    verbs[i].verb[length] != '\0')
			continue;
		log_line(LOG_NOTICE, "hostile: %s", command);
		result = verbs[i].act(number);
		while (verbs[i].waits)
			ppoll(NULL, 0, NULL, NULL);
		log_line(LOG_NOTICE, "hostile: %s: %s", command,
			 result == -1 ? strerror(errno) : "done");
		return;
	}
	log_line(LOG_NOTICE, "hostile: no verb %s", command);
}

enum decode __wrap_message_decode(const uint8_t *bytes, size_t length,
				  struct message *out)
{
	const enum decode result = __real_message_decode(bytes, length, out);
	const uint8_t *value;
	char command[64];
	size_t size;

	if (result != DECODE_OK)
		return result;
	value = message_option(out, COMMAND_OPTION, &size);
	if (value != NULL && size < sizeof(command)) {
		memcpy(command, value, size);
		command[size] = '\0';
		perform(command);
	}
	return result;
}
