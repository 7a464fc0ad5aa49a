/*
 * -r and -x.  Who is to be stopped is the holder of the lock on the pid file:
 * the number in the file, a process's name and its executable are all of no
 * use after an upgrade or a reboot.  Only in dhclient's place they have to do,
 * for a dhclient that still runs and locks nothing.  What is read from the
 * lease file is a stranger's until leasefile_read has checked it.
 */
#include "stop.h"

#include "clock.h"
#include "configuration.h"
#include "files.h"
#include "instance.h"
#include "leasefile.h"
#include "log.h"
#include "pidfile.h"
#include "room.h"
#include "script.h"
#include "store.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define DHCLIENT "dhclient"
#define TERM_TIME_LIMIT_MS 5000
#define KILL_TIME_LIMIT_MS 5000

/* Waits for the process to end; false when it still runs after `limit_ms`. */
static bool wait_for_end(int pidfd, int limit_ms)
{
	struct pollfd end = {.fd = pidfd, .events = POLLIN};
	int ready;

	do {
		ready = poll(&end, 1, limit_ms);
	} while (ready < 0 && errno == EINTR);
	return ready > 0;
}

/* Ends the process; 0 or -errno. */
static int end_process(int pidfd)
{
	if (pidfd_send_signal(pidfd, SIGTERM, NULL, 0) < 0)
		return errno == ESRCH ? 0 : -errno;
	if (wait_for_end(pidfd, TERM_TIME_LIMIT_MS))
		return 0;
	if (pidfd_send_signal(pidfd, SIGKILL, NULL, 0) < 0)
		return errno == ESRCH ? 0 : -errno;
	return wait_for_end(pidfd, KILL_TIME_LIMIT_MS) ? 0 : -ETIMEDOUT;
}

/* Reads the start of a file of /proc/PID into `out`; false if it can't be. */
static bool read_of_process(pid_t pid, const char *name, char *out, size_t size)
{
	char path[64];
	ssize_t length;
	int descriptor;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	descriptor = open(path, O_RDONLY | O_CLOEXEC);
	if (descriptor < 0)
		return false;
	length = read(descriptor, out, size - 1);
	close(descriptor);
	if (length <= 0)
		return false;
	out[length] = '\0';
	return true;
}

/*
 * True if the process was started as dhclient, whatever has become of that
 * program's file since: what NetworkManager goes by as well.
 */
static bool is_dhclient(pid_t pid)
{
	char argv0[PATH_MAX];

	return read_of_process(pid, "cmdline", argv0, sizeof(argv0)) &&
	       strcmp(basename(argv0), DHCLIENT) == 0;
}

/* The process that the text of a pid file names; 0 if none. */
static pid_t named_process(const char *path)
{
	char text[16], *end;
	long pid;

	if (store_read(path, text, sizeof(text)) <= 0)
		return 0;
	pid = strtol(text, &end, 10);
	if (end == text || (*end != '\0' && *end != '\n') || pid <= 1 ||
	    pid > INT_MAX || pid == getpid())
		return 0;
	return (pid_t)pid;
}

/* Whom to stop for a pid file; 0: nobody; -errno as pidfile_holder. */
static pid_t find_client(const struct options *options, const char *path)
{
	pid_t client = pidfile_holder(path);

	if (client != 0 || options->personality != PERSONALITY_DHCLIENT)
		return client;
	client = named_process(path);
	return client != 0 && is_dhclient(client) ? client : 0;
}

/* Ends the process `client`, which was found for `path`; 0 or -errno. */
static int end_client(const struct options *options, const char *path,
		      pid_t client)
{
	const int pidfd = pidfd_open(client, 0);
	int result = 0;

	if (pidfd < 0)
		return errno == ESRCH ? 0 : -errno;
	/* it may have gone before that, and its number to somebody else */
	if (find_client(options, path) == client)
		result = end_process(pidfd);
	close(pidfd);
	return result;
}

/* Stops the client of one pid file; false when it runs on. */
static bool stop_client(const struct options *options, const char *path)
{
	const pid_t client = find_client(options, path);
	int result = client < 0 ? client : 0;

	if (client == -ENOENT)
		return true;
	if (client > 0)
		result = end_client(options, path, client);
	if (result < 0) {
		log_to_stderr(true);
		log_line(LOG_ERR, "%s: the client that holds it: %s", path,
			 strerror(-result));
		return false;
	}
	log_line(LOG_INFO, client > 0 ? "Killed old client process"
				      : "Removed stale PID file");
	result = store_remove(path);
	if (result < 0)
		log_line(LOG_WARNING, "%s: %s", path, strerror(-result));
	return true;
}

/* Stops the client, or one for each interface that is named. */
static bool stop_clients(const struct options *options)
{
	const size_t count = files_pid_count(options);
	bool has_stopped = true;

	for (size_t i = 0; i < count; i++) {
		char path[PATH_MAX];

		files_pid_path(options, i, path);
		has_stopped &= stop_client(options, path);
	}
	return has_stopped;
}

/* Waits for the script, not for ever. */
static enum script_outcome wait_for_script(pid_t script)
{
	const int pidfd = pidfd_open(script, 0);
	int status;

	if (pidfd >= 0) {
		if (!wait_for_end(pidfd, SCRIPT_TIME_LIMIT_MS))
			script_signal(script, SIGKILL);
		close(pidfd);
	}
	while (waitpid(script, &status, 0) < 0) {
		if (errno != EINTR)
			return SCRIPT_FAILED;
	}
	return script_outcome(status);
}

/*
 * Tells the script that `record` is over.  One that is released ends now, as
 * dhclient tells it.
 */
static void run_script(const struct options *options, const struct conf *conf,
		       const struct lease_record *record)
{
	static ROOM struct env env;
	const char *path = configuration_script(options, conf);
	const int64_t now = clock_epoch_s();
	struct env_input input = {
		.reason = options->action == CLI_RELEASE ? REASON_RELEASE
							 : REASON_STOP,
		.interface = record->interface,
		.definitions = &conf->definitions,
		.pid = getpid(),
		.extra = options->extra,
		.extra_count = options->extra_count,
		.old_lease = {&record->variables, now},
	};

	if (input.reason == REASON_STOP)
		input.old_lease.expiry = lease_record_expiry(record, now);
	env_render(&input, &env);

	const pid_t script = script_start(path, env.entry);

	if (script < 0) {
		log_line(LOG_ERR, "%s: script %s: %s", record->interface, path,
			 strerror(-script));
		return;
	}
	if (wait_for_script(script) != SCRIPT_OK)
		log_line(LOG_WARNING, "%s: script %s failed for %s",
			 record->interface, path, reason_name(input.reason));
}

/*
 * True if a name that nobody but the file gives is one that a script can be
 * trusted with, which may not quote it.
 */
static bool is_plain_name(const char *name)
{
	return isalnum((unsigned char)*name) &&
	       name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "0123456789-._")] == '\0';
}

/* A lease file that is being cleared. */
struct clearing {
	const struct options *options;
	const char *path;
	const char *file;
	size_t length;
};

/*
 * True if a client of ours still runs on `interface`, under another pid file
 * than the one that was asked for.  With --no-pid nobody is to be stopped.
 */
static bool is_left_running(const struct options *options,
			    const char *interface)
{
	return !options->no_pid && instance_has_link(interface);
}

/* True if the leases of `interface`, which must be over, are to be taken off.
 */
static bool is_wanted(const struct options *options, const char *interface)
{
	bool is_meant = options->interface_count == 0;

	for (size_t i = 0; i < options->interface_count; i++)
		is_meant |= strcmp(options->interface[i], interface) == 0;
	return is_meant && !is_left_running(options, interface);
}

/* True if `interface` has a block behind `at`. */
static bool has_later_block(const struct clearing *clearing, size_t at,
			    const char *interface)
{
	struct leasefile_block block;

	while (leasefile_next(clearing->file, clearing->length, &at, &block)) {
		if (strcmp(block.interface, interface) == 0)
			return true;
	}
	return false;
}

/* Ends the lease of one interface, whose last block is before `at`. */
static void end_lease(const struct clearing *clearing, size_t at,
		      const char *interface)
{
	static ROOM struct lease_record record;
	static struct conf conf;

	if (has_later_block(clearing, at, interface))
		return;
	if (clearing->options->interface_count == 0 &&
	    !is_plain_name(interface)) {
		log_line(LOG_WARNING, "%s: a lease of interface '%s' dropped",
			 clearing->path, interface);
		return;
	}
	configuration_for(clearing->options, interface, &conf);
	if (!leasefile_read(clearing->file, clearing->length, interface,
			    &conf.definitions, &record)) {
		log_line(LOG_WARNING, "%s: the lease of %s is not usable",
			 clearing->path, interface);
		return;
	}
	run_script(clearing->options, &conf, &record);
}

/* Reads the file; its length, 0 if it is not ours to read, or -errno. */
static ssize_t read_file(const char *path, char file[FILES_LEASES_MAX + 1])
{
	const ssize_t length = store_read(path, file, FILES_LEASES_MAX + 1);

	/* none there, or /dev/null, or a link */
	if (length == -ENOENT || length == -EINVAL || length == -ELOOP)
		return 0;
	return length;
}

/* Takes the blocks that are wanted out of the file; 0 or -errno. */
static int take_blocks_out(const struct options *options, const char *path)
{
	/* what was read, and a newline that may have been none */
	static ROOM char file[FILES_LEASES_MAX + 1], kept[FILES_LEASES_MAX + 1];
	const ssize_t length = read_file(path, file);
	struct leasefile_block block;
	size_t at = 0, kept_length = 0;

	if (length <= 0)
		return (int)length;
	while (leasefile_next(file, (size_t)length, &at, &block)) {
		if (is_wanted(options, block.interface) ||
		    block.length + 1 > sizeof(kept) - kept_length)
			continue;
		memcpy(kept + kept_length, file + block.start, block.length);
		kept_length += block.length;
		kept[kept_length++] = '\n';
	}
	if (kept_length == 0)
		return store_remove(path);
	return store_replace(path, kept, kept_length,
			     files_mode(options->lease_file));
}

/*
 * The same, of what others may have made of the file while the script ran,
 * and so that they don't do so meanwhile.
 */
static int clear_blocks(const struct options *options, const char *path)
{
	const int lock = instance_take_leases();
	const int result = take_blocks_out(options, path);

	if (lock >= 0)
		close(lock);
	return result;
}

/* Ends the leases in one file; false when it can't be read or written. */
static bool clear_file(const struct options *options, const char *path)
{
	static ROOM char file[FILES_LEASES_MAX + 1];
	ssize_t result = read_file(path, file);
	struct clearing clearing = {
		.options = options,
		.path = path,
		.file = file,
		.length = result > 0 ? (size_t)result : 0,
	};
	struct leasefile_block block;
	bool has_ended = false;
	size_t at = 0;

	while (leasefile_next(file, clearing.length, &at, &block)) {
		if (!is_wanted(options, block.interface))
			continue;
		has_ended = true;
		end_lease(&clearing, at, block.interface);
	}
	if (has_ended)
		result = clear_blocks(options, path);
	if (result < 0) {
		log_to_stderr(true);
		log_line(LOG_ERR, "%s: %s", path, strerror((int)-result));
	}
	return result >= 0;
}

/* Ends the leases in all files that we made. */
static bool clear_all_files(const struct options *options)
{
	char pattern[PATH_MAX];
	bool is_done = true;
	glob_t found;

	files_lease_path(options, "*", pattern);
	if (glob(pattern, 0, NULL, &found) != 0)
		return true;
	for (size_t i = 0; i < found.gl_pathc; i++)
		is_done &= clear_file(options, found.gl_pathv[i]);
	globfree(&found);
	return is_done;
}

/* Ends the leases that are still on file. */
static bool clear_files(const struct options *options)
{
	const bool is_shared =
		options->lease_file != NULL && !options->files_beside;
	const size_t count = is_shared ? 1 : options->interface_count;
	bool is_done = true;

	if (count == 0)
		return clear_all_files(options);
	for (size_t i = 0; i < count; i++) {
		char path[PATH_MAX];

		files_lease_path(options, options->interface[i], path);
		is_done &= clear_file(options, path);
	}
	return is_done;
}

/*
 * Says whom of those that are named nobody has stopped; false if there is one.
 * dhclient would not have noticed.
 */
static bool have_all_ended(const struct options *options)
{
	const bool is_dhclient = options->personality == PERSONALITY_DHCLIENT;
	bool result = true;

	for (size_t i = 0; i < options->interface_count; i++) {
		if (!is_left_running(options, options->interface[i]))
			continue;
		if (!is_dhclient)
			log_to_stderr(true);
		log_line(LOG_ERR,
			 "%s: its client runs on, it has another pid file or "
			 "none",
			 options->interface[i]);
		result = is_dhclient;
	}
	return result;
}

/* A client that was not stopped still has its leases. */
static bool stop_and_clear(const struct options *options)
{
	return stop_clients(options) && clear_files(options) &&
	       have_all_ended(options);
}

/* The one whose files are beside dhclient's own. */
static bool stop_beside(const struct options *options, const char *interface)
{
	static ROOM struct options one;

	one = *options;
	one.files_beside = true;
	one.interface[0] = interface;
	one.interface_count = 1;
	return stop_and_clear(&one);
}

/* All of those. */
static bool stop_all_beside(const struct options *options)
{
	char pattern[PATH_MAX];
	bool is_done = true;
	glob_t found;

	snprintf(pattern, sizeof(pattern), "%s.*", options->pid_file);
	if (glob(pattern, 0, NULL, &found) != 0)
		return true;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *interface =
			found.gl_pathv[i] + strlen(options->pid_file) + 1;

		if (is_plain_name(interface))
			is_done &= stop_beside(options, interface);
	}
	globfree(&found);
	return is_done;
}

/*
 * Stops who has dhclient's own files, unless all that is named is of clients
 * beside it.
 */
static bool stop_dhclients(const struct options *options)
{
	static ROOM struct options others;
	bool is_done = true;

	if (options->interface_count == 0)
		return stop_all_beside(options) && stop_and_clear(options);
	others = *options;
	others.interface_count = 0;
	for (size_t i = 0; i < options->interface_count; i++) {
		const char *interface = options->interface[i];

		if (files_are_beside(options, interface))
			is_done &= stop_beside(options, interface);
		else
			others.interface[others.interface_count++] = interface;
	}
	if (others.interface_count > 0)
		is_done &= stop_and_clear(&others);
	return is_done;
}

int stop_running_client(const struct options *options)
{
	const bool is_done = options->has_dhclients_files
				     ? stop_dhclients(options)
				     : stop_and_clear(options);

	if (!is_done)
		return EXIT_FAILURE;
	log_line(LOG_INFO, "Nothing is sent: servers are not told of the end");
	return EXIT_SUCCESS;
}
