/*
 * Landlock without a rule: what is handled and granted to nobody is refused.
 * Knows the kernel's interface, version by version, since the headers of a
 * distribution may be older than the kernel that we run on; nothing of what
 * the process is for.
 */
#include "landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ASK_VERSION 1U /* LANDLOCK_CREATE_RULESET_VERSION */

/* Bits 0 to `last`. */
#define UP_TO(last) ((UINT64_C(2) << (last)) - 1)

/* struct landlock_ruleset_attr of the last version below; 0 says nothing. */
struct rights {
	uint64_t files;  /* LANDLOCK_ACCESS_FS_… */
	uint64_t ports;  /* LANDLOCK_ACCESS_NET_… */
	uint64_t scopes; /* LANDLOCK_SCOPE_… */
};

/* What each version knows; those after the last add nothing for us. */
static const struct rights known[] = {
	[1] = {.files = UP_TO(12)},                    /* to make a symlink */
	[2] = {.files = UP_TO(13)},                    /* to move elsewhere */
	[3] = {.files = UP_TO(14)},                    /* to truncate */
	[4] = {.files = UP_TO(14), .ports = UP_TO(1)}, /* bind, connect */
	[5] = {.files = UP_TO(15), .ports = UP_TO(1)}, /* ioctl of devices */
	/* abstract sockets and signals of others */
	[6] = {.files = UP_TO(15), .ports = UP_TO(1), .scopes = UP_TO(1)},
};

#define LAST_KNOWN ((int)(sizeof(known) / sizeof(known[0])) - 1)

/* The C library has no names for these three. */

static int create_ruleset(const struct rights *rights, size_t size,
			  unsigned flags)
{
	return (int)syscall(SYS_landlock_create_ruleset, rights, size, flags);
}

static int restrict_self(int ruleset)
{
	return (int)syscall(SYS_landlock_restrict_self, ruleset, 0U);
}

/* The root directory can be read by everybody, but for Landlock. */
static int try_it(void)
{
	const int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (root < 0)
		return errno == EACCES ? 0 : -errno;
	close(root);
	return -ENOTSUP;
}

int landlock_enter(void)
{
	int version = create_ruleset(NULL, 0, ASK_VERSION);
	int ruleset;
	int rc;

	if (version < 0)
		return -errno;
	if (version > LAST_KNOWN)
		version = LAST_KNOWN;
	/* an older kernel minds no more octets than it knows, if all are 0 */
	ruleset = create_ruleset(&known[version], sizeof(known[version]), 0);
	if (ruleset < 0)
		return -errno;
	rc = restrict_self(ruleset) < 0 ? -errno : try_it();
	close(ruleset);
	return rc < 0 ? rc : version;
}
