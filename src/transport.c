/*
 * The sockets of a worker: opened and filtered here, read and written here.
 * Knows where a DHCP reply and an ARP frame keep the fields that the kernel
 * must compare (RFC 2131 §2, RFC 826), and nothing of what they mean; holds
 * no state and no privilege of its own.
 */
#include "transport.h"
#include "moment.h"
#include "room.h"

#include <assert.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/if_ether.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* Classic BPF: what a filter returns is how much of the frame is kept. */
#define KEEP BPF_STMT(BPF_RET | BPF_K, UINT32_MAX)
#define DROP BPF_STMT(BPF_RET | BPF_K, 0)

/*
 * Loads a field of BPF_B, BPF_H or BPF_W octets; one that lies behind the end
 * of the frame ends the filter with DROP.
 */
#define LOAD(size, offset) BPF_STMT(BPF_LD | (size) | BPF_ABS, (offset))
#define LOAD_X(size, offset) BPF_STMT(BPF_LD | (size) | BPF_IND, (offset))

/*
 * Drops unless the field is `value`, or if it has one of `bits`, or is above
 * `most`.  Each brings its own DROP, so that there are no jumps to count.
 */
#define REQUIRE(value) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 1, 0), DROP
#define REFUSE(bits) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (bits), 0, 1), DROP
#define REFUSE_ABOVE(most)                                                     \
	BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, (most), 0, 1), DROP

/*
 * The interface a frame came in by as the kernel sees it by now: that of a
 * VLAN, bond or macvlan on top of ours has been taken off its tag and still
 * comes to our socket.
 */
#define INTERFACE ((uint32_t)(SKF_AD_OFF + SKF_AD_IFINDEX))

/* To whom the link layer says that it is. */
#define PACKET_TYPE ((uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE))

/* Offsets in a frame; those of the payload from the end of the IP header. */
#define ETHERNET(field) ((uint32_t)offsetof(struct ethhdr, field))
#define IP(field) ((uint32_t)(ETH_HLEN + offsetof(struct iphdr, field)))
#define UDP(field) ((uint32_t)(ETH_HLEN + offsetof(struct udphdr, field)))
#define ARP(field) ((uint32_t)(ETH_HLEN + offsetof(struct ether_arp, field)))
#define DHCP(offset) ((uint32_t)(ETH_HLEN + sizeof(struct udphdr) + (offset)))

/* RFC 2131 §2, figure 1. */
#define DHCP_OP 0
#define DHCP_HTYPE 1
#define DHCP_HLEN 2
#define DHCP_CHADDR 28
#define DHCP_BOOTREPLY 2

#define VLAN_ID_MASK 0xfff /* of a tag's 16 bits; ID 0: a priority, no VLAN */

#define LINK_MESSAGES_MAX 32768 /* octets in one read from rtnetlink */

/* The end of time; a nearer one would fire for ever once it has passed. */
#define TIME_T_MAX ((time_t)((UINT64_C(1) << (8 * sizeof(time_t) - 1)) - 1))

/* The address as two numbers that BPF can compare with a load. */
static uint32_t mac_first_four(const struct mac *mac)
{
	const uint8_t *octet = mac->octet;

	return (uint32_t)octet[0] << 24 | (uint32_t)octet[1] << 16 |
	       (uint32_t)octet[2] << 8 | octet[3];
}

static uint32_t mac_last_two(const struct mac *mac)
{
	return (uint32_t)mac->octet[4] << 8 | mac->octet[5];
}

static int set_option(int fd, int level, int option, int value)
{
	if (setsockopt(fd, level, option, &value, sizeof(value)) < 0)
		return -errno;
	return 0;
}

static int attach_filter(int fd, struct sock_filter *code, size_t length)
{
	const struct sock_fprog program = {(unsigned short)length, code};

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
		       sizeof(program)) < 0)
		return -errno;
	return 0;
}

/* Attaches an array of instructions. */
#define ATTACH(fd, code)                                                       \
	attach_filter((fd), (code), sizeof(code) / sizeof((code)[0]))

static int attach_drop_all(int fd)
{
	struct sock_filter code[] = {DROP};

	return ATTACH(fd, code);
}

/* Once locked, the filter can be neither replaced nor taken off. */
static int lock_filter(int fd)
{
	return set_option(fd, SOL_SOCKET, SO_LOCK_FILTER, 1);
}

/* The replies of RFC 2131 to `mac`, and no other frame. */
static int attach_reply_filter(int fd, uint32_t ifindex, const struct mac *mac)
{
	struct sock_filter code[] = {
		LOAD(BPF_W, INTERFACE),
		REQUIRE(ifindex),
		/* PACKET_HOST or PACKET_BROADCAST. */
		LOAD(BPF_B, PACKET_TYPE),
		REFUSE_ABOVE(PACKET_BROADCAST),
		LOAD(BPF_H, ETHERNET(h_proto)),
		REQUIRE(ETH_P_IP),
		LOAD(BPF_B, IP(protocol)),
		REQUIRE(IPPROTO_UDP),
		/* A later fragment has no UDP header (RFC 791 §3.1). */
		LOAD(BPF_H, IP(frag_off)),
		REFUSE(IP_OFFMASK),
		/* X: the length of the IP header, options included. */
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, ETH_HLEN),
		LOAD_X(BPF_H, UDP(dest)),
		REQUIRE(DHCP_CLIENT_PORT),
		LOAD_X(BPF_B, DHCP(DHCP_OP)),
		REQUIRE(DHCP_BOOTREPLY),
		LOAD_X(BPF_B, DHCP(DHCP_HTYPE)),
		REQUIRE(ARPHRD_ETHER),
		LOAD_X(BPF_B, DHCP(DHCP_HLEN)),
		REQUIRE(MAC_LENGTH),
		LOAD_X(BPF_W, DHCP(DHCP_CHADDR)),
		REQUIRE(mac_first_four(mac)),
		LOAD_X(BPF_H, DHCP(DHCP_CHADDR + 4)),
		REQUIRE(mac_last_two(mac)),
		KEEP,
	};

	return ATTACH(fd, code);
}

/*
 * What rtnetlink says of our link, and its errors (ENODEV answers a question
 * about a deleted one).  Netlink writes in host byte order while BPF loads
 * big-endian, so the values are swapped instead.
 */
static int attach_link_filter(int fd, uint32_t ifindex)
{
	struct sock_filter code[] = {
		LOAD(BPF_H, offsetof(struct nlmsghdr, nlmsg_type)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(NLMSG_ERROR), 0, 1),
		KEEP,
		/* One of the two, else on to the DROP. */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWLINK), 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELLINK), 1, 0),
		DROP,
		LOAD(BPF_W,
		     NLMSG_HDRLEN + offsetof(struct ifinfomsg, ifi_index)),
		REQUIRE(htonl(ifindex)),
		KEEP,
	};

	return ATTACH(fd, code);
}

/*
 * Binds a packet socket, made with protocol 0 and filtered, to interface and
 * protocol in one: from here on it receives.  What this host sends does not
 * come: the kernel shows that to sockets of ETH_P_ALL alone.
 */
static int bind_packet(int fd, uint32_t ifindex, uint16_t protocol)
{
	const struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_ifindex = (int)ifindex,
	};

	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return 0;
}

/*
 * The openers leave in `*fd` what they opened, also when a later step failed:
 * transport_open closes it.
 */
static int open_packet(uint32_t ifindex, const struct mac *mac, int *fd)
{
	int rc;

	*fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*fd < 0)
		return -errno;
	rc = attach_reply_filter(*fd, ifindex, mac);
	if (rc == 0)
		rc = lock_filter(*fd);
	if (rc == 0)
		rc = set_option(*fd, SOL_PACKET, PACKET_AUXDATA, 1);
	if (rc == 0)
		rc = bind_packet(*fd, ifindex, ETH_P_IP);
	return rc;
}

/* Not locked: transport_watch_arp follows when there is an address. */
static int open_arp(uint32_t ifindex, int *fd)
{
	int rc;

	*fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*fd < 0)
		return -errno;
	rc = attach_drop_all(*fd);
	if (rc == 0)
		rc = bind_packet(*fd, ifindex, ETH_P_ARP);
	return rc;
}

/*
 * Binds to the client's port on one interface, by index: a name may be
 * another interface's by now.  SO_REUSEADDR lets the workers of several
 * interfaces, and other clients that set it, hold the port side by side.
 */
static int bind_client_port(int fd, uint32_t ifindex)
{
	const struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(DHCP_CLIENT_PORT),
		.sin_addr = {htonl(INADDR_ANY)},
	};
	int rc = set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);

	if (rc == 0)
		rc = set_option(fd, SOL_SOCKET, SO_BINDTOIFINDEX, (int)ifindex);
	/*
	 * The kernel's IP ID counts on from renewal to renewal of an address,
	 * whatever the link-layer address: it would tie two visits together.
	 * A packet that is never to be fragmented has 0 (RFC 6864 §4.1).
	 */
	if (rc == 0)
		rc = set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER,
				IP_PMTUDISC_DO);
	if (rc < 0)
		return rc;
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return 0;
}

/* Sends only; while it is there the kernel answers no server with ICMP. */
static int open_udp(uint32_t ifindex, int *fd)
{
	int rc;

	*fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*fd < 0)
		return -errno;
	rc = attach_drop_all(*fd);
	if (rc == 0)
		rc = lock_filter(*fd);
	if (rc == 0)
		rc = bind_client_port(*fd, ifindex);
	if (rc == -EADDRINUSE) {
		close(*fd);
		*fd = -1;
		rc = 0;
	}
	return rc;
}

static int open_netlink(uint32_t ifindex, int *fd)
{
	const struct sockaddr_nl address = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK,
	};
	int rc;

	*fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		     NETLINK_ROUTE);
	if (*fd < 0)
		return -errno;
	rc = attach_link_filter(*fd, ifindex);
	if (rc == 0)
		rc = lock_filter(*fd);
	if (rc < 0)
		return rc;
	if (bind(*fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return 0;
}

static int open_timer(clockid_t clock, int *fd)
{
	*fd = timerfd_create(clock, TFD_CLOEXEC | TFD_NONBLOCK);
	return *fd < 0 ? -errno : 0;
}

/* Up to the first that fails, which `*what` then names. */
static int open_all(struct transport *transport, uint32_t ifindex,
		    const struct mac *mac, const char **what)
{
	int rc;

	*what = "IPv4 packet socket";
	rc = open_packet(ifindex, mac, &transport->packet);
	if (rc < 0)
		return rc;
	*what = "ARP packet socket";
	rc = open_arp(ifindex, &transport->arp);
	if (rc < 0)
		return rc;
	*what = "UDP socket";
	rc = open_udp(ifindex, &transport->udp);
	if (rc < 0)
		return rc;
	*what = "rtnetlink socket";
	rc = open_netlink(ifindex, &transport->netlink);
	if (rc < 0)
		return rc;
	*what = "timer";
	rc = open_timer(CLOCK_BOOTTIME, &transport->deadline);
	if (rc < 0)
		return rc;
	return open_timer(CLOCK_REALTIME, &transport->resumed);
}

int transport_open(struct transport *transport, uint32_t ifindex,
		   const struct mac *mac, const char **what)
{
	int rc;

	*transport = (struct transport){-1, -1, -1, -1, -1, -1};
	rc = open_all(transport, ifindex, mac, what);
	if (rc < 0)
		transport_close(transport);
	return rc;
}

void transport_close(struct transport *transport)
{
	const int fds[] = {
		transport->packet,  transport->arp,      transport->udp,
		transport->netlink, transport->deadline, transport->resumed,
	};

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	*transport = (struct transport){-1, -1, -1, -1, -1, -1};
}

/* What the kernel says beside the frame; all 0 when it says nothing. */
static struct tpacket_auxdata auxdata_of(struct msghdr *message)
{
	const struct cmsghdr *control = CMSG_FIRSTHDR(message);
	struct tpacket_auxdata out = {0};

	if (control != NULL && control->cmsg_level == SOL_PACKET &&
	    control->cmsg_type == PACKET_AUXDATA &&
	    control->cmsg_len >= CMSG_LEN(sizeof(out)))
		memcpy(&out, CMSG_DATA(control), sizeof(out));
	return out;
}

ssize_t transport_receive(int packet, uint8_t *buffer, size_t size,
			  bool *checksum_ready)
{
	union {
		struct cmsghdr align;
		uint8_t room[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	} control;
	struct sockaddr_ll from;
	struct iovec bytes = {buffer, size};
	struct msghdr message = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	const ssize_t length = recvmsg(packet, &message, 0);

	if (length < 0)
		return -errno;
	if (message.msg_flags & MSG_TRUNC)
		return 0;
	if (from.sll_pkttype != PACKET_HOST &&
	    from.sll_pkttype != PACKET_BROADCAST)
		return 0;

	const struct tpacket_auxdata aux = auxdata_of(&message);

	if ((aux.tp_status & TP_STATUS_VLAN_VALID) != 0 &&
	    (aux.tp_vlan_tci & VLAN_ID_MASK) != 0)
		return 0;
	*checksum_ready = (aux.tp_status & TP_STATUS_CSUMNOTREADY) == 0;
	return length;
}

int transport_send_frame(int packet, const uint8_t *frame, size_t length)
{
	ssize_t written = write(packet, frame, length);

	/* what a link that was down has left behind is said once, and late */
	if (written < 0 && errno == ENETDOWN)
		written = write(packet, frame, length);
	if (written < 0)
		return -errno;
	return (size_t)written == length ? 0 : -EIO;
}

int transport_send_udp(int udp, uint32_t ifindex, struct in_addr source,
		       struct in_addr destination, const uint8_t *message,
		       size_t length)
{
	const struct in_pktinfo from = {
		.ipi_ifindex = (int)ifindex,
		.ipi_spec_dst = source,
	};
	union {
		struct cmsghdr header;
		uint8_t room[CMSG_SPACE(sizeof(from))];
	} control = {0};
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(DHCP_SERVER_PORT),
		.sin_addr = destination,
	};
	/* The kernel only reads it; iovec has no const. */
	struct iovec bytes = {(void *)(uintptr_t)message, length};
	const struct msghdr datagram = {
		.msg_name = &to,
		.msg_namelen = sizeof(to),
		.msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};

	/* Unnamed, the kernel would choose one, or send from 0.0.0.0. */
	assert(source.s_addr != 0);
	control.header.cmsg_level = IPPROTO_IP;
	control.header.cmsg_type = IP_PKTINFO;
	control.header.cmsg_len = CMSG_LEN(sizeof(from));
	memcpy(CMSG_DATA(&control.header), &from, sizeof(from));
	return sendmsg(udp, &datagram, 0) < 0 ? -errno : 0;
}

int transport_watch_arp(int arp, uint32_t ifindex, struct in_addr address,
			const struct mac *mac)
{
	const uint32_t watched = ntohl(address.s_addr);
	struct sock_filter code[] = {
		LOAD(BPF_W, INTERFACE),
		REQUIRE(ifindex),
		LOAD(BPF_H, ETHERNET(h_proto)),
		REQUIRE(ETH_P_ARP),
		LOAD(BPF_H, ARP(arp_hrd)),
		REQUIRE(ARPHRD_ETHER),
		LOAD(BPF_H, ARP(arp_pro)),
		REQUIRE(ETH_P_IP),
		/* From another MAC: four octets differ, or the last two. */
		LOAD(BPF_W, ARP(arp_sha)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, mac_first_four(mac), 0, 3),
		LOAD(BPF_H, ARP(arp_sha) + 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, mac_last_two(mac), 0, 1),
		DROP,
		/* Used by the sender (RFC 5227 §2.4), */
		LOAD(BPF_W, ARP(arp_spa)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, watched, 0, 1),
		KEEP,
		/* or probed for: sender 0.0.0.0 (RFC 5227 §2.1.1). */
		REQUIRE(INADDR_ANY),
		LOAD(BPF_W, ARP(arp_tpa)),
		REQUIRE(watched),
		KEEP,
	};

	if (address.s_addr == 0)
		return attach_drop_all(arp);
	return ATTACH(arp, code);
}

int transport_ask_link(int netlink, uint32_t ifindex)
{
	const struct {
		struct nlmsghdr header;
		struct ifinfomsg link;
	} request = {
		.header = {.nlmsg_len = sizeof(request),
			   .nlmsg_type = RTM_GETLINK,
			   .nlmsg_flags = NLM_F_REQUEST},
		.link = {.ifi_family = AF_UNSPEC, .ifi_index = (int)ifindex},
	};
	const ssize_t written = write(netlink, &request, sizeof(request));

	if (written < 0)
		return -errno;
	return written == sizeof(request) ? 0 : -EIO;
}

/*
 * One read from rtnetlink; its length, 0 for what the kernel did not send, or
 * -errno.
 */
static ssize_t receive_netlink(int netlink, uint8_t *buffer, size_t size)
{
	struct sockaddr_nl from;
	struct iovec bytes = {buffer, size};
	struct msghdr message = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &bytes,
		.msg_iovlen = 1,
	};
	const ssize_t length = recvmsg(netlink, &message, 0);

	if (length < 0)
		return -errno;
	return from.nl_pid == 0 ? length : 0;
}

int transport_read_link(int netlink, struct link *link, bool *changed)
{
	static ROOM _Alignas(struct nlmsghdr) uint8_t buffer[LINK_MESSAGES_MAX];
	bool overflowed = false;
	int rc = 0;

	*changed = false;
	for (;;) {
		const ssize_t length =
			receive_netlink(netlink, buffer, sizeof(buffer));
		bool about_us = false;

		if (length == -EAGAIN)
			break;
		if (length == -ENOBUFS) {
			overflowed = true;
			continue;
		}
		if (length < 0)
			return (int)length;
		if (length == 0)
			continue;
		if (link_decode(buffer, (size_t)length, link, &about_us) !=
		    DECODE_OK)
			rc = -EBADMSG;
		*changed = *changed || about_us;
	}
	/* Only now is there room for the answer. */
	if (overflowed && rc == 0)
		rc = transport_ask_link(netlink, link->ifindex);
	return rc;
}

int transport_arm_deadline(int deadline, uint64_t deadline_ms)
{
	struct itimerspec at = {0};

	if (deadline_ms != TIME_NEVER) {
		at.it_value.tv_sec = (time_t)(deadline_ms / 1000);
		at.it_value.tv_nsec = (long)(deadline_ms % 1000) * 1000000;
		/* All 0 would disarm. */
		if (deadline_ms == 0)
			at.it_value.tv_nsec = 1;
	}
	if (timerfd_settime(deadline, TFD_TIMER_ABSTIME, &at, NULL) < 0)
		return -errno;
	return 0;
}

int transport_arm_resumed(int resumed)
{
	const struct itimerspec far_away = {.it_value = {.tv_sec = TIME_T_MAX}};
	const int flags = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;

	/* ECANCELED speaks of the setting before: the new one is armed. */
	if (timerfd_settime(resumed, flags, &far_away, NULL) < 0 &&
	    errno != ECANCELED)
		return -errno;
	return 0;
}
