/*
 * Landlock really entered, in children, and what fails from then on; root
 * tries, so that nothing else stands in its way.
 */
#include "unit.h"

#include "child.h"
#include "landlock.h"
#include "scratch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

/* As of which version of the kernel's interface something is refused. */
#define TRUNCATE 3
#define PORTS 4
#define SCOPES 6

static int version;

static void enter(void)
{
	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	version = landlock_enter();
	CHECK(version > 0);
}

static void check_files(void)
{
	char *const arguments[] = {(char *)"true", NULL};
	char ours[64], other[64];
	int file;

	snprintf(ours, sizeof(ours), "%s/ours", scratch_directory);
	snprintf(other, sizeof(other), "%s/other", scratch_directory);
	file = open(ours, O_CREAT | O_EXCL | O_WRONLY, 0600);
	CHECK(file >= 0);
	enter();
	CHECK(open("/etc/passwd", O_RDONLY) < 0 && errno == EACCES);
	CHECK(open("/dev/null", O_WRONLY) < 0 && errno == EACCES);
	CHECK(open("/proc/self/mem", O_RDWR) < 0 && errno == EACCES);
	CHECK(open("/tmp", O_RDONLY | O_DIRECTORY) < 0 && errno == EACCES);
	CHECK(open(other, O_CREAT | O_EXCL | O_WRONLY, 0600) < 0);
	CHECK(errno == EACCES);
	CHECK(mkdir(other, 0700) < 0 && errno == EACCES);
	CHECK(rename(ours, other) < 0 && errno == EACCES);
	CHECK(execv("/bin/true", arguments) < 0 && errno == EACCES);
	if (version >= TRUNCATE)
		CHECK(truncate(ours, 0) < 0 && errno == EACCES);
	CHECK(unlink(ours) < 0 && errno == EACCES);
	/* what was open before stays */
	CHECK(write(file, "", 1) == 1);
}

static void no_file_can_be_reached(void **state)
{
	(void)state;
	assert_true(holds_in_child(check_files));
}

static void check_ports(void)
{
	const struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr = {htonl(INADDR_LOOPBACK)},
		.sin_port = htons(9),
	};
	const struct sockaddr *any = (const struct sockaddr *)&address;
	const int tcp = socket(AF_INET, SOCK_STREAM, 0);

	enter();
	if (version < PORTS)
		return;
	CHECK(bind(tcp, any, sizeof(address)) < 0 && errno == EACCES);
	CHECK(connect(tcp, any, sizeof(address)) < 0 && errno == EACCES);
}

static void no_tcp_port_can_be_used(void **state)
{
	(void)state;
	assert_true(holds_in_child(check_ports));
}

static void check_scopes(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const socklen_t size = offsetof(struct sockaddr_un, sun_path) + 24;
	const int server = socket(AF_UNIX, SOCK_DGRAM, 0);
	const int client = socket(AF_UNIX, SOCK_DGRAM, 0);

	snprintf(&address.sun_path[1], 23, "landlock/%d", getpid());
	CHECK(bind(server, (struct sockaddr *)&address, size) == 0);
	CHECK(kill(getppid(), 0) == 0);
	enter();
	if (version < SCOPES)
		return;
	CHECK(connect(client, (struct sockaddr *)&address, size) < 0);
	CHECK(errno == EPERM);
	CHECK(kill(getppid(), 0) < 0 && errno == EPERM);
}

static void nobody_outside_can_be_reached(void **state)
{
	(void)state;
	assert_true(holds_in_child(check_scopes));
}

static void twice(void)
{
	enter();
	enter();
}

static void it_can_be_entered_again(void **state)
{
	(void)state;
	assert_true(holds_in_child(twice));
}

/* It takes no_new_privs or SYS_ADMIN. */
static void with_privileges_to_gain(void)
{
	set_capabilities(0, 0, 0);
	CHECK(landlock_enter() == -EPERM);
	CHECK(open("/etc/passwd", O_RDONLY) >= 0);
}

static void a_refusal_is_told(void **state)
{
	(void)state;
	assert_true(holds_in_child(with_privileges_to_gain));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(no_file_can_be_reached,
					  scratch_empty),
		cmocka_unit_test(no_tcp_port_can_be_used),
		cmocka_unit_test(nobody_outside_can_be_reached),
		cmocka_unit_test(it_can_be_entered_again),
		cmocka_unit_test(a_refusal_is_told),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
