/*
 * What /proc/self/status says of a process, and capability sets made without
 * the code under test: for the tests of privileges, which act in a child.
 */
#ifndef DHCPCANON_UNIT_CHILD_H
#define DHCPCANON_UNIT_CHILD_H

#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define BIT(capability) (UINT64_C(1) << (capability))

/* In a child: what does not hold ends it, and is named. */
#define CHECK(claim)                                                           \
	do {                                                                   \
		if (!(claim)) {                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__,     \
				#claim);                                       \
			_exit(1);                                              \
		}                                                              \
	} while (0)

/* Runs `act` in a child of its own; true if nothing failed there. */
static inline bool holds_in_child(void (*act)(void))
{
	const pid_t pid = fork();
	int status = -1;

	if (pid == 0) {
		act();
		_exit(0);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

/* Copies the value of a line such as "CapEff" of process `pid` into `out`. */
static inline void status_line(pid_t pid, const char *name, char *out,
			       size_t size)
{
	const size_t length = strlen(name);
	char path[64], line[256];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	CHECK(file != NULL);
	while (fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, name, length) == 0 && line[length] == ':') {
			line[strcspn(line, "\n")] = '\0';
			snprintf(out, size, "%s",
				 line + length + 1 +
					 strspn(line + length + 1, "\t "));
			fclose(file);
			return;
		}
	CHECK(!"the line is there");
}

static inline bool status_of_is(pid_t pid, const char *name, const char *value)
{
	char line[256];

	status_line(pid, name, line, sizeof(line));
	return strcmp(line, value) == 0;
}

/* One of CapInh, CapPrm, CapEff, CapBnd, CapAmb. */
static inline uint64_t status_set_of(pid_t pid, const char *name)
{
	char line[256];

	status_line(pid, name, line, sizeof(line));
	return strtoull(line, NULL, 16);
}

/* The same of this process. */
static inline bool status_is(const char *name, const char *value)
{
	return status_of_is(getpid(), name, value);
}

static inline uint64_t status_set(const char *name)
{
	return status_set_of(getpid(), name);
}

static inline void set_capabilities(uint64_t effective, uint64_t permitted,
				    uint64_t inheritable)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct data[2] = {
		{(uint32_t)effective, (uint32_t)permitted,
		 (uint32_t)inheritable},
		{(uint32_t)(effective >> 32), (uint32_t)(permitted >> 32),
		 (uint32_t)(inheritable >> 32)},
	};

	CHECK(syscall(SYS_capset, &header, data) == 0);
}

/* A user as systemd's User= and AmbientCapabilities= make one. */
static inline void become_user_with(uint64_t capabilities)
{
	const uid_t uid = 65534;

	CHECK(prctl(PR_SET_KEEPCAPS, 1) == 0);
	CHECK(syscall(SYS_setgroups, 0, NULL) == 0);
	CHECK(syscall(SYS_setresgid, uid, uid, uid) == 0);
	CHECK(syscall(SYS_setresuid, uid, uid, uid) == 0);
	set_capabilities(capabilities, capabilities, capabilities);
	for (unsigned long i = 0; i < 64; i++)
		if ((capabilities & BIT(i)) != 0)
			CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0,
				    0) == 0);
}

/*
 * Becomes /proc/self/status's reader anew, as a script would be started, and
 * returns what `name` says there.
 */
static inline uint64_t set_after_exec(const char *name)
{
	char line[256] = "", command[128];
	FILE *file;

	snprintf(command, sizeof(command), "grep ^%s: /proc/self/status", name);
	file = popen(command, "re");
	CHECK(file != NULL);
	CHECK(fgets(line, sizeof(line), file) != NULL);
	CHECK(pclose(file) == 0);
	return strtoull(line + strlen(name) + 1, NULL, 16);
}

#endif
