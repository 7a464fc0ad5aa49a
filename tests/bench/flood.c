/*
 * Puts frames on an interface as fast as one processor can, each in its turn:
 * `flood INTERFACE SECONDS FILE`, a frame a line in hexadecimal.  Prints how
 * many went out.  No copy of them goes to captures on this end.
 */
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define FRAMES_MAX 64
#define LENGTH_MAX 1514
#define BATCH 64

static uint8_t frame[FRAMES_MAX][LENGTH_MAX];
static size_t length[FRAMES_MAX];

static size_t load(FILE *file)
{
	static char line[2 * LENGTH_MAX + 2];
	size_t count = 0;

	while (count < FRAMES_MAX && fgets(line, sizeof(line), file) != NULL) {
		unsigned octet;

		for (const char *at = line; length[count] < LENGTH_MAX &&
					    sscanf(at, "%2x", &octet) == 1;
		     at += 2)
			frame[count][length[count]++] = (uint8_t)octet;
		count += length[count] > 0;
	}
	return count;
}

static int open_socket(const char *interface)
{
	const struct sockaddr_ll link = {
		.sll_family = AF_PACKET,
		.sll_ifindex = (int)if_nametoindex(interface),
	};
	const int fd = socket(AF_PACKET, SOCK_RAW, 0), yes = 1;

	if (fd < 0 || link.sll_ifindex == 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof(yes)) <
		    0 ||
	    bind(fd, (const struct sockaddr *)&link, sizeof(link)) < 0) {
		perror(interface);
		exit(1);
	}
	return fd;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char *argv[])
{
	struct mmsghdr batch[BATCH];
	struct iovec piece[BATCH];
	size_t frames, next = 0;
	long long sent = 0;
	FILE *file;
	double end;
	int fd;

	if (argc != 4) {
		fprintf(stderr, "usage: flood INTERFACE SECONDS FILE\n");
		return 2;
	}
	file = fopen(argv[3], "re");
	frames = file != NULL ? load(file) : 0;
	if (frames == 0) {
		perror(argv[3]);
		return 1;
	}
	fd = open_socket(argv[1]);
	memset(batch, 0, sizeof(batch));
	for (size_t i = 0; i < BATCH; i++, next = (next + 1) % frames) {
		piece[i] = (struct iovec){frame[next], length[next]};
		batch[i].msg_hdr.msg_iov = &piece[i];
		batch[i].msg_hdr.msg_iovlen = 1;
	}
	for (end = now() + strtod(argv[2], NULL); now() < end;) {
		const int done = sendmmsg(fd, batch, BATCH, 0);

		sent += done > 0 ? done : 0;
	}
	printf("%lld\n", sent);
	return 0;
}
