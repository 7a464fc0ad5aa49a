/*
 * -r and -x.  Who is to be stopped is the holder of the lock on the pid file
 * and nobody else: the number in the file, a process's name and its
 * executable are all of no use after an upgrade or a reboot.  What is read
 * from the lease file is a stranger's until leasefile_read has checked it.
 */
#include "stop.h"

#include "clock.h"
#include "leasefile.h"
#include "log.h"
#include "pidfile.h"
#include "script.h"
#include "store.h"

#include <ctype.h>
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define TERM_TIME_LIMIT_MS 5000
#define KILL_TIME_LIMIT_MS 5000
#define FILE_MAX 1048576 /* octets of a lease file */

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

/* Ends the process `holder`, which held the lock on `path`; 0 or -errno. */
static int end_holder(const char *path, pid_t holder)
{
	const int pidfd = pidfd_open(holder, 0);
	int result = 0;

	if (pidfd < 0)
		return errno == ESRCH ? 0 : -errno;
	/* it may have gone before that, and its number to somebody else */
	if (pidfile_holder(path) == holder)
		result = end_process(pidfd);
	close(pidfd);
	return result;
}

/* Stops the client of one pid file; false when it runs on. */
static bool stop_holder(const char *path)
{
	const pid_t holder = pidfile_holder(path);
	int result = 0;

	if (holder == -ENOENT)
		return true;
	if (holder > 0)
		result = end_holder(path, holder);
	else
		result = holder;
	if (result < 0) {
		log_line(LOG_ERR, "%s: the client that holds it: %s", path,
			 strerror(-result));
		return false;
	}
	log_line(LOG_INFO, holder > 0 ? "Killed old client process"
				      : "Removed stale PID file");
	result = store_remove(path);
	if (result < 0)
		log_line(LOG_WARNING, "%s: %s", path, strerror(-result));
	return true;
}

/* Stops the client, or one for each interface that is named. */
static bool stop_holders(const struct options *options)
{
	bool has_stopped = true;

	if (options->no_pid)
		return true;
	if (options->pid_file != NULL)
		return stop_holder(options->pid_file);
	if (options->interface_count == 0)
		return stop_holder(STORE_DIRECTORY "/all.pid");
	for (size_t i = 0; i < options->interface_count; i++) {
		char path[PATH_MAX];

		snprintf(path, sizeof(path), STORE_DIRECTORY "/%s.pid",
			 options->interface[i]);
		has_stopped &= stop_holder(path);
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

/* Tells the script that `record` is over. */
static void run_script(const struct options *options,
		       const struct lease_record *record)
{
	static struct announced old_lease;
	static struct env env;
	const char *path = options->script != NULL ? options->script : SCRIPT;
	const struct env_input input = {
		.reason = options->action == CLI_RELEASE ? REASON_RELEASE
							 : REASON_STOP,
		.interface = record->interface,
		.pid = getpid(),
		.extra = options->extra,
		.extra_count = options->extra_count,
		.old_lease = &old_lease,
	};

	old_lease.variables = record->variables;
	old_lease.expiry = lease_record_expiry(record, clock_epoch_s());
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
	size_t length; /* octets of `file` */
	size_t kept_length;
	char file[FILE_MAX + 1];
	char kept[FILE_MAX + 1]; /* the blocks that stay */
};

/* True if the leases of `interface` are to be taken off. */
static bool is_wanted(const struct options *options, const char *interface)
{
	for (size_t i = 0; i < options->interface_count; i++) {
		if (strcmp(options->interface[i], interface) == 0)
			return true;
	}
	return options->interface_count == 0;
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

static void keep_block(struct clearing *clearing,
		       const struct leasefile_block *block)
{
	/* room for what was read, and for a newline that may have been none */
	if (block->length + 1 > sizeof(clearing->kept) - clearing->kept_length)
		return;
	memcpy(clearing->kept + clearing->kept_length,
	       clearing->file + block->start, block->length);
	clearing->kept_length += block->length;
	clearing->kept[clearing->kept_length++] = '\n';
}

/* Ends the lease of one interface, whose last block is before `at`. */
static void end_lease(const struct clearing *clearing, size_t at,
		      const char *interface)
{
	static struct lease_record record;

	if (has_later_block(clearing, at, interface))
		return;
	if (clearing->options->interface_count == 0 &&
	    !is_plain_name(interface)) {
		log_line(LOG_WARNING, "%s: a lease of interface '%s' dropped",
			 clearing->path, interface);
		return;
	}
	if (!leasefile_read(clearing->file, clearing->length, interface,
			    &record)) {
		log_line(LOG_WARNING, "%s: the lease of %s is not usable",
			 clearing->path, interface);
		return;
	}
	run_script(clearing->options, &record);
}

/* Writes what is left; 0 or -errno. */
static int put_back(const struct clearing *clearing)
{
	if (clearing->kept_length == 0)
		return store_remove(clearing->path);
	return store_replace(clearing->path, clearing->kept,
			     clearing->kept_length, 0640);
}

/* Ends the leases in one file; false when it can't be read or written. */
static bool clear_file(const struct options *options, const char *path)
{
	static struct clearing clearing;
	struct leasefile_block block;
	bool has_ended = false;
	size_t at = 0;
	ssize_t result = store_read(path, clearing.file, sizeof(clearing.file));

	/* none there, or none that is ours to read: /dev/null, a link */
	if (result == -ENOENT || result == -EINVAL || result == -ELOOP)
		return true;
	clearing.options = options;
	clearing.path = path;
	clearing.length = result > 0 ? (size_t)result : 0;
	clearing.kept_length = 0;
	while (leasefile_next(clearing.file, clearing.length, &at, &block)) {
		if (!is_wanted(options, block.interface)) {
			keep_block(&clearing, &block);
			continue;
		}
		has_ended = true;
		end_lease(&clearing, at, block.interface);
	}
	if (has_ended)
		result = put_back(&clearing);
	if (result < 0)
		log_line(LOG_ERR, "%s: %s", path, strerror((int)-result));
	return result >= 0;
}

/* Ends the leases in all files that we made. */
static bool clear_all_files(const struct options *options)
{
	bool is_done = true;
	glob_t found;

	if (glob(STORE_DIRECTORY "/*.leases", 0, NULL, &found) != 0)
		return true;
	for (size_t i = 0; i < found.gl_pathc; i++)
		is_done &= clear_file(options, found.gl_pathv[i]);
	globfree(&found);
	return is_done;
}

/* Ends the leases that are still on file. */
static bool clear_files(const struct options *options)
{
	bool is_done = true;

	if (options->lease_file != NULL)
		return clear_file(options, options->lease_file);
	if (options->interface_count == 0)
		return clear_all_files(options);
	for (size_t i = 0; i < options->interface_count; i++) {
		char path[PATH_MAX];

		snprintf(path, sizeof(path), STORE_DIRECTORY "/%s.leases",
			 options->interface[i]);
		is_done &= clear_file(options, path);
	}
	return is_done;
}

int stop_running_client(const struct options *options)
{
	/* a client that was not stopped still has its leases */
	if (!stop_holders(options) || !clear_files(options))
		return EXIT_FAILURE;
	log_line(LOG_INFO, "Nothing is sent: servers are not told of the end");
	return EXIT_SUCCESS;
}
