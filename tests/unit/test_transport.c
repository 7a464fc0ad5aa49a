/*
 * The worker's sockets against a real kernel: each test has a network
 * namespace of its own with a veth pair, `own` and `peer`, and plays the rest
 * of the network from `peer`.  What must not arrive is followed by something
 * that must: veth keeps the order, so that no test waits for nothing.
 */
#include "unit.h"

#include "clock.h"
#include "lease.h"
#include "transport.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <netinet/if_ether.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 5000 /* before what must come counts as missing */
#define PROBE_MS 5       /* between two tries to get a frame across */
#define PAYLOAD 300      /* octets of a DHCP message */
#define OVERFLOWING 2000 /* changes of a link that no socket's queue holds */

#define OWN "02:00:00:00:aa:01"
#define PEER "02:00:00:00:bb:02"
#define TOP "02:00:00:00:cc:03" /* a macvlan's */
#define OWN_MAC                                                                \
	{                                                                      \
		{                                                              \
			2, 0, 0, 0, 0xaa, 1                                    \
		}                                                              \
	}
#define TOP_MAC                                                                \
	{                                                                      \
		{                                                              \
			2, 0, 0, 0, 0xcc, 3                                    \
		}                                                              \
	}

static const struct mac own_mac = OWN_MAC;
static const struct mac peer_mac = {{2, 0, 0, 0, 0xbb, 2}};
static const struct mac everybody = {{255, 255, 255, 255, 255, 255}};

/* The pair as the tests find it. */
static struct {
	struct transport transport;
	uint32_t ifindex; /* of `own` */
	int peer;         /* a packet socket on `peer`, receives IPv4 */
	struct link link; /* what rtnetlink said */
} net;

/* Runs `ip` with the arguments of one line. */
static void ip(const char *line)
{
	char copy[200];
	char *argv[24] = {(char[]){"ip"}};
	size_t count = 1;
	int status;
	pid_t pid;

	snprintf(copy, sizeof(copy), "%s", line);
	for (char *word = strtok(copy, " "); word != NULL;
	     word = strtok(NULL, " ")) {
		assert_true(count < 23);
		argv[count++] = word;
	}
	assert_int_equal(posix_spawnp(&pid, "ip", NULL, NULL, argv, environ),
			 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static bool readable_within(int fd, int ms)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};

	return poll(&wait, 1, ms) == 1;
}

static bool is_readable(int fd)
{
	return readable_within(fd, 0);
}

static void await(int fd)
{
	assert_true(readable_within(fd, PATIENCE_MS));
}

static struct in_addr address(const char *text)
{
	struct in_addr out;

	assert_int_equal(inet_pton(AF_INET, text, &out), 1);
	return out;
}

static int open_on(const char *name, uint16_t protocol)
{
	const struct sockaddr_ll at = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_ifindex = (int)if_nametoindex(name),
	};
	const int fd =
		socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

/*
 * The kernel drops in silence what is sent before its link watch has seen the
 * carrier: sends from one end until something comes out at the other.
 */
static void await_path(const char *from_name, const char *to_name)
{
	const uint8_t probe[ETH_ZLEN] = {
		255,
		255,
		255,
		255,
		255,
		255,
		2,
		0,
		0,
		0,
		0,
		1,
		ETH_P_802_EX1 >> 8,
		ETH_P_802_EX1 & 0xff,
	};
	const int from = open_on(from_name, 0);
	const int to = open_on(to_name, ETH_P_802_EX1);
	const uint64_t limit_ms = clock_boottime_ms() + PATIENCE_MS;

	do {
		assert_true(clock_boottime_ms() < limit_ms);
		assert_int_equal(write(from, probe, sizeof(probe)),
				 sizeof(probe));
	} while (!readable_within(to, PROBE_MS));
	close(from);
	close(to);
}

static void await_pair(void)
{
	await_path("own", "peer");
	await_path("peer", "own");
}

static int make_pair(void **state)
{
	const char *what = "";

	(void)state;
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	ip("link add own address " OWN
	   " type veth peer name peer address " PEER);
	ip("link set own up addrgenmode none");
	ip("link set peer up addrgenmode none");
	await_pair();
	net.ifindex = if_nametoindex("own");
	net.peer = open_on("peer", ETH_P_IP);
	net.link = (struct link){.ifindex = net.ifindex};
	assert_int_equal(
		transport_open(&net.transport, net.ifindex, &own_mac, &what),
		0);
	return 0;
}

static int drop_pair(void **state)
{
	(void)state;
	transport_close(&net.transport);
	return close(net.peer);
}

/* A DHCP reply as a network may send it; 0 and NULL mean as it should be. */
struct reply {
	const char *name;
	bool passes;
	struct mac destination; /* 0: broadcast */
	struct mac chaddr;      /* 0: ours */
	uint16_t vlan_tag;      /* 0: untagged */
	uint16_t ethertype;
	uint16_t fragment; /* flags and offset */
	uint8_t protocol, op, htype, hlen;
	uint8_t option_words; /* of the IP header, 4 octets each */
	uint16_t port;
	const char *host; /* destination address; NULL: 255.255.255.255 */
	size_t cut;       /* octets missing at the end */
};

#define MARK 2 /* octets: the row's number, in secs */

static const struct mac none;

static uint16_t or_else(uint16_t value, uint16_t normal)
{
	return value != 0 ? value : normal;
}

static const struct mac *mac_or(const struct mac *mac, const struct mac *normal)
{
	return mac_equal(mac, &none) ? normal : mac;
}

/* RFC 791 §3.1, over a header whose own checksum is still 0. */
static uint16_t ip_checksum(const uint8_t *header, size_t length)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < length; i += 2)
		sum += (uint32_t)(header[i] << 8 | header[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t) ~(sum + (sum >> 16));
}

static void write_ip(struct writer *out, const struct reply *reply)
{
	const char *host =
		reply->host != NULL ? reply->host : "255.255.255.255";
	const uint16_t length = (uint16_t)(20 + 4 * reply->option_words);
	uint8_t *const header = out->at;

	writer_u8(out, (uint8_t)(0x45 + reply->option_words));
	writer_u8(out, 0);
	writer_u16(out, (uint16_t)(length + 8 + PAYLOAD));
	writer_u16(out, 0);
	writer_u16(out, reply->fragment);
	writer_u8(out, 64);
	writer_u8(out, (uint8_t)or_else(reply->protocol, IPPROTO_UDP));
	writer_u16(out, 0);
	writer_address(out, address("192.0.2.1"));
	writer_address(out, address(host));
	/* Option 1: no operation. */
	for (int i = 20; i < length; i++)
		writer_u8(out, 1);

	struct writer checksum = {header + 10, 2, false};

	writer_u16(&checksum, ip_checksum(header, length));
}

/* Returns the length of the frame. */
static size_t make_reply(const struct reply *reply, uint16_t mark,
			 uint8_t frame[FRAME_MAX])
{
	struct writer out = {frame, FRAME_MAX, false};

	writer_bytes(&out, mac_or(&reply->destination, &everybody), MAC_LENGTH);
	writer_bytes(&out, &peer_mac, MAC_LENGTH);
	if (reply->vlan_tag != 0) {
		writer_u16(&out, ETH_P_8021Q);
		writer_u16(&out, reply->vlan_tag);
	}
	writer_u16(&out, or_else(reply->ethertype, ETH_P_IP));
	write_ip(&out, reply);
	writer_u16(&out, DHCP_SERVER_PORT);
	writer_u16(&out, or_else(reply->port, DHCP_CLIENT_PORT));
	writer_u16(&out, 8 + PAYLOAD);
	writer_u16(&out, 0);
	writer_u8(&out, (uint8_t)or_else(reply->op, 2));
	writer_u8(&out, (uint8_t)or_else(reply->htype, 1));
	writer_u8(&out, (uint8_t)or_else(reply->hlen, 6));
	writer_zeros(&out, 1 + 4);
	writer_u16(&out, mark);
	writer_zeros(&out, 28 - 8 - MARK);
	writer_bytes(&out, mac_or(&reply->chaddr, &own_mac), MAC_LENGTH);
	writer_zeros(&out, PAYLOAD - 28 - MAC_LENGTH);
	assert_false(out.full);
	return FRAME_MAX - out.left - reply->cut;
}

static void send_from_peer(const uint8_t *frame, size_t length)
{
	assert_int_equal(write(net.peer, frame, length), length);
}

static void send_reply(const struct reply *reply, uint16_t mark)
{
	uint8_t frame[FRAME_MAX];

	send_from_peer(frame, make_reply(reply, mark, frame));
}

static uint16_t mark_of(const uint8_t *frame)
{
	const size_t ip_length = 4 * (frame[ETH_HLEN] & 0xfU);
	const uint8_t *mark = frame + ETH_HLEN + ip_length + 8 + 8;

	return (uint16_t)(mark[0] << 8 | mark[1]);
}

/* The mark of the next frame for us, whatever else is queued before it. */
static uint16_t next_mark(void)
{
	uint8_t frame[FRAME_MAX];
	bool checksum_ready;
	ssize_t length;

	do {
		await(net.transport.packet);
		length = transport_receive(net.transport.packet, frame,
					   sizeof(frame), &checksum_ready);
		assert_true(length >= 0);
	} while (length == 0);
	return mark_of(frame);
}

/* Sends every row, after each a frame that must pass, and sees what comes. */
static void assert_rows(const struct reply *rows, size_t count)
{
	const uint16_t sentinel = 0xffff;
	const struct reply good = {.passes = true};

	for (size_t i = 0; i < count; i++) {
		const uint16_t mark = (uint16_t)(i + 1);

		send_reply(&rows[i], mark);
		send_reply(&good, sentinel);

		const uint16_t first = next_mark();

		if (first != (rows[i].passes ? mark : sentinel))
			fail_msg("%s: got %04x", rows[i].name, first);
		if (rows[i].passes)
			assert_int_equal(next_mark(), sentinel);
	}
	assert_false(is_readable(net.transport.packet));
}

#define ASSERT_ROWS(rows) assert_rows((rows), sizeof(rows) / sizeof((rows)[0]))

static void only_replies_to_this_client_pass(void **state)
{
	static const struct reply rows[] = {
		{.name = "broadcast", .passes = true},
		{.name = "unicast", .passes = true, .destination = OWN_MAC},
		{.name = "IP options", .passes = true, .option_words = 3},
		{.name = "longest header", .passes = true, .option_words = 10},
		{.name = "do not fragment", .passes = true, .fragment = IP_DF},
		{.name = "first fragment", .passes = true, .fragment = IP_MF},
		{.name = "last octet of chaddr",
		 .chaddr = {{2, 0, 0, 0, 0xaa, 2}}},
		{.name = "fifth octet of chaddr",
		 .chaddr = {{2, 0, 0, 0, 0xab, 1}}},
		{.name = "first octet of chaddr",
		 .chaddr = {{6, 0, 0, 0, 0xaa, 1}}},
		{.name = "fourth octet of chaddr",
		 .chaddr = {{2, 0, 0, 1, 0xaa, 1}}},
		{.name = "a request", .op = 1},
		{.name = "op 3", .op = 3},
		{.name = "htype 6", .htype = 6},
		{.name = "hlen 16", .hlen = 16},
		{.name = "port 67", .port = 67},
		{.name = "port 69", .port = 69},
		{.name = "TCP", .protocol = IPPROTO_TCP},
		{.name = "second fragment", .fragment = 1},
		{.name = "furthest fragment", .fragment = IP_OFFMASK},
		{.name = "IPv6", .ethertype = ETH_P_IPV6},
		{.name = "ends in chaddr", .cut = PAYLOAD - 28 - 5},
		{.name = "ends in the UDP header", .cut = PAYLOAD + 4},
		{.name = "ends in the IP header", .cut = PAYLOAD + 8 + 4},
		{.name = "to another host", .destination = TOP_MAC},
		{.name = "to a group", .destination = {{1, 0, 0x5e, 0, 0, 1}}},
	};

	(void)state;
	ASSERT_ROWS(rows);
}

static void a_vlan_is_another_network(void **state)
{
	static const struct reply rows[] = {
		{.name = "VLAN 5", .vlan_tag = 5},
		{.name = "VLAN 5 with priority", .vlan_tag = 7 << 13 | 5},
		{.name = "priority without VLAN",
		 .passes = true,
		 .vlan_tag = 7 << 13},
	};

	(void)state;
	ASSERT_ROWS(rows);
}

/*
 * A macvlan stands for all that takes frames over from the interface below
 * (VLANs, bonds): the kernel shows them to our socket as frames to this host.
 */
static void a_device_on_top_is_another_interface(void **state)
{
	static const struct reply rows[] = {
		{.name = "to the macvlan", .destination = TOP_MAC},
	};

	(void)state;
	ip("link add link own name top address " TOP " type macvlan");
	ip("link set top up addrgenmode none");
	ASSERT_ROWS(rows);
}

static void what_this_host_sends_does_not_come_back(void **state)
{
	const struct reply good = {.passes = true};
	const int other = open_on("own", ETH_P_IP);
	const int by[] = {net.transport.packet, net.transport.arp, other};
	uint8_t frame[FRAME_MAX], seen[FRAME_MAX];
	const size_t length = make_reply(&good, 1, frame);

	(void)state;
	for (size_t i = 0; i < sizeof(by) / sizeof(by[0]); i++) {
		assert_int_equal(transport_send_frame(by[i], frame, length), 0);
		await(net.peer);
		assert_int_equal(recv(net.peer, seen, sizeof(seen), 0), length);
		assert_memory_equal(seen, frame, length);
		assert_false(is_readable(net.transport.packet));
	}
	close(other);
	send_reply(&good, 2);
	assert_int_equal(next_mark(), 2);
}

static void a_frame_longer_than_the_buffer_is_passed_over(void **state)
{
	const struct reply good = {.passes = true};
	uint8_t frame[FRAME_MAX];
	bool checksum_ready = false;
	const size_t length = make_reply(&good, 1, frame);

	(void)state;
	send_from_peer(frame, length);
	send_from_peer(frame, length);
	await(net.transport.packet);
	assert_int_equal(transport_receive(net.transport.packet, frame,
					   length - 1, &checksum_ready),
			 0);
	assert_int_equal(transport_receive(net.transport.packet, frame, length,
					   &checksum_ready),
			 length);
	assert_true(checksum_ready);
	assert_int_equal(transport_receive(net.transport.packet, frame, length,
					   &checksum_ready),
			 -EAGAIN);
}

/* As a server on the same host leaves it to hardware that is not there. */
static void a_checksum_not_filled_in_is_told(void **state)
{
	struct {
		struct virtio_net_hdr header;
		uint8_t frame[FRAME_MAX];
	} __attribute__((packed)) out = {
		.header = {.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
			   .csum_start = ETH_HLEN + sizeof(struct iphdr),
			   .csum_offset = offsetof(struct udphdr, check)},
	};
	const struct reply good = {.passes = true};
	const size_t length = make_reply(&good, 1, out.frame);
	uint8_t frame[FRAME_MAX];
	bool checksum_ready = true;
	const int on = 1;

	(void)state;
	assert_int_equal(setsockopt(net.peer, SOL_PACKET, PACKET_VNET_HDR, &on,
				    sizeof(on)),
			 0);
	send_from_peer((const uint8_t *)&out, sizeof(out.header) + length);
	await(net.transport.packet);
	assert_int_equal(transport_receive(net.transport.packet, frame,
					   sizeof(frame), &checksum_ready),
			 length);
	assert_false(checksum_ready);
}

static void assert_filter_is_locked(int fd)
{
	struct sock_filter all[] = {BPF_STMT(BPF_RET | BPF_K, UINT32_MAX)};
	const struct sock_fprog program = {1, all};
	const int off = 0;

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
				    sizeof(program)),
			 -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(
		setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &off, sizeof(off)),
		-1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(
		setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &off, sizeof(off)),
		-1);
	assert_int_equal(errno, EPERM);
}

static void the_filters_are_locked(void **state)
{
	(void)state;
	assert_filter_is_locked(net.transport.packet);
	assert_filter_is_locked(net.transport.udp);
	assert_filter_is_locked(net.transport.netlink);
}

static void all_descriptors_close_on_exec_and_never_block(void **state)
{
	const int fds[] = {net.transport.packet,   net.transport.arp,
			   net.transport.udp,      net.transport.netlink,
			   net.transport.deadline, net.transport.resumed};

	(void)state;
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		assert_int_equal(fcntl(fds[i], F_GETFD) & FD_CLOEXEC,
				 FD_CLOEXEC);
		assert_int_equal(fcntl(fds[i], F_GETFL) & O_NONBLOCK,
				 O_NONBLOCK);
	}
}

static void a_link_that_goes_down_is_one_error(void **state)
{
	const struct reply good = {.passes = true};
	uint8_t frame[FRAME_MAX];
	bool checksum_ready;

	(void)state;
	ip("link set own down");
	assert_int_equal(transport_receive(net.transport.packet, frame,
					   sizeof(frame), &checksum_ready),
			 -ENETDOWN);
	assert_int_equal(transport_receive(net.transport.packet, frame,
					   sizeof(frame), &checksum_ready),
			 -EAGAIN);
	assert_int_equal(transport_send_frame(net.transport.packet, frame,
					      make_reply(&good, 1, frame)),
			 -ENETDOWN);
	ip("link set own up");
	await_pair();
	send_reply(&good, 2);
	assert_int_equal(next_mark(), 2);
}

/* An ARP request; its target hardware address is the mark. */
struct arp_request {
	const char *name;
	bool passes;
	struct mac destination; /* 0: broadcast */
	struct mac sender_mac;  /* 0: the peer's */
	const char *sender, *target;
	uint16_t vlan_tag; /* 0: untagged */
	uint16_t hardware; /* 0: Ethernet */
	uint16_t protocol; /* 0: IPv4 */
};

static void send_arp(const struct arp_request *arp, uint8_t mark)
{
	const struct mac target_mac = {{0, 0, 0, 0, 0, mark}};
	uint8_t frame[64];
	struct writer out = {frame, sizeof(frame), false};

	writer_bytes(&out, mac_or(&arp->destination, &everybody), MAC_LENGTH);
	writer_bytes(&out, &peer_mac, MAC_LENGTH);
	if (arp->vlan_tag != 0) {
		writer_u16(&out, ETH_P_8021Q);
		writer_u16(&out, arp->vlan_tag);
	}
	writer_u16(&out, ETH_P_ARP);
	writer_u16(&out, or_else(arp->hardware, ARPHRD_ETHER));
	writer_u16(&out, or_else(arp->protocol, ETH_P_IP));
	writer_u8(&out, MAC_LENGTH);
	writer_u8(&out, 4);
	writer_u16(&out, ARPOP_REQUEST);
	writer_bytes(&out, mac_or(&arp->sender_mac, &peer_mac), MAC_LENGTH);
	writer_address(&out, address(arp->sender));
	writer_bytes(&out, &target_mac, MAC_LENGTH);
	writer_address(&out, address(arp->target));
	assert_false(out.full);
	send_from_peer(frame, sizeof(frame) - out.left);
}

/* The mark of the next ARP frame for us. */
static uint8_t next_arp(void)
{
	uint8_t frame[FRAME_MAX];
	bool checksum_ready;
	ssize_t length;

	do {
		await(net.transport.arp);
		length = transport_receive(net.transport.arp, frame,
					   sizeof(frame), &checksum_ready);
		assert_true(length >= 0);
	} while (length == 0);
	return frame[ETH_HLEN + offsetof(struct ether_arp, arp_tha) + 5];
}

static void watch(const char *text)
{
	assert_int_equal(transport_watch_arp(net.transport.arp, net.ifindex,
					     address(text), &own_mac),
			 0);
}

#define WATCHED "192.0.2.7"
#define OTHER "192.0.2.8"
#define UNKNOWN "0.0.0.0"

static void announce(const char *text, uint8_t mark)
{
	const struct arp_request announcement = {.sender = text,
						 .target = text};

	send_arp(&announcement, mark);
}

static void arp_about_our_address_from_others_passes(void **state)
{
	static const struct arp_request rows[] = {
		{"in use", true, .sender = WATCHED, .target = OTHER},
		{"in use, said to us alone", true, .destination = OWN_MAC,
		 .sender = WATCHED, .target = OTHER},
		{"announced", true, .sender = WATCHED, .target = WATCHED},
		{"probed for", true, .sender = UNKNOWN, .target = WATCHED},
		{"MAC differs at the end", true,
		 .sender_mac = {{2, 0, 0, 0, 0xaa, 2}}, .sender = WATCHED,
		 .target = OTHER},
		{"MAC differs at the start", true,
		 .sender_mac = {{6, 0, 0, 0, 0xaa, 1}}, .sender = WATCHED,
		 .target = OTHER},
		{"asked for", .sender = OTHER, .target = WATCHED},
		{"another probed for", .sender = UNKNOWN, .target = OTHER},
		{"another in use", .sender = OTHER, .target = OTHER},
		{"ours", .sender_mac = OWN_MAC, .sender = WATCHED,
		 .target = OTHER},
		{"our probe", .sender_mac = OWN_MAC, .sender = UNKNOWN,
		 .target = WATCHED},
		{"not of Ethernet", .sender = WATCHED, .target = WATCHED,
		 .hardware = ARPHRD_IEEE802},
		{"not for IPv4", .sender = WATCHED, .target = WATCHED,
		 .protocol = ETH_P_IPV6},
		{"in a VLAN", .sender = WATCHED, .target = WATCHED,
		 .vlan_tag = 5},
		{"to a device on top", .destination = TOP_MAC,
		 .sender = WATCHED, .target = WATCHED},
	};
	const uint8_t sentinel = 0xff;

	(void)state;
	ip("link add link own name top address " TOP " type macvlan");
	ip("link set top up addrgenmode none");
	watch(WATCHED);
	for (uint8_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const uint8_t mark = (uint8_t)(i + 1);

		send_arp(&rows[i], mark);
		announce(WATCHED, sentinel);

		const uint8_t first = next_arp();

		if (first != (rows[i].passes ? mark : sentinel))
			fail_msg("%s: got %02x", rows[i].name, first);
		if (rows[i].passes)
			assert_int_equal(next_arp(), sentinel);
	}
	assert_false(is_readable(net.transport.arp));
}

static void arp_is_silent_without_an_address(void **state)
{
	(void)state;
	announce(WATCHED, 1);
	watch(WATCHED);
	announce(WATCHED, 2);
	assert_int_equal(next_arp(), 2);
	watch(UNKNOWN);
	announce(WATCHED, 3);
	announce(UNKNOWN, 4);
	watch(OTHER);
	announce(WATCHED, 5);
	announce(OTHER, 6);
	assert_int_equal(next_arp(), 6);
	assert_false(is_readable(net.transport.arp));
}

/* The next UDP datagram that leaves by `own`; returns the frame's length. */
static size_t next_datagram(uint8_t *frame, size_t size)
{
	for (;;) {
		await(net.peer);

		const ssize_t length = recv(net.peer, frame, size, 0);

		assert_true(length > ETH_HLEN);
		if (length > FRAME_HEADERS && frame[12] == 0x08 &&
		    frame[13] == 0x00 && frame[23] == IPPROTO_UDP)
			return (size_t)length;
	}
}

static void a_datagram_leaves_with_the_source_named(void **state)
{
	static const uint8_t ports[] = {0, DHCP_CLIENT_PORT, 0,
					DHCP_SERVER_PORT};
	const uint8_t message[] = "to renew";
	const struct in_addr source = address("192.0.2.9");
	const struct in_addr server = address("192.0.2.1");
	uint8_t frame[FRAME_MAX];

	(void)state;
	/* The kernel itself would choose the first. */
	ip("address add 192.0.2.8/24 dev own");
	ip("address add 192.0.2.9/24 dev own");
	ip("neighbour add 192.0.2.1 lladdr " PEER " dev own");
	assert_int_equal(transport_send_udp(net.transport.udp, net.ifindex,
					    source, server, message,
					    sizeof(message)),
			 0);

	const size_t length = next_datagram(frame, sizeof(frame));

	assert_int_equal(length, FRAME_HEADERS + sizeof(message));
	assert_memory_equal(frame, &peer_mac, MAC_LENGTH);
	assert_memory_equal(frame + MAC_LENGTH, &own_mac, MAC_LENGTH);
	assert_memory_equal(frame + 26, &source, sizeof(source));
	assert_memory_equal(frame + 30, &server, sizeof(server));
	assert_memory_equal(frame + 34, ports, sizeof(ports));
	assert_memory_equal(frame + FRAME_HEADERS, message, sizeof(message));
}

static void a_datagram_from_an_address_not_ours_stays(void **state)
{
	(void)state;
	ip("address add 192.0.2.8/24 dev own");
	ip("neighbour add 192.0.2.1 lladdr " PEER " dev own");
	assert_true(transport_send_udp(net.transport.udp, net.ifindex,
				       address("192.0.2.9"),
				       address("192.0.2.1"),
				       (const uint8_t *)"", 1) < 0);
	assert_int_equal(transport_send_udp(
				 -1, net.ifindex, address("192.0.2.8"),
				 address("192.0.2.1"), (const uint8_t *)"", 1),
			 -EBADF);
}

/* A UDP socket of another program on the port; device "": on any. */
static int hold_port(const char *device, bool shares)
{
	const struct sockaddr_in at = {.sin_family = AF_INET,
				       .sin_port = htons(DHCP_CLIENT_PORT)};
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const int on = shares;

	assert_true(fd >= 0);
	assert_int_equal(
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device,
				    (socklen_t)strlen(device)),
			 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static void a_taken_port_costs_only_the_udp_socket(void **state)
{
	const struct reply good = {.passes = true};
	const char *what = "";

	(void)state;
	transport_close(&net.transport);

	const int holder = hold_port("", false);

	assert_int_equal(
		transport_open(&net.transport, net.ifindex, &own_mac, &what),
		0);
	assert_int_equal(net.transport.udp, -1);
	assert_true(net.transport.resumed >= 0);
	send_reply(&good, 1);
	assert_int_equal(next_mark(), 1);
	close(holder);
}

static void a_port_taken_on_another_interface_is_free(void **state)
{
	const char *what = "";

	(void)state;
	transport_close(&net.transport);

	const int holder = hold_port("peer", false);

	assert_int_equal(
		transport_open(&net.transport, net.ifindex, &own_mac, &what),
		0);
	assert_true(net.transport.udp >= 0);
	close(holder);
}

static void a_shared_port_is_no_obstacle(void **state)
{
	struct transport second;
	const char *what = "";

	(void)state;
	transport_close(&net.transport);

	const int holder = hold_port("", true);

	assert_int_equal(
		transport_open(&net.transport, net.ifindex, &own_mac, &what),
		0);
	assert_true(net.transport.udp >= 0);
	assert_int_equal(transport_open(&second, if_nametoindex("peer"),
					&peer_mac, &what),
			 0);
	assert_true(second.udp >= 0);
	transport_close(&second);
	close(holder);
}

static void the_udp_socket_queues_nothing(void **state)
{
	const struct reply good = {.passes = true};
	const int other = hold_port("", true);

	(void)state;
	ip("address add 192.0.2.8/24 dev own");
	send_reply(&good, 1);
	/* A broadcast goes to every socket on the port. */
	await(other);
	assert_int_equal(next_mark(), 1);
	assert_false(is_readable(net.transport.udp));
	close(other);
}

/* The destination port of the datagram that the next ICMP error is about. */
static uint16_t next_icmp_about(void)
{
	uint8_t frame[FRAME_MAX];

	for (;;) {
		await(net.peer);

		const ssize_t length = recv(net.peer, frame, sizeof(frame), 0);
		const size_t port = ETH_HLEN + 20 + 8 + 20 + 2;

		assert_true(length > 0);
		if ((size_t)length >= port + 2 && frame[12] == 0x08 &&
		    frame[13] == 0x00 && frame[23] == IPPROTO_ICMP)
			return (uint16_t)(frame[port] << 8 | frame[port + 1]);
	}
}

static void no_server_is_answered_with_icmp(void **state)
{
	struct reply reply = {.host = "192.0.2.8", .destination = own_mac};

	(void)state;
	ip("address add 192.0.2.8/24 dev own");
	ip("neighbour add 192.0.2.1 lladdr " PEER " dev own");
	send_reply(&reply, 1);
	reply.port = 69;
	send_reply(&reply, 2);
	assert_int_equal(next_icmp_about(), 69);
}

/* Reads what rtnetlink has to say, once it says something. */
static void hear_of_link(void)
{
	bool changed = false;

	await(net.transport.netlink);
	assert_int_equal(
		transport_read_link(net.transport.netlink, &net.link, &changed),
		0);
	assert_true(changed);
}

/* The link watch has its own time: reads until `claim` holds. */
#define HEAR_UNTIL(claim)                                                      \
	do                                                                     \
		hear_of_link();                                                \
	while (!(claim))

static void the_link_is_described_when_asked(void **state)
{
	(void)state;
	assert_int_equal(transport_ask_link(net.transport.netlink, net.ifindex),
			 0);
	hear_of_link();
	assert_string_equal(net.link.name, "own");
	assert_true(mac_equal(&net.link.mac, &own_mac));
	assert_true(net.link.present && net.link.up && net.link.is_ethernet);
	assert_int_equal(net.link.mtu, 1500);
}

static void nothing_queued_is_nothing_changed(void **state)
{
	struct link link = {.ifindex = if_nametoindex("lo")};
	struct transport transport;
	const char *what = "";
	bool changed = true;

	(void)state;
	/* Nobody touches it. */
	assert_int_equal(transport_open(&transport, link.ifindex, &none, &what),
			 0);
	assert_int_equal(
		transport_read_link(transport.netlink, &link, &changed), 0);
	assert_false(changed);
	assert_false(link.present);
	transport_close(&transport);
}

static void what_happens_to_the_link_is_seen(void **state)
{
	(void)state;
	ip("link set own down");
	HEAR_UNTIL(net.link.present && !net.link.up);
	ip("link set own address 02:00:00:00:aa:09");
	HEAR_UNTIL(net.link.mac.octet[5] == 9);
	ip("link set own name new");
	HEAR_UNTIL(strcmp(net.link.name, "new") == 0);
	ip("link set new up");
	HEAR_UNTIL(link_is_usable(&net.link));
	ip("link set peer down");
	HEAR_UNTIL(net.link.up && !link_is_usable(&net.link));
	ip("link delete new");
	HEAR_UNTIL(!net.link.present);
}

static void a_link_that_is_gone_is_told_when_asked_for(void **state)
{
	(void)state;
	ip("link delete own");
	HEAR_UNTIL(!net.link.present && !is_readable(net.transport.netlink));
	net.link.present = true;
	assert_int_equal(transport_ask_link(net.transport.netlink, net.ifindex),
			 0);
	hear_of_link();
	assert_false(net.link.present);
}

/* One message as it is queued, whose link must be ours. */
static void hear_of_own_alone(void)
{
	_Alignas(struct nlmsghdr) uint8_t bytes[8192];
	struct ifinfomsg about;
	bool changed;

	await(net.transport.netlink);

	const ssize_t length =
		recv(net.transport.netlink, bytes, sizeof(bytes), 0);

	assert_true(length >= (ssize_t)(NLMSG_HDRLEN + sizeof(about)));
	memcpy(&about, bytes + NLMSG_HDRLEN, sizeof(about));
	assert_int_equal(about.ifi_index, net.ifindex);
	assert_int_equal(
		link_decode(bytes, (size_t)length, &net.link, &changed),
		DECODE_OK);
}

static void other_links_are_not_heard_of(void **state)
{
	(void)state;
	ip("link set peer mtu 1400");
	ip("link add other type veth peer name another");
	ip("link delete other");
	assert_int_equal(transport_ask_link(net.transport.netlink,
					    if_nametoindex("peer")),
			 0);
	ip("link set own mtu 1300");
	do
		hear_of_own_alone();
	while (net.link.mtu != 1300);
}

static void an_overflow_is_made_good(void **state)
{
	struct ifreq request = {.ifr_name = "own"};
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)state;
	assert_true(fd >= 0);
	for (int i = 0; i <= OVERFLOWING; i++) {
		request.ifr_mtu = i < OVERFLOWING ? 1400 + i % 2 : 1234;
		assert_int_equal(ioctl(fd, SIOCSIFMTU, &request), 0);
	}
	close(fd);
	hear_of_link();
	/* What was lost is the end; the answer to the question has it. */
	assert_true(net.link.mtu != 1234);
	HEAR_UNTIL(net.link.mtu == 1234);
}

static bool timer_is_armed(int timer)
{
	struct itimerspec left;

	assert_int_equal(timerfd_gettime(timer, &left), 0);
	return left.it_value.tv_sec != 0 || left.it_value.tv_nsec != 0;
}

static void the_deadline_fires_in_time(void **state)
{
	const int timer = net.transport.deadline;
	const uint64_t at_ms = clock_boottime_ms() + 20;

	(void)state;
	assert_int_equal(transport_arm_deadline(timer, at_ms), 0);
	assert_true(timer_is_armed(timer));
	await(timer);
	assert_true(clock_boottime_ms() >= at_ms);
	/* Armed anew it is silent again, without a read. */
	assert_int_equal(transport_arm_deadline(timer, at_ms + 3600000), 0);
	assert_false(is_readable(timer));
	assert_int_equal(transport_arm_deadline(timer, TIME_NEVER), 0);
	assert_false(timer_is_armed(timer));
	assert_false(is_readable(timer));
}

static void a_deadline_in_the_past_fires_at_once(void **state)
{
	const uint64_t past_ms[] = {0, 1, 1000};
	const int timer = net.transport.deadline;

	(void)state;
	for (size_t i = 0; i < sizeof(past_ms) / sizeof(past_ms[0]); i++) {
		assert_int_equal(transport_arm_deadline(timer, TIME_NEVER), 0);
		assert_int_equal(transport_arm_deadline(timer, past_ms[i]), 0);
		await(timer);
	}
}

/* That it fires is not tried: that would set the clock of the machine. */
static void the_clock_is_watched_for_ever(void **state)
{
	const int timer = net.transport.resumed;
	struct itimerspec left;

	(void)state;
	assert_false(timer_is_armed(timer));
	assert_int_equal(transport_arm_resumed(timer), 0);
	assert_int_equal(transport_arm_resumed(timer), 0);
	assert_false(is_readable(timer));
	assert_int_equal(timerfd_gettime(timer, &left), 0);
	assert_true(left.it_value.tv_sec / (365 * 86400) > 100);
}

static void assert_all_closed(const struct transport *transport)
{
	assert_int_equal(transport->packet, -1);
	assert_int_equal(transport->arp, -1);
	assert_int_equal(transport->udp, -1);
	assert_int_equal(transport->netlink, -1);
	assert_int_equal(transport->deadline, -1);
	assert_int_equal(transport->resumed, -1);
}

/* The lowest free descriptor. */
static int next_descriptor(void)
{
	const int fd = open("/", O_PATH | O_CLOEXEC);

	assert_true(fd >= 0);
	close(fd);
	return fd;
}

static void a_missing_interface_leaves_nothing_open(void **state)
{
	const int before = next_descriptor();
	struct transport transport;
	const char *what = NULL;

	(void)state;
	assert_int_equal(transport_open(&transport, 4711, &own_mac, &what),
			 -ENODEV);
	assert_string_equal(what, "IPv4 packet socket");
	assert_all_closed(&transport);
	assert_int_equal(next_descriptor(), before);
}

static void closing_leaves_nothing_open(void **state)
{
	const struct transport opened = net.transport;

	(void)state;
	transport_close(&net.transport);
	assert_all_closed(&net.transport);
	assert_int_equal(fcntl(opened.packet, F_GETFD), -1);
	assert_int_equal(fcntl(opened.resumed, F_GETFD), -1);
}

/* One processor: frames that are sent one after the other arrive so. */
static int stay_on_one_processor(void **state)
{
	cpu_set_t one;
	const int here = sched_getcpu();

	(void)state;
	if (geteuid() != 0) {
		fputs("test_transport must run as root\n", stderr);
		return -1;
	}
	CPU_ZERO(&one);
	CPU_SET((size_t)(here < 0 ? 0 : here), &one);
	return sched_setaffinity(0, sizeof(one), &one);
}

#define IN_PAIR(test)                                                          \
	cmocka_unit_test_setup_teardown(test, make_pair, drop_pair)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_PAIR(only_replies_to_this_client_pass),
		IN_PAIR(a_vlan_is_another_network),
		IN_PAIR(a_device_on_top_is_another_interface),
		IN_PAIR(what_this_host_sends_does_not_come_back),
		IN_PAIR(a_frame_longer_than_the_buffer_is_passed_over),
		IN_PAIR(a_checksum_not_filled_in_is_told),
		IN_PAIR(the_filters_are_locked),
		IN_PAIR(all_descriptors_close_on_exec_and_never_block),
		IN_PAIR(a_link_that_goes_down_is_one_error),
		IN_PAIR(arp_about_our_address_from_others_passes),
		IN_PAIR(arp_is_silent_without_an_address),
		IN_PAIR(a_datagram_leaves_with_the_source_named),
		IN_PAIR(a_datagram_from_an_address_not_ours_stays),
		IN_PAIR(a_taken_port_costs_only_the_udp_socket),
		IN_PAIR(a_port_taken_on_another_interface_is_free),
		IN_PAIR(a_shared_port_is_no_obstacle),
		IN_PAIR(the_udp_socket_queues_nothing),
		IN_PAIR(no_server_is_answered_with_icmp),
		IN_PAIR(the_link_is_described_when_asked),
		IN_PAIR(nothing_queued_is_nothing_changed),
		IN_PAIR(what_happens_to_the_link_is_seen),
		IN_PAIR(a_link_that_is_gone_is_told_when_asked_for),
		IN_PAIR(other_links_are_not_heard_of),
		IN_PAIR(an_overflow_is_made_good),
		IN_PAIR(the_deadline_fires_in_time),
		IN_PAIR(a_deadline_in_the_past_fires_at_once),
		IN_PAIR(the_clock_is_watched_for_ever),
		IN_PAIR(a_missing_interface_leaves_nothing_open),
		IN_PAIR(closing_leaves_nothing_open),
	};

	return cmocka_run_group_tests(tests, stay_on_one_processor, NULL);
}
