/* -r and -x: who is stopped, and what is taken down. */
#include "scratch.h"

#include "configuration.h"
#include "log.h"
#include "pidfile.h"
#include "stop.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#define PID_PATH scratch("pid")
#define LEASES scratch("leases")
#define SCRIPT_PATH scratch("script")
#define RESULT scratch("result")

#define BLOCK(interface, address)                                              \
	"lease {\n  interface \"" interface "\";\n  fixed-address " address    \
	";\n  option subnet-mask 255.255.255.0;\n  renew never;\n"             \
	"  rebind never;\n  expire 0 2026/11/22 16:31:45;\n}\n"

static char log_text[65536];

static void keep_log(int level, const char *text)
{
	(void)level;
	assert_true(strlen(log_text) + strlen(text) + 2 < sizeof(log_text));
	strcat(log_text, text);
	strcat(log_text, "\n");
}

static struct options options;
static char paths[4][128], result_variable[160];

/* -x with a script that appends what it is told to RESULT. */
static int start(void **state)
{
	(void)state;
	log_text[0] = '\0';
	log_set_sink(keep_log);
	memset(&options, 0, sizeof(options));
	options.action = CLI_STOP;
	options.pid_file = strcpy(paths[0], PID_PATH);
	options.lease_file = strcpy(paths[1], LEASES);
	options.script = strcpy(paths[2], SCRIPT_PATH);
	snprintf(result_variable, sizeof(result_variable), "RESULT=%s", RESULT);
	options.extra[options.extra_count++] = result_variable;
	scratch_write(SCRIPT_PATH,
		      "#!/bin/sh\necho $reason $interface $old_ip_address"
		      " $old_network_number $old_expiry"
		      " ${new_ip_address-none} >>$RESULT\n",
		      0700);
	return 0;
}

static void name_interface(const char *name)
{
	options.interface[options.interface_count++] = name;
}

static bool exists(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0;
}

/* A child that holds the lock, and ends on SIGTERM unless it is stubborn. */
static pid_t start_client(bool is_stubborn)
{
	int ready[2];
	char octet;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);

	const pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		pid_t holder;

		if (is_stubborn)
			signal(SIGTERM, SIG_IGN);
		if (pidfile_open(PID_PATH, 0640, &holder) < 0 ||
		    write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &octet, 1), 1);
	close(ready[0]);
	return child;
}

/* The signal that the child died of. */
static int death_of(pid_t child)
{
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	return WTERMSIG(status);
}

static void with_nothing_to_stop_all_is_well(void **state)
{
	(void)state;
	assert_int_equal(stop_running_client(&options), 0);
	name_interface("eth0");
	assert_int_equal(stop_running_client(&options), 0);
	assert_false(exists(RESULT));
	assert_non_null(strstr(log_text, "Nothing is sent"));
}

static void an_interface_that_was_never_held_has_nothing_to_stop(void **state)
{
	(void)state;
	options.pid_file = options.lease_file = options.script = NULL;
	name_interface("no-such-link");
	assert_int_equal(stop_running_client(&options), 0);
	assert_string_equal(log_text, "Nothing is sent: servers are not told "
				      "of the end\n");
}

static void the_holder_of_the_lock_is_stopped(void **state)
{
	const pid_t child = start_client(false);

	(void)state;
	assert_int_equal(stop_running_client(&options), 0);
	assert_int_equal(death_of(child), SIGTERM);
	assert_non_null(strstr(log_text, "Killed old client process\n"));
	assert_false(exists(PID_PATH));
}

static void a_holder_that_does_not_listen_is_killed(void **state)
{
	const pid_t child = start_client(true);

	(void)state;
	assert_int_equal(stop_running_client(&options), 0);
	assert_int_equal(death_of(child), SIGKILL);
	assert_non_null(strstr(log_text, "Killed old client process\n"));
	assert_false(exists(PID_PATH));
}

static void a_stale_pid_file_is_removed_whatever_it_says(void **state)
{
	char text[32];

	(void)state;
	snprintf(text, sizeof(text), "%d\n", (int)getpid());
	scratch_write(PID_PATH, text, 0644);
	assert_int_equal(stop_running_client(&options), 0);
	assert_non_null(strstr(log_text, "Removed stale PID file\n"));
	assert_false(exists(PID_PATH));
}

/* A child that locks nothing, called `argv0`; its pid file is PID_PATH. */
static pid_t start_called(const char *argv0)
{
	int started[2];
	char octet, text[16];

	assert_int_equal(pipe2(started, O_CLOEXEC), 0);

	const pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		execl("/bin/sleep", argv0, "60", NULL);
		_exit(1);
	}
	close(started[1]);
	assert_int_equal(read(started[0], &octet, 1), 0);
	close(started[0]);
	snprintf(text, sizeof(text), "%d\n", (int)child);
	scratch_write(PID_PATH, text, 0644);
	return child;
}

static void
in_the_place_of_dhclient_one_that_still_runs_is_stopped(void **state)
{
	static const char *const names[] = {"dhclient", "/usr/sbin/dhclient"};

	(void)state;
	options.personality = PERSONALITY_DHCLIENT;
	for (size_t i = 0; i < 2; i++) {
		const pid_t child = start_called(names[i]);

		log_text[0] = '\0';
		assert_int_equal(stop_running_client(&options), 0);
		assert_int_equal(death_of(child), SIGTERM);
		assert_non_null(strstr(log_text, "Killed old client process"));
		assert_false(exists(PID_PATH));
	}
}

static void nobody_else_is_stopped_for_a_number(void **state)
{
	static const struct {
		enum personality personality;
		const char *name;
	} cases[] = {
		{PERSONALITY_DHCPCANON, "dhclient"},
		{PERSONALITY_DHCPCD, "dhclient"},
		{PERSONALITY_DHCLIENT, "sleep"},
		{PERSONALITY_DHCLIENT, "/etc/dhclient/sleep"},
		{PERSONALITY_DHCLIENT, "dhclient3"},
		{PERSONALITY_DHCLIENT, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const pid_t child = start_called(cases[i].name);

		log_text[0] = '\0';
		options.personality = cases[i].personality;
		assert_int_equal(stop_running_client(&options), 0);
		assert_non_null(strstr(log_text, "Removed stale PID file\n"));
		assert_int_equal(kill(child, SIGKILL), 0);
		assert_int_equal(death_of(child), SIGKILL);
	}
}

static void a_pid_file_without_a_number_names_nobody(void **state)
{
	static const char *const texts[] = {
		"", "\n", "x", "0\n", "1\n", "-1\n", "12x\n", "4294967297\n",
	};

	(void)state;
	options.personality = PERSONALITY_DHCLIENT;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		log_text[0] = '\0';
		scratch_write(PID_PATH, texts[i], 0644);
		assert_int_equal(stop_running_client(&options), 0);
		assert_non_null(strstr(log_text, "Removed stale PID file\n"));
		assert_false(exists(PID_PATH));
	}
}

static void without_a_pid_file_nobody_is_stopped(void **state)
{
	const pid_t child = start_client(false);

	(void)state;
	options.no_pid = true;
	assert_int_equal(stop_running_client(&options), 0);
	assert_true(exists(PID_PATH));
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(death_of(child), SIGKILL);
}

static void a_pid_file_that_is_none_stops_nobody(void **state)
{
	(void)state;
	options.pid_file = scratch_null();
	assert_int_equal(stop_running_client(&options), 0);
	assert_null(strstr(log_text, "PID file"));
}

static void a_pid_file_that_cannot_be_asked_about_is_an_error(void **state)
{
	(void)state;
	assert_int_equal(symlink("/etc/hostname", PID_PATH), 0);
	scratch_write(LEASES, BLOCK("eth0", "10.0.0.1"), 0600);
	assert_int_equal(stop_running_client(&options), 1);
	/* who holds it may still have its lease */
	assert_false(exists(RESULT));
	assert_true(exists(LEASES));
}

static void a_lease_still_on_file_is_taken_down(void **state)
{
	(void)state;
	name_interface("eth0");
	scratch_write(LEASES, BLOCK("eth0", "10.0.0.1"), 0600);
	assert_int_equal(stop_running_client(&options), 0);
	assert_string_equal(scratch_read(RESULT),
			    "STOP eth0 10.0.0.1 10.0.0.0 1795365105 none\n");
	assert_false(exists(LEASES));
}

static void release_has_its_own_reason(void **state)
{
	(void)state;
	options.action = CLI_RELEASE;
	name_interface("eth0");
	scratch_write(LEASES, BLOCK("eth0", "10.0.0.1"), 0600);

	const long long before = time(NULL);
	long long expiry = 0;

	assert_int_equal(stop_running_client(&options), 0);
	assert_int_equal(sscanf(scratch_read(RESULT),
				"RELEASE eth0 10.0.0.1 10.0.0.0 %lld none\n",
				&expiry),
			 1);
	/* it ends now, as dhclient tells it, not when it would have */
	assert_in_range(expiry, before, time(NULL));
}

static void the_configuration_names_options_and_the_script(void **state)
{
	(void)state;
	options.conf_file = strcpy(paths[3], scratch("conf"));
	scratch_write(scratch("conf"),
		      "option site-place code 224 = text;\n"
		      "interface \"eth0\" { script \"/bin/false\"; }\n",
		      0600);
	scratch_write(SCRIPT_PATH,
		      "#!/bin/sh\necho $old_site_place >>$RESULT\n", 0700);
	scratch_write(LEASES,
		      "lease { interface \"eth1\"; fixed-address 10.0.0.1;"
		      "option unknown-224 \"here\";"
		      "renew never; rebind never; expire never; }",
		      0600);
	configuration_read(&options);
	assert_int_equal(stop_running_client(&options), 0);
	assert_string_equal(scratch_read(RESULT), "here\n");
	scratch_write(LEASES, BLOCK("eth0", "10.0.0.1"), 0600);
	assert_int_equal(stop_running_client(&options), 0);
	assert_non_null(strstr(log_text, "script /bin/false failed for STOP"));
	log_text[0] = '\0';
	options.script_given = true;
	scratch_write(LEASES, BLOCK("eth0", "10.0.0.1"), 0600);
	assert_int_equal(stop_running_client(&options), 0);
	assert_null(strstr(log_text, "failed"));
	/* the other tests have none */
	scratch_write(scratch("conf"), "", 0600);
	configuration_read(&options);
}

static void
of_several_blocks_the_last_is_taken_down_and_others_stay(void **state)
{
	(void)state;
	name_interface("eth0");
	scratch_write(LEASES,
		      BLOCK("eth1", "10.0.1.1") BLOCK("eth0", "10.0.0.1")
			      BLOCK("eth0", "10.0.0.2"),
		      0600);
	assert_int_equal(stop_running_client(&options), 0);
	assert_string_equal(scratch_read(RESULT),
			    "STOP eth0 10.0.0.2 10.0.0.0 1795365105 none\n");
	assert_string_equal(scratch_read(LEASES), BLOCK("eth1", "10.0.1.1"));
}

static void what_stays_is_for_everybody_as_dhclients(void **state)
{
	const mode_t before = umask(022);
	struct stat status;

	(void)state;
	name_interface("eth0");
	scratch_write(LEASES,
		      BLOCK("eth1", "10.0.1.1") BLOCK("eth0", "10.0.0.1"),
		      0600);
	assert_int_equal(stop_running_client(&options), 0);
	umask(before);
	assert_int_equal(stat(LEASES, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0644);
}

static void a_file_without_our_block_is_left_as_it_is(void **state)
{
	static const char text[] = "# mine\n" BLOCK("eth1", "10.0.1.1");

	(void)state;
	name_interface("eth0");
	scratch_write(LEASES, text, 0600);
	assert_int_equal(stop_running_client(&options), 0);
	assert_false(exists(RESULT));
	assert_string_equal(scratch_read(LEASES), text);
}

static void without_a_name_every_interface_on_file_is_taken_down(void **state)
{
	(void)state;
	scratch_write(LEASES,
		      BLOCK("eth0", "10.0.0.1") BLOCK("eth1", "10.0.1.1"),
		      0600);
	assert_int_equal(stop_running_client(&options), 0);
	assert_string_equal(scratch_read(RESULT),
			    "STOP eth0 10.0.0.1 10.0.0.0 1795365105 none\n"
			    "STOP eth1 10.0.1.1 10.0.1.0 1795365105 none\n");
	assert_false(exists(LEASES));
}

static void an_odd_name_from_the_file_reaches_no_script(void **state)
{
	(void)state;
	scratch_write(LEASES,
		      BLOCK("a b", "10.0.0.1") BLOCK("-a", "10.0.0.1")
			      BLOCK("$(id)", "10.0.1.1"),
		      0600);
	assert_int_equal(stop_running_client(&options), 0);
	assert_false(exists(RESULT));
	assert_false(exists(LEASES));
}

static void a_lease_that_is_not_valid_is_dropped_without_a_script(void **state)
{
	(void)state;
	name_interface("eth0");
	scratch_write(LEASES, BLOCK("eth0", "999.0.0.1"), 0600);
	assert_int_equal(stop_running_client(&options), 0);
	assert_false(exists(RESULT));
	assert_false(exists(LEASES));
	assert_non_null(strstr(log_text, "not usable"));
}

static void an_infinite_lease_ends_as_far_away_as_dhclients(void **state)
{
	(void)state;
	name_interface("eth0");
	scratch_write(LEASES,
		      "lease { interface \"eth0\"; fixed-address 10.0.0.1;"
		      "renew never; rebind never; expire never; }",
		      0600);
	const long long before = time(NULL);
	long long expiry = 0;

	assert_int_equal(stop_running_client(&options), 0);
	assert_int_equal(sscanf(scratch_read(RESULT),
				"STOP eth0 10.0.0.1 %lld none\n", &expiry),
			 1);
	assert_in_range(expiry, before + 0xffffffffLL,
			time(NULL) + 0xffffffffLL);
}

static void a_script_that_fails_is_logged_and_no_more(void **state)
{
	(void)state;
	name_interface("eth0");
	scratch_write(SCRIPT_PATH, "#!/bin/sh\nexit 3\n", 0700);
	scratch_write(LEASES, BLOCK("eth0", "10.0.0.1"), 0600);
	assert_int_equal(stop_running_client(&options), 0);
	assert_non_null(strstr(log_text, "failed for STOP"));
	assert_false(exists(LEASES));
	scratch_write(SCRIPT_PATH, "", 0600);
	scratch_write(LEASES, BLOCK("eth0", "10.0.0.1"), 0600);
	assert_int_equal(stop_running_client(&options), 0);
	assert_non_null(strstr(log_text, "Permission denied"));
	assert_false(exists(LEASES));
}

static void a_lease_file_that_is_none_is_left_alone(void **state)
{
	(void)state;
	options.lease_file = scratch_null();
	assert_int_equal(stop_running_client(&options), 0);
	assert_true(exists(options.lease_file));
}

static void a_lease_file_that_is_too_large_is_an_error(void **state)
{
	(void)state;
	scratch_write(LEASES, "", 0600);
	assert_int_equal(truncate(LEASES, 8 << 20), 0);
	assert_int_equal(stop_running_client(&options), 1);
	assert_non_null(strstr(log_text, "File too large"));
	assert_true(exists(LEASES));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, scratch_empty)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(with_nothing_to_stop_all_is_well),
		TEST(an_interface_that_was_never_held_has_nothing_to_stop),
		TEST(the_holder_of_the_lock_is_stopped),
		TEST(a_holder_that_does_not_listen_is_killed),
		TEST(a_stale_pid_file_is_removed_whatever_it_says),
		TEST(in_the_place_of_dhclient_one_that_still_runs_is_stopped),
		TEST(nobody_else_is_stopped_for_a_number),
		TEST(a_pid_file_without_a_number_names_nobody),
		TEST(without_a_pid_file_nobody_is_stopped),
		TEST(a_pid_file_that_is_none_stops_nobody),
		TEST(a_pid_file_that_cannot_be_asked_about_is_an_error),
		TEST(a_lease_still_on_file_is_taken_down),
		TEST(release_has_its_own_reason),
		TEST(the_configuration_names_options_and_the_script),
		TEST(of_several_blocks_the_last_is_taken_down_and_others_stay),
		TEST(what_stays_is_for_everybody_as_dhclients),
		TEST(a_file_without_our_block_is_left_as_it_is),
		TEST(without_a_name_every_interface_on_file_is_taken_down),
		TEST(an_odd_name_from_the_file_reaches_no_script),
		TEST(a_lease_that_is_not_valid_is_dropped_without_a_script),
		TEST(an_infinite_lease_ends_as_far_away_as_dhclients),
		TEST(a_script_that_fails_is_logged_and_no_more),
		TEST(a_lease_file_that_is_none_is_left_alone),
		TEST(a_lease_file_that_is_too_large_is_an_error),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
