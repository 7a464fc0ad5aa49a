/* What a worker is given, and what it does not take for that. */
#include "unit.h"

#include "child.h"
#include "handover.h"
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#define COUNT (WORKER_DESCRIPTORS_END - WORKER_PACKET)

static const char command[] = "start";

/* The monitor's end; the child's is WORKER_PIPE. */
static int monitor;

static void open_pipe(void)
{
	int ends[2];

	/* what is inherited is where the sockets are to be */
	for (int i = 0; i < WORKER_DESCRIPTORS_END; i++)
		if (fcntl(i, F_GETFD) < 0)
			CHECK(open("/dev/null", O_RDWR) == i);
	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0);
	monitor = ends[0];
	CHECK(dup2(ends[1], WORKER_PIPE) == WORKER_PIPE);
	close(ends[1]);
}

/* Pipes, so that what is written into one end shows which it was. */
static struct transport make_sockets(int far[COUNT])
{
	int near[COUNT];

	for (int i = 0; i < COUNT; i++) {
		int ends[2];

		CHECK(pipe2(ends, O_CLOEXEC) == 0);
		far[i] = ends[0];
		near[i] = ends[1];
	}
	return (struct transport){
		.packet = near[0],
		.arp = near[1],
		.udp = -1,
		.netlink = near[2],
		.deadline = near[3],
		.resumed = near[4],
	};
}

/* In a child of the child, since it closes all that it does not know. */
static void take_all(void)
{
	char taken[sizeof(command)];

	CHECK(handover_receive(WORKER_PIPE, taken, sizeof(taken)) == 0);
	CHECK(strcmp(taken, command) == 0);
	for (int i = 0; i < COUNT; i++) {
		const char number = (char)('0' + i);

		CHECK(write(WORKER_PACKET + i, &number, 1) == 1);
	}
	CHECK(fcntl(WORKER_DESCRIPTORS_END, F_GETFD) < 0 && errno == EBADF);
}

static void hand_over(void)
{
	int far[COUNT];
	struct transport transport;

	open_pipe();
	transport = make_sockets(far);
	CHECK(handover_send(monitor, &transport, command, sizeof(command)) ==
	      0);
	CHECK(holds_in_child(take_all));
	for (int i = 0; i < COUNT; i++) {
		char number = 0;

		CHECK(read(far[i], &number, 1) == 1);
		CHECK(number == '0' + i);
	}
}

static void each_descriptor_has_its_number(void **state)
{
	(void)state;
	assert_true(holds_in_child(hand_over));
}

static void refuse(void)
{
	char taken[sizeof(command)];

	CHECK(handover_receive(WORKER_PIPE, taken, sizeof(taken)) == -EBADMSG);
}

static void hand_over_no_descriptor(void)
{
	open_pipe();
	CHECK(send(monitor, command, sizeof(command), 0) == sizeof(command));
	CHECK(holds_in_child(refuse));
}

/* With all its descriptors, but a command of `size` octets. */
static void hand_over_of_size(size_t size)
{
	static const char room[sizeof(command) + 1];
	int far[COUNT];
	struct transport transport;

	CHECK(size <= sizeof(room));
	open_pipe();
	transport = make_sockets(far);
	CHECK(handover_send(monitor, &transport, room, size) == 0);
	CHECK(holds_in_child(refuse));
}

static void hand_over_too_short(void)
{
	hand_over_of_size(1);
}

static void hand_over_too_long(void)
{
	hand_over_of_size(sizeof(command) + 1);
}

static void anything_else_is_refused(void **state)
{
	(void)state;
	assert_true(holds_in_child(hand_over_no_descriptor));
	assert_true(holds_in_child(hand_over_too_short));
	assert_true(holds_in_child(hand_over_too_long));
}

static void find_nobody(void)
{
	char taken[sizeof(command)];

	CHECK(handover_receive(WORKER_PIPE, taken, sizeof(taken)) == -EPIPE);
}

static void go_away(void)
{
	open_pipe();
	close(monitor);
	CHECK(holds_in_child(find_nobody));
}

static void an_end_of_file_is_told_apart(void **state)
{
	(void)state;
	assert_true(holds_in_child(go_away));
}

static void send_to_nobody(void)
{
	int far[COUNT];
	struct transport transport;

	open_pipe();
	transport = make_sockets(far);
	close(WORKER_PIPE);
	CHECK(handover_send(monitor, &transport, command, sizeof(command)) ==
	      -EPIPE);
}

static void a_worker_that_has_gone_is_an_error(void **state)
{
	(void)state;
	assert_true(holds_in_child(send_to_nobody));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_descriptor_has_its_number),
		cmocka_unit_test(anything_else_is_refused),
		cmocka_unit_test(an_end_of_file_is_told_apart),
		cmocka_unit_test(a_worker_that_has_gone_is_an_error),
	};

	return cmocka_run_group_tests_name("handover", tests, NULL, NULL);
}
