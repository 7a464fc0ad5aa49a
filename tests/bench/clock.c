/*
 * What is timed, with one clock: `clock FILE PROGRAM ARGUMENT…` appends the
 * time to FILE and becomes the program; without arguments it is the script of
 * a DHCP client, and appends to `stamps` beside itself the time and the reason
 * (by dhclient's variable, or udhcpc's argument).
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void stamp(const char *path, const char *what)
{
	char line[128];
	struct timespec now;
	int fd, length;

	clock_gettime(CLOCK_MONOTONIC, &now);
	length = snprintf(line, sizeof(line), "%lld.%09ld %.64s\n",
			  (long long)now.tv_sec, now.tv_nsec, what);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (fd < 0 || write(fd, line, (size_t)length) != length)
		_exit(1);
	close(fd);
}

int main(int argc, char *argv[])
{
	char path[4096] = "";
	const char *reason = getenv("reason");
	char *slash;

	if (argc >= 3 && argv[1][0] == '/') {
		stamp(argv[1], "exec");
		execv(argv[2], argv + 2);
		perror(argv[2]);
		return 127;
	}
	if (readlink("/proc/self/exe", path, sizeof(path) - 8) < 0)
		return 1;
	slash = strrchr(path, '/');
	memcpy(slash + 1, "stamps", sizeof("stamps"));
	if (reason == NULL)
		reason = argc > 1 ? argv[1] : "?";
	stamp(path, reason);
	return 0;
}
