/*
 * What is timed, with one clock: `clock FILE PROGRAM ARGUMENT…` appends a stamp
 * to FILE and becomes the program; without arguments it is the script of a
 * DHCP client, and appends to `stamps` beside itself.
 *
 * A stamp is the time, the CPU time of this process so far (before an exec
 * that is nobody's, after it the floor's), its pid and the reason (dhclient's
 * variable, or udhcpc's argument).  Bound, it puts an octet into the FIFO
 * `bound`, for whoever sleeps until then, and is held up as long as nobody
 * opens the FIFO `hold`; each of the two only if it is there.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

static void stamp(const char *path, const char *what)
{
	char line[160];
	struct timespec now, used;
	int fd, length;

	clock_gettime(CLOCK_MONOTONIC, &now);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	length = snprintf(
		line, sizeof(line), "%lld.%09ld %lld.%09ld %d %.64s\n",
		(long long)now.tv_sec, now.tv_nsec, (long long)used.tv_sec,
		used.tv_nsec, (int)getpid(), what);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (fd < 0 || write(fd, line, (size_t)length) != length)
		_exit(1);
	close(fd);
}

static void tell(const char *path)
{
	const int fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0 && write(fd, "+", 1) != 1)
		_exit(1);
}

static void be_held(const char *path)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
}

int main(int argc, char *argv[])
{
	char path[4096] = "";
	const char *reason = getenv("reason");
	char *name;

	if (argc >= 3 && argv[1][0] == '/') {
		stamp(argv[1], "exec");
		execv(argv[2], argv + 2);
		perror(argv[2]);
		return 127;
	}
	if (readlink("/proc/self/exe", path, sizeof(path) - 8) < 0)
		return 1;
	name = strrchr(path, '/') + 1;
	if (reason == NULL)
		reason = argc > 1 ? argv[1] : "?";
	memcpy(name, "stamps", sizeof("stamps"));
	stamp(path, reason);
	if (strcasecmp(reason, "bound") != 0)
		return 0;
	memcpy(name, "bound", sizeof("bound"));
	tell(path);
	memcpy(name, "hold", sizeof("hold"));
	be_held(path);
	return 0;
}
