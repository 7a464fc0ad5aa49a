/* What reaches a service manager, by the real libsystemd. */
#include "unit.h"

#include "notify.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LIBRARY "libsystemd.so.0"

static bool is_loaded(void)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_NOLOAD);

	if (library != NULL)
		dlclose(library);
	return library != NULL;
}

/* A manager's socket, abstract, which $NOTIFY_SOCKET names from then on. */
static int listen_as_manager(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const int manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	char name[sizeof(address.sun_path)];

	snprintf(name, sizeof(name), "@dhcpcanon-test-%d", (int)getpid());
	memcpy(address.sun_path, name, strlen(name));
	address.sun_path[0] = '\0';
	assert_int_equal(
		bind(manager, (struct sockaddr *)&address,
		     (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
				 strlen(name))),
		0);
	assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
	return manager;
}

/* First, since what is loaded stays. */
static void without_a_manager_nothing_is_loaded(void **state)
{
	const char *why = NULL;

	(void)state;
	unsetenv("NOTIFY_SOCKET");
	assert_true(notify_open(&why));
	notify_send("READY=1");
	assert_true(notify_watchdog_ms() == 0);
	assert_false(is_loaded());
	assert_null(why);
}

static void a_manager_hears_what_is_sent(void **state)
{
	const int manager = listen_as_manager();
	const char *why = NULL;
	char heard[64] = "";

	(void)state;
	assert_true(notify_open(&why));
	assert_true(is_loaded());
	notify_send("STATUS=all is well");
	assert_true(recv(manager, heard, sizeof(heard) - 1, 0) > 0);
	assert_string_equal(heard, "STATUS=all is well");
	close(manager);
	notify_send("STATUS=nobody is there"); /* and nothing happens */
}

static void the_watchdog_is_ours_if_it_names_us_or_nobody(void **state)
{
	char pid[32];

	(void)state;
	unsetenv("WATCHDOG_USEC");
	assert_true(notify_watchdog_ms() == 0);
	setenv("WATCHDOG_USEC", "3000000", 1);
	assert_true(notify_watchdog_ms() == 3000);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("WATCHDOG_PID", pid, 1);
	assert_true(notify_watchdog_ms() == 3000);
	setenv("WATCHDOG_PID", "1", 1);
	assert_true(notify_watchdog_ms() == 0);
	setenv("WATCHDOG_USEC", "soon", 1);
	assert_true(notify_watchdog_ms() == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_manager_nothing_is_loaded),
		cmocka_unit_test(a_manager_hears_what_is_sent),
		cmocka_unit_test(the_watchdog_is_ours_if_it_names_us_or_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
