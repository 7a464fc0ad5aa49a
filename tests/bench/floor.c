/*
 * The least that a DHCP client could do: DISCOVER, OFFER, REQUEST and ACK on
 * one packet socket, then the script is executed with reason=BOUND; with -a
 * the address is set instead, by the quickest call there is.  No timer, no
 * check, no second try: what is measured beside it costs at least this.
 */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#define BOOTP 300 /* octets */
#define HEADERS (20 + 8)

static uint8_t packet[2048], sent[HEADERS + BOOTP];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static uint16_t checksum(const uint8_t *at, size_t length, uint32_t sum)
{
	for (size_t i = 0; i + 1 < length; i += 2)
		sum += (uint32_t)(at[i] << 8 | at[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* A request with these options, an END behind them. */
static void build(const uint8_t xid[4], const uint8_t mac[6],
		  const uint8_t *options, size_t length)
{
	uint8_t *bootp = sent + HEADERS;

	memset(sent, 0, sizeof(sent));
	memcpy(bootp, (const uint8_t[]){1, 1, 6, 0}, 4);
	memcpy(bootp + 4, xid, 4);
	memcpy(bootp + 28, mac, 6);
	memcpy(bootp + 236, (const uint8_t[]){0x63, 0x82, 0x53, 0x63}, 4);
	memcpy(bootp + 240, options, length);
	bootp[240 + length] = 255;
	sent[0] = 0x45;
	put16(sent + 2, sizeof(sent));
	sent[8] = 64;
	sent[9] = IPPROTO_UDP;
	memset(sent + 16, 0xff, 4);
	put16(sent + 10, checksum(sent, 20, 0));
	put16(sent + 20, 68);
	put16(sent + 22, 67);
	put16(sent + 24, 8 + BOOTP);
	put16(sent + 26,
	      checksum(sent + 12, sizeof(sent) - 12, IPPROTO_UDP + 8 + BOOTP));
}

/* The value of an option of the reply, or NULL. */
static const uint8_t *find(const uint8_t *bootp, size_t length, uint8_t code)
{
	for (size_t i = 240; i + 1 < length && bootp[i] != 255;
	     i += bootp[i] == 0 ? 1 : 2U + bootp[i + 1])
		if (bootp[i] == code)
			return bootp + i + 2;
	return NULL;
}

/* Waits for our reply of that type; the BOOTP part. */
static const uint8_t *receive(int fd, const uint8_t xid[4], uint8_t type,
			      size_t *length)
{
	for (;;) {
		const ssize_t got = read(fd, packet, sizeof(packet));
		const uint8_t *said;

		if (got < HEADERS + 240 || packet[9] != IPPROTO_UDP ||
		    packet[23] != 68 || memcmp(packet + 32, xid, 4) != 0)
			continue;
		*length = (size_t)got - HEADERS;
		said = find(packet + HEADERS, *length, 53);
		if (said != NULL && *said == type)
			return packet + HEADERS;
	}
}

static void set_address(const char *name, const uint8_t address[4])
{
	struct ifreq request = {.ifr_addr.sa_family = AF_INET};
	const int fd = socket(AF_INET, SOCK_DGRAM, 0);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	memcpy(&((struct sockaddr_in *)(void *)&request.ifr_addr)->sin_addr,
	       address, 4);
	if (ioctl(fd, SIOCSIFADDR, &request) < 0)
		die("SIOCSIFADDR");
}

int main(int argc, char *argv[])
{
	const char *name = argc > 1 ? argv[1] : "";
	struct sockaddr_ll link = {.sll_family = AF_PACKET,
				   .sll_protocol = htons(ETH_P_IP),
				   .sll_ifindex = (int)if_nametoindex(name),
				   .sll_halen = 6};
	const int fd = socket(AF_PACKET, SOCK_DGRAM, 0);
	struct ifreq request = {0};
	uint8_t options[15] = {53, 1, 1}, xid[4];
	const uint8_t *reply;
	size_t length;

	if (argc < 3 || link.sll_ifindex == 0) {
		fprintf(stderr, "usage: floor INTERFACE SCRIPT|-a\n");
		return 2;
	}
	if (fd < 0 || bind(fd, (struct sockaddr *)&link, sizeof(link)) < 0)
		die("packet socket");
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(fd, SIOCGIFHWADDR, &request) < 0)
		die("SIOCGIFHWADDR");
	if (getrandom(xid, sizeof(xid), 0) != sizeof(xid))
		die("getrandom");
	memset(link.sll_addr, 0xff, 6);
	build(xid, (uint8_t *)request.ifr_hwaddr.sa_data, options, 3);
	sendto(fd, sent, sizeof(sent), 0, (struct sockaddr *)&link,
	       sizeof(link));
	reply = receive(fd, xid, 2, &length);
	memcpy(options, (const uint8_t[]){53, 1, 3, 50, 4}, 5);
	memcpy(options + 5, reply + 16, 4);
	options[9] = 54;
	options[10] = 4;
	memcpy(options + 11, find(reply, length, 54), 4);
	build(xid, (uint8_t *)request.ifr_hwaddr.sa_data, options, 15);
	sendto(fd, sent, sizeof(sent), 0, (struct sockaddr *)&link,
	       sizeof(link));
	reply = receive(fd, xid, 5, &length);
	if (strcmp(argv[2], "-a") == 0) {
		set_address(name, reply + 16);
		return 0;
	}
	execle(argv[2], argv[2], (char *)NULL,
	       (char *const[]){(char *)"reason=BOUND", NULL});
	die(argv[2]);
}
