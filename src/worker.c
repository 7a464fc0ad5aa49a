/*
 * Stamps what happens with time and random bits, hands it to client_step and
 * does what comes back.  Decides nothing about the protocol.
 */
#include "worker.h"

#include "budget.h"
#include "clock.h"
#include "handover.h"
#include "log.h"
#include "notice.h"
#include "report.h"
#include "room.h"
#include "sandbox.h"
#include "seccomp.h"
#include "survey.h"
#include "transport.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#define FRAMES_AT_ONCE 64 /* before the other descriptors have their turn */
#define TURNS_MAX 16      /* for what has queued at the packet socket */
#define DROP_LINES_A_SECOND 4
#define REFUSAL_LINES_A_MINUTE 6
#define REFUSALS_MAX 16 /* options named in the log */

/* Lines of one kind, which a network may cause as often as it likes. */
struct quota {
	struct budget budget;
	uint32_t omitted; /* since the last one that was logged */
};

/* Large, and one a process: not on the stack, never allocated. */
static ROOM struct {
	struct client client;
	struct definitions definitions;
	struct link link;
	struct counters counters;
	struct sandbox_state sandbox;
	struct notice_state reported; /* the last NOTICE_STATE sent */
	struct message message;
	struct actions actions;
	uint8_t frame[FRAME_MAX];
	size_t frame_length; /* of `frame`, the last one received */
	struct quota drop_lines, refusal_lines;
	bool ending;
	int exit_status;
	struct notice_script script; /* last: see struct variables */
} worker;

/* Ends the process when the monitor has gone: nobody is left to serve. */
static void send_notice(const void *notice, size_t size, int flags)
{
	if (send(WORKER_PIPE, notice, size, flags | MSG_NOSIGNAL) < 0 &&
	    errno != EAGAIN && errno != EINTR)
		_exit(EXIT_FAILURE);
}

static void log_to_monitor(int level, const char *line)
{
	struct notice_log notice = {.type = NOTICE_LOG,
				    .level = (uint32_t)level};

	snprintf(notice.text, sizeof(notice.text), "%s", line);
	send_notice(&notice, sizeof(notice), MSG_DONTWAIT);
}

/* Whole seconds from now, rounded up so that nothing ends before its time. */
static uint32_t seconds_until(uint64_t when_ms, uint64_t now_ms)
{
	if (when_ms == TIME_NEVER)
		return NOTICE_FOREVER;
	if (when_ms <= now_ms)
		return 0;
	return (uint32_t)((when_ms - now_ms + 999) / 1000);
}

static struct notice_times times_from_now(void)
{
	const struct lease *lease = &worker.client.lease;
	const uint64_t now_ms = clock_boottime_ms();

	return (struct notice_times){
		.t1_s = seconds_until(client_renewal_ms(&worker.client),
				      now_ms),
		.t2_s = seconds_until(lease->t2_ms, now_ms),
		.expiry_s = seconds_until(lease->expiry_ms, now_ms),
	};
}

static void send_state(void)
{
	struct notice_state notice = {
		.type = NOTICE_STATE,
		.state = worker.client.state,
		.sandbox = worker.sandbox,
		.counters = worker.counters,
	};

	if (client_is_bound(&worker.client)) {
		notice.address = worker.client.lease.address;
		notice.server = worker.client.lease.server;
		notice.times = times_from_now();
	}
	worker.reported = notice;
	send_notice(&notice, sizeof(notice), MSG_DONTWAIT);
}

/* The status file follows the state, not every frame. */
static void send_state_if_changed(void)
{
	const struct notice_state *old = &worker.reported;

	if (old->state != worker.client.state ||
	    (client_is_bound(&worker.client) &&
	     (old->address.s_addr != worker.client.lease.address.s_addr ||
	      old->server.s_addr != worker.client.lease.server.s_addr)))
		send_state();
}

/* Dropped frames. */

/*
 * Appends to a line how many of its kind were left out before it; false if it
 * is to be left out too.
 */
static bool allow_line(struct quota *quota, uint64_t clock, uint32_t most,
		       struct text *line)
{
	if (!budget_spend(&quota->budget, clock, most)) {
		quota->omitted++;
		return false;
	}
	if (quota->omitted > 0) {
		text_add(line, " (and ");
		text_add_number(line, quota->omitted);
		text_add(line, " more before)");
	}
	quota->omitted = 0;
	return true;
}

/*
 * Whoever sent the frame under way, by the one address that every frame has.
 * Debug lines may name it: it is not ours.
 */
static void add_sender(struct text *line)
{
	char sender[80];

	snprintf(sender, sizeof(sender), ", %zu octets", worker.frame_length);
	text_add(line, sender);
	if (worker.frame_length < (size_t)2 * MAC_LENGTH)
		return;

	const uint8_t *mac = worker.frame + MAC_LENGTH;

	snprintf(sender, sizeof(sender), " from %02x:%02x:%02x:%02x:%02x:%02x",
		 mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	text_add(line, sender);
}

static void log_drop(struct text *line)
{
	add_sender(line);
	if (allow_line(&worker.drop_lines, clock_boottime_ms(),
		       DROP_LINES_A_SECOND, line))
		log_line(LOG_DEBUG, "%s", line->start);
}

static void count_drop(enum decode why, const char *what)
{
	char buffer[NOTICE_LOG_MAX];
	struct text line = text_in(buffer, sizeof(buffer));

	worker.counters.dropped[why]++;
	if (!log_wants_debug())
		return;
	text_add(&line, worker.link.name);
	text_add(&line, ": dropped ");
	text_add(&line, what);
	text_add(&line, ": ");
	text_add(&line, decode_name(why));
	log_drop(&line);
}

/* What is to be done. */

/*
 * By the monitor, which has the UDP socket: with it we could send to anybody
 * and by any interface, since IP_PKTINFO beats what a socket is bound to.
 */
static void ask_to_renew(const uint8_t message[MESSAGE_SENT_LENGTH])
{
	struct notice_renewal notice = {.type = NOTICE_RENEWAL};

	memcpy(notice.message, message, sizeof(notice.message));
	send_notice(&notice, sizeof(notice), MSG_DONTWAIT);
}

static void do_send(const struct action *action)
{
	uint8_t frame[FRAME_HEADERS + MESSAGE_SENT_LENGTH];
	size_t length;
	int result;

	worker.counters.sent[action->message.sent]++;
	if (action->message.attempt > 1)
		worker.counters.retransmissions++;
	if (action->message.sent == SENT_DECLINE)
		worker.counters.declines++;
	if (action->type == ACTION_UNICAST) {
		ask_to_renew(action->message.bytes);
		return;
	}
	length = frame_encode(&worker.link.mac, action->message.bytes,
			      sizeof(action->message.bytes), frame,
			      sizeof(frame));
	result = transport_send_frame(WORKER_PACKET, frame, length);
	/* no retry of its own: the deadline says what happens next */
	if (result < 0)
		log_line(LOG_WARNING, "%s: %s could not be sent: %s",
			 worker.link.name, sent_name(action->message.sent),
			 strerror(-result));
}

static void log_refused_options(const struct variables_refusal *refusals,
				size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		char name[OPTION_NAME_MAX];

		option_name(refusals[i].code, name);
		log_line(LOG_NOTICE, "%s: option %u (%s) ignored: %s",
			 worker.link.name, refusals[i].code, name,
			 option_result_name(refusals[i].result));
	}
}

static void do_script(enum reason reason)
{
	struct variables_refusal refusals[REFUSALS_MAX];
	struct notice_script *notice = &worker.script;
	size_t count;

	notice->type = NOTICE_SCRIPT;
	notice->reason = reason;
	memset(&notice->times, 0, sizeof(notice->times));
	notice->variables.count = notice->variables.size = 0;
	if (reason == REASON_BOUND || reason == REASON_RENEW ||
	    reason == REASON_REBIND) {
		count = variables_from_message(
			&worker.client.ack, worker.client.lease.mask,
			&worker.definitions, &notice->variables, refusals,
			REFUSALS_MAX);
		if (reason == REASON_BOUND)
			log_refused_options(refusals, count);
		notice->times = times_from_now();
	}
	send_notice(notice, notice_script_length(notice), 0);
}

static void count_report(const struct action *action)
{
	switch (action->report.type) {
	case REPORT_REFUSED:
		worker.counters.offers_refused++;
		break;
	case REPORT_NAK:
		worker.counters.naks++;
		break;
	case REPORT_CONFLICT:
	case REPORT_DEFENDED:
		worker.counters.conflicts++;
		break;
	case REPORT_DROPPED:
		worker.counters.dropped[action->report.number]++;
		break;
	case REPORT_OFFER:
	case REPORT_ACK:
	case REPORT_BOUND:
	case REPORT_EXPIRED:
	case REPORT_NO_OFFERS:
	case REPORT_SCRIPT_REFUSED:
	case REPORT_LINK_LOST:
	case REPORT_LINK_BACK:
	case REPORT_RESUMED:
	case REPORT_MAC_CHANGED:
	case REPORT_NATURAL_MASK:
	case REPORT_NO_ROUTER:
	case REPORT_NO_DNS:
	case REPORT_COUNT:
		break;
	}
}

static void log_action(const struct action *action)
{
	char buffer[NOTICE_LOG_MAX];
	struct text line = text_in(buffer, sizeof(buffer));
	const int level = report_line(action, worker.link.name, &line);

	if (level == REPORT_SILENT)
		return;
	if (action->type == ACTION_REPORT &&
	    action->report.type == REPORT_DROPPED) {
		if (log_wants_debug())
			log_drop(&line);
		return;
	}
	if (action->type == ACTION_REPORT &&
	    action->report.type == REPORT_REFUSED &&
	    /* the budget's second is a minute here */
	    !allow_line(&worker.refusal_lines, clock_boottime_ms() / 60,
			REFUSAL_LINES_A_MINUTE, &line))
		return;
	log_line(level, "%s", buffer);
}

static void do_action(const struct action *action)
{
	int result = 0;

	log_action(action);
	switch (action->type) {
	case ACTION_BROADCAST:
	case ACTION_UNICAST:
		do_send(action);
		return;
	case ACTION_ARP:
		result = transport_send_frame(WORKER_ARP, action->arp,
					      sizeof(action->arp));
		break;
	case ACTION_ARP_WATCH:
		result = transport_watch_arp(WORKER_ARP, worker.link.ifindex,
					     action->watch, &worker.link.mac);
		break;
	case ACTION_SCRIPT:
		do_script(action->script.reason);
		return;
	case ACTION_REPORT:
		count_report(action);
		return;
	case ACTION_EXIT:
		worker.ending = true;
		worker.exit_status = WORKER_EXIT_BASE + (int)action->exit;
		return;
	}
	if (result < 0)
		log_line(LOG_WARNING, "%s: conflict detection: %s",
			 worker.link.name, strerror(-result));
}

/* What happened. */

/* Time, sleep and chance, fresh for each event. */
static void step(struct event *event)
{
	size_t i;

	event->now_ms = clock_boottime_ms();
	event->asleep_ms = event->now_ms - clock_ms(CLOCK_MONOTONIC);
	/* up to 256 octets come whole once the generator is ready */
	if (getrandom(&event->chance, sizeof(event->chance), 0) !=
	    (ssize_t)sizeof(event->chance))
		abort();
	client_step(&worker.client, event, &worker.actions);
	for (i = 0; i < worker.actions.count; i++)
		do_action(&worker.actions.list[i]);
	send_state_if_changed();
}

static void step_plain(enum event_type type)
{
	struct event event = {.type = type};

	step(&event);
}

/* One turn; true if more may be there. */
static bool read_packets(void)
{
	struct event event = {.type = EVENT_MESSAGE,
			      .message = &worker.message};
	int frames;

	for (frames = 0; frames < FRAMES_AT_ONCE && !worker.ending; frames++) {
		bool checksum_ready;
		struct frame frame;
		enum decode result;
		const ssize_t length = transport_receive(
			WORKER_PACKET, worker.frame, sizeof(worker.frame),
			&checksum_ready);

		if (length == -EAGAIN)
			return false;
		/* not for us; or the link's error: rtnetlink tells of that */
		if (length <= 0)
			continue;
		worker.frame_length = (size_t)length;
		result = frame_decode(worker.frame, (size_t)length,
				      checksum_ready, &frame);
		if (result == DECODE_OK)
			result = message_decode(frame.payload,
						frame.payload_length,
						&worker.message);
		if (result == DECODE_OK)
			step(&event);
		else
			count_drop(result, "a frame");
	}
	return true;
}

static void on_packet(void)
{
	read_packets();
}

/*
 * While no reply is awaited the packet socket wakes nobody, however many come.
 * They are read, dropped and counted when something else happens, before that
 * begins an exchange whose replies need the room.
 */
static void read_unawaited(void)
{
	int turns = 0;

	while (turns++ < TURNS_MAX && read_packets())
		;
}

static void on_arp(void)
{
	int frames;

	for (frames = 0; frames < FRAMES_AT_ONCE && !worker.ending; frames++) {
		struct event event = {.type = EVENT_ARP};
		bool unused;
		enum decode result;
		const ssize_t length =
			transport_receive(WORKER_ARP, worker.frame,
					  sizeof(worker.frame), &unused);

		if (length == -EAGAIN)
			return;
		if (length <= 0)
			continue;
		worker.frame_length = (size_t)length;
		result = arp_decode(worker.frame, (size_t)length, &event.arp);
		if (result == DECODE_OK)
			step(&event);
		else
			count_drop(result, "an ARP frame");
	}
}

static void on_netlink(void)
{
	struct event event = {.type = EVENT_LINK};
	bool changed;
	const int result =
		transport_read_link(WORKER_NETLINK, &worker.link, &changed);

	if (result < 0)
		log_line(LOG_WARNING, "%s: rtnetlink: %s", worker.link.name,
			 strerror(-result));
	if (!changed)
		return;
	event.link = worker.link;
	step(&event);
}

static void on_deadline(void)
{
	uint64_t expirations;

	if (read(WORKER_DEADLINE, &expirations, sizeof(expirations)) > 0)
		step_plain(EVENT_TIMER);
}

/* CLOCK_REALTIME was set, perhaps after a sleep: the step finds out. */
static void on_resumed(void)
{
	const int result = transport_arm_resumed(WORKER_RESUMED);

	if (result < 0)
		log_line(LOG_WARNING, "%s: resume timer: %s", worker.link.name,
			 strerror(-result));
	step_plain(EVENT_TIMER);
}

static void on_command(void)
{
	struct event event = {.type = EVENT_SCRIPT};
	struct command command;
	const ssize_t length =
		recv(WORKER_PIPE, &command, sizeof(command), MSG_DONTWAIT);

	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (length != (ssize_t)sizeof(command)) {
		worker.ending = true; /* end of file: the monitor has gone */
		return;
	}
	switch ((enum command_type)command.type) {
	case COMMAND_SCRIPT_DONE:
		event.script = (enum script_outcome)command.outcome;
		step(&event);
		return;
	case COMMAND_RENEW:
		step_plain(EVENT_RENEW);
		return;
	case COMMAND_STOP:
		step_plain(EVENT_STOP);
		return;
	case COMMAND_REPORT:
		send_state();
		return;
	case COMMAND_START:
		return; /* once, before the loop */
	}
}

/* What is watched, and who answers; in this order each time round. */
static const struct {
	int descriptor;
	void (*answer)(void);
} sources[] = {
	{WORKER_PIPE, on_command},    {WORKER_NETLINK, on_netlink},
	{WORKER_RESUMED, on_resumed}, {WORKER_PACKET, on_packet},
	{WORKER_ARP, on_arp},         {WORKER_DEADLINE, on_deadline},
};

#define SOURCES (sizeof(sources) / sizeof(sources[0]))

/* Said once: a change in the C library is no reason to lose the network. */
static void log_unknown_call(void)
{
	const int call = seccomp_unknown_call();

	if (call >= 0)
		log_line(LOG_WARNING,
			 "%s: system call %d is unknown to the worker's "
			 "sandbox: it failed",
			 worker.link.name, call);
}

static void serve(void)
{
	struct pollfd polled[SOURCES];
	uint64_t armed_ms = TIME_NEVER;
	size_t i;

	while (!worker.ending) {
		const uint64_t deadline_ms = client_deadline(&worker.client);
		const bool is_awaited = client_awaits_reply(&worker.client);

		for (i = 0; i < SOURCES; i++) {
			const int descriptor = sources[i].descriptor;
			const bool is_idle =
				descriptor == WORKER_PACKET && !is_awaited;

			polled[i] = (struct pollfd){
				.fd = is_idle ? -1 : descriptor,
				.events = POLLIN,
			};
		}
		if (deadline_ms != armed_ms)
			transport_arm_deadline(WORKER_DEADLINE, deadline_ms);
		armed_ms = deadline_ms;
		if (ppoll(polled, SOURCES, NULL, NULL) < 0) {
			if (errno == EINTR)
				continue;
			log_line(LOG_ERR, "%s: ppoll: %s", worker.link.name,
				 strerror(errno));
			worker.exit_status = EXIT_FAILURE;
			return;
		}
		if (!is_awaited)
			read_unawaited();
		for (i = 0; i < SOURCES && !worker.ending; i++) {
			/* one that is not there would be ready for ever */
			assert((polled[i].revents & POLLNVAL) == 0);
			if (polled[i].revents != 0)
				sources[i].answer();
		}
		if (polled[SOURCES - 1].revents != 0)
			armed_ms = TIME_NEVER; /* it fired */
		log_unknown_call();
	}
}

/* Start. */

/* Ctrl-C and systemd's KillMode reach us too; the monitor decides. */
static void settle_signals(void)
{
	static const int ignored[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM,
				      SIGUSR1, SIGUSR2, SIGPIPE, SIGALRM};
	sigset_t none;
	size_t i;

	for (i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void close_others(void)
{
#ifndef TEST_BUILD
	close_range(0, WORKER_PIPE - 1, 0);
#endif
}

static bool is_pipe(int descriptor)
{
	int type = 0;
	socklen_t size = sizeof(type);

	return getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
	       type == SOCK_SEQPACKET;
}

static void log_sandbox(const struct sandbox_lacks *lacks)
{
	const struct sandbox_state *sandbox = &worker.sandbox;
	const char *name = worker.link.name;
	const bool is_full = lacks->landlock == NULL && lacks->seccomp == NULL;

	log_line(LOG_INFO,
		 "%s: worker's sandbox is %s: no capability, no new "
		 "privileges%s%s%s%s",
		 name, is_full ? "full" : "partial",
		 sandbox->own_user ? ", a user of its own" : "",
		 sandbox->bounding_emptied ? "" : ", a bounding set as it was",
		 sandbox->landlock != 0 ? ", Landlock" : "",
		 sandbox->seccomp != 0 ? ", seccomp" : "");
	if (lacks->landlock != NULL)
		log_line(LOG_WARNING, "%s: worker without Landlock: %s", name,
			 lacks->landlock);
	if (lacks->seccomp != NULL)
		log_line(LOG_WARNING, "%s: worker without seccomp: %s", name,
			 lacks->seccomp);
}

int worker_main(const char *name)
{
	struct command start;
	struct sandbox_lacks lacks;
	const char *what = NULL;
	int result;

	result = is_pipe(WORKER_PIPE)
			 ? handover_receive(WORKER_PIPE, &start, sizeof(start))
			 : -ENOTSOCK;
	if (result == -EPIPE)
		return EXIT_FAILURE; /* it says itself why it ended */
	if (result < 0 || start.type != COMMAND_START) {
		fprintf(stderr, "%s: --worker is for the monitor to start\n",
			name);
		return EXIT_FAILURE;
	}
	prctl(PR_SET_NAME, name, 0, 0, 0);
	settle_signals();
	close_others();
	log_open(name,
		 (struct log_target){.debug = start.start.is_verbose != 0});
	log_set_sink(log_to_monitor);
	worker.definitions = start.start.definitions;
	worker.link.ifindex = start.start.ifindex;
	memcpy(worker.link.name, start.start.name, sizeof(worker.link.name));
	result = sandbox_enter(start.start.uid, start.start.gid,
			       &worker.sandbox, &lacks, &what);
	if (result < 0) {
		log_line(LOG_ERR, "%s: sandbox: %s: %s", worker.link.name, what,
			 strerror(-result));
		return EXIT_FAILURE;
	}
	log_sandbox(&lacks);
	if (start.start.surveys)
		return survey_run(&start);
	client_init(&worker.client, &start.start.client, clock_boottime_ms(),
		    clock_boottime_ms() - clock_ms(CLOCK_MONOTONIC));
	result = transport_ask_link(WORKER_NETLINK, worker.link.ifindex);
	if (result == 0)
		result = transport_arm_resumed(WORKER_RESUMED);
	if (result < 0) {
		log_line(LOG_ERR, "%s: rtnetlink: %s", worker.link.name,
			 strerror(-result));
		return EXIT_FAILURE;
	}
	send_state();
	serve();
	return worker.exit_status;
}
