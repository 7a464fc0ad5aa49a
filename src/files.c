/*
 * Paths and contents of the monitor's files.  A file that can't be written is
 * said once and does not keep anybody from the network.
 */
#include "files.h"

#include "account.h"
#include "clock.h"
#include "instance.h"
#include "log.h"
#include "pidfile.h"
#include "privilege.h"
#include "room.h"
#include "status.h"
#include "store.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATUS_MODE 0644
#define STATUS_MAX 4096 /* octets */
#define OWN_PATH_MAX (sizeof(STORE_DIRECTORY "/.leases") + LINK_NAME_MAX)
#define DIRECTORY_MODE 01775

static ROOM int pid_files[CLI_INTERFACES_MAX];
static size_t pid_file_count;

/* Said once for each kind of file, whatever happens how often. */
static void complain(bool *said, const char *path, int error)
{
	if (!*said)
		log_line(LOG_WARNING, "%s: %s", path, strerror(-error));
	*said = true;
}

/* A directory of another user's needs more than root's ownership. */
static int replace(const char *path, const struct text *text, mode_t mode)
{
	int result = store_replace(path, text->start, text->length, mode);

	if (result == -EACCES && privilege_raise(CAP_DAC_OVERRIDE) == 0) {
		result = store_replace(path, text->start, text->length, mode);
		privilege_lower(CAP_DAC_OVERRIDE);
	}
	return result;
}

/* Likewise. */
static int discard(const char *path)
{
	int result = store_remove(path);

	if (result == -EACCES && privilege_raise(CAP_DAC_OVERRIDE) == 0) {
		result = store_remove(path);
		privilege_lower(CAP_DAC_OVERRIDE);
	}
	return result;
}

/* Likewise; whether it worked, pidfile_remove does not say. */
static void drop_pid_file(int descriptor, const char *path)
{
	const bool raised = privilege_raise(CAP_DAC_OVERRIDE) == 0;

	pidfile_remove(descriptor, path);
	if (raised)
		privilege_lower(CAP_DAC_OVERRIDE);
}

void files_prepare(void)
{
	static bool said;
	gid_t group;

	if (mkdir(STORE_DIRECTORY, DIRECTORY_MODE & 0777) < 0) {
		if (errno != EEXIST)
			complain(&said, STORE_DIRECTORY, -errno);
		return;
	}
	if (account_group("dhcpcanon", &group) &&
	    chown(STORE_DIRECTORY, (uid_t)-1, group) < 0)
		complain(&said, STORE_DIRECTORY, -errno);
	if (chmod(STORE_DIRECTORY, DIRECTORY_MODE) < 0)
		complain(&said, STORE_DIRECTORY, -errno);
}

static void own_path(const char *name, const char *suffix,
		     char out[OWN_PATH_MAX])
{
	snprintf(out, OWN_PATH_MAX, STORE_DIRECTORY "/%s.%s", name, suffix);
}

static void path_beside(const char *path, const char *interface,
			char out[PATH_MAX])
{
	snprintf(out, PATH_MAX, "%s.%s", path, interface);
}

/* True if somebody that runs holds the pid file. */
static bool is_held(const char *path)
{
	const pid_t holder = pidfile_holder(path);

	return holder > 0 || holder == -ESRCH;
}

bool files_are_beside(const struct options *options, const char *interface)
{
	char path[PATH_MAX];

	if (!options->has_dhclients_files)
		return false;
	path_beside(options->pid_file, interface, path);
	if (is_held(path))
		return true;
	path_beside(options->lease_file, interface, path);
	return access(path, F_OK) == 0;
}

/* True if a file, -lf or -pf, is for all interfaces together. */
static bool is_for_all(const struct options *options, const char *named)
{
	return named != NULL && !options->files_beside;
}

void files_lease_path(const struct options *options, const char *interface,
		      char out[PATH_MAX])
{
	if (options->files_beside)
		path_beside(options->lease_file, interface, out);
	else if (options->lease_file != NULL)
		snprintf(out, PATH_MAX, "%s", options->lease_file);
	else
		own_path(interface, "leases", out);
}

mode_t files_mode(const char *named)
{
	mode_t hidden;

	if (named == NULL)
		return 0640;
	hidden = umask(077); /* it can't be read otherwise */
	umask(hidden);
	return 0644 & ~hidden;
}

size_t files_pid_count(const struct options *options)
{
	if (options->no_pid)
		return 0;
	if (is_for_all(options, options->pid_file) ||
	    options->interface_count == 0)
		return 1;
	return options->interface_count;
}

void files_pid_path(const struct options *options, size_t i, char out[PATH_MAX])
{
	if (options->files_beside)
		path_beside(options->pid_file, options->interface[i], out);
	else if (options->pid_file != NULL)
		snprintf(out, PATH_MAX, "%s", options->pid_file);
	else if (options->interface_count == 0)
		own_path("all", "pid", out);
	else
		own_path(options->interface[i], "pid", out);
}

static int take_pid_file(const char *path, mode_t mode, pid_t *holder)
{
	static bool said;
	int result = pidfile_open(path, mode, holder);

	if (result == -EAGAIN)
		return result;
	if (result >= 0) {
		const int written = pidfile_write(result, getpid());

		if (written < 0)
			complain(&said, path, written);
	} else {
		complain(&said, path, result);
	}
	pid_files[pid_file_count++] = result;
	return 0;
}

/* Takes all; or none, with `path` held by `*holder`. */
static int take_pid_files(const struct options *options, char path[PATH_MAX],
			  pid_t *holder)
{
	const size_t count = files_pid_count(options);
	const mode_t mode = files_mode(options->pid_file);

	while (pid_file_count < count) {
		files_pid_path(options, pid_file_count, path);
		if (take_pid_file(path, mode, holder) < 0) {
			files_drop_pid(options);
			return -EAGAIN;
		}
	}
	return 0;
}

int files_take_pid(struct options *options)
{
	char path[PATH_MAX];
	pid_t holder = 0;
	int result = take_pid_files(options, path, &holder);

	if (result < 0 && options->has_dhclients_files &&
	    options->interface_count > 0) {
		options->files_beside = true;
		result = take_pid_files(options, path, &holder);
	}
	if (result < 0)
		log_line(LOG_ERR, "%s: held by process %d, which is running",
			 path, (int)holder);
	return result;
}

void files_drop_pid(const struct options *options)
{
	char path[PATH_MAX];

	while (pid_file_count > 0) {
		pid_file_count--;
		files_pid_path(options, pid_file_count, path);
		if (pid_files[pid_file_count] >= 0)
			drop_pid_file(pid_files[pid_file_count], path);
	}
}

/* True if the leases of that name, old or new, are ours to write. */
static bool is_one_of(struct interface *const *all, size_t count,
		      const char *name)
{
	const uint32_t index = if_nametoindex(name);

	for (size_t i = 0; i < count; i++)
		if (all[i]->phase != PHASE_ENDED &&
		    (strcmp(all[i]->name, name) == 0 ||
		     (index != 0 && all[i]->ifindex == index)))
			return true;
	return false;
}

/* Adds a block if there is room for it whole. */
static void add_block(struct text *text, const char *start, size_t length)
{
	if (text->length + length + 2 > text->size)
		return;
	for (size_t i = 0; i < length; i++)
		text_add_char(text, start[i]);
	text_add_char(text, '\n');
}

/* Adds what other instances that run have in the file. */
static void add_others(const char *path, struct interface *const *all,
		       size_t count, struct text *text)
{
	static ROOM char file[FILES_LEASES_MAX + 1];
	const ssize_t length = store_read(path, file, sizeof(file));
	struct leasefile_block block;
	size_t at = 0;

	while (length > 0 &&
	       leasefile_next(file, (size_t)length, &at, &block)) {
		if (!is_one_of(all, count, block.interface) &&
		    instance_has_link(block.interface))
			add_block(text, file + block.start, block.length);
	}
}

/* No lease, no file. */
static int put_leases(const struct options *options, const char *path,
		      const struct text *text)
{
	if (text->length == 0)
		return discard(path);
	if (text->cut)
		return -EFBIG;
	return replace(path, text, files_mode(options->lease_file));
}

/* The same of a file that others may share. */
static int put_shared_leases(const struct options *options, const char *path,
			     struct interface *const *all, size_t count,
			     struct text *text)
{
	const int lock = instance_take_leases();
	int result;

	add_others(path, all, count, text);
	result = put_leases(options, path, text);
	if (lock >= 0)
		close(lock);
	return result;
}

/* What is not used of it costs nothing. */
static ROOM char lease_text[FILES_LEASES_MAX];

void files_forget_leases(const struct options *options, const char *interface)
{
	char path[PATH_MAX];

	if (options->has_dhclients_files)
		path_beside(options->lease_file, interface, path);
	else if (!is_for_all(options, options->lease_file))
		files_lease_path(options, interface, path);
	else
		return;
	discard(path);
}

void files_forget_shared_leases(const struct options *options,
				struct interface *const *all, size_t count)
{
	struct text text = text_in(lease_text, sizeof(lease_text));

	if (is_for_all(options, options->lease_file))
		put_shared_leases(options, options->lease_file, all, count,
				  &text);
}

void files_write_leases(struct interface *const *all, size_t count,
			const struct interface *one)
{
	static bool said, said_left;
	const struct options *options = one->context->options;
	const bool is_shared = is_for_all(options, options->lease_file);
	struct text text = text_in(lease_text, sizeof(lease_text));
	char path[PATH_MAX];
	int result;
	size_t i;

	for (i = 0; i < count; i++)
		if ((all[i] == one || is_shared) && all[i]->is_on_file)
			leasefile_write(&all[i]->lease,
					&all[i]->conf.definitions, &text);
	files_lease_path(options, one->name, path);
	if (is_shared)
		result = put_shared_leases(options, path, all, count, &text);
	else
		result = put_leases(options, path, &text);
	if (result < 0)
		complain(&said, path, result);
	if (result > 0 && !said_left) {
		log_line(LOG_NOTICE, "%s: no regular file, left as it is",
			 path);
		said_left = true;
	}
}

/* Without a worker; PHASE_ENDED has no file. */
static enum status_idle idle_of(const struct interface *interface)
{
	switch (interface->phase) {
	case PHASE_HELD:
		return STATUS_STARTING;
	case PHASE_ABSENT:
		return STATUS_ABSENT;
	case PHASE_REFUSED:
		return STATUS_REFUSED;
	case PHASE_PAUSED:
		return STATUS_PAUSED;
	case PHASE_GIVEN_UP:
		return STATUS_GIVEN_UP;
	case PHASE_STOPPING:
	case PHASE_ENDED:
		break;
	}
	return STATUS_ENDING;
}

static uint32_t seconds_until(uint64_t when_ms)
{
	const uint64_t now_ms = clock_boottime_ms();

	return when_ms <= now_ms ? 0 : (uint32_t)((when_ms - now_ms) / 1000);
}

void files_write_status(const struct interface *interface)
{
	static bool said;
	char buffer[STATUS_MAX], path[OWN_PATH_MAX];
	struct text text = text_in(buffer, sizeof(buffer));
	const struct status status = {
		.interface = interface->name,
		.pid = getpid(),
		.now = clock_epoch_s(),
		.since = interface->state_since,
		.idle = idle_of(interface),
		.retry_s = seconds_until(interface->resume_ms),
		.workers_failed = interface->failures,
		.routes_refused = interface->routes_refused,
		.notices_dropped = interface->notices_dropped,
		.mac_kind = interface->mac_kind,
		.worker = interface->worker != 0 ? &interface->state : NULL,
	};
	int result;

	own_path(interface->name, "status", path);
	if (interface->phase == PHASE_ENDED) {
		discard(path);
		return;
	}
	status_write(&status, &text);
	result = replace(path, &text, STATUS_MODE);
	if (result < 0)
		complain(&said, path, result);
}

void files_remove_status(const struct interface *interface)
{
	char path[OWN_PATH_MAX];

	own_path(interface->name, "status", path);
	discard(path);
}
