/* rtnetlink bytes: what the kernel says of a link, and what it never would. */
#include "unit.h"

#include "bytes.h"
#include "link.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>

#define ETH_UP (IFF_UP | IFF_RUNNING)

static const uint8_t address[] = {0x02, 0x11, 0x22, 0x33, 0x44, 0x55};

/* What a socket gave: messages one after the other. */
struct datagram {
	uint8_t bytes[1024];
	size_t length;
	size_t message; /* where the last message begins */
};

static void put(struct datagram *datagram, const void *bytes, size_t length)
{
	assert_true(datagram->length + length <= sizeof(datagram->bytes));
	memcpy(datagram->bytes + datagram->length, bytes, length);
	datagram->length += length;
}

static void set_message_length(struct datagram *datagram, uint32_t length)
{
	memcpy(datagram->bytes + datagram->message, &length, sizeof(length));
}

/* Begins a message; what is put after it becomes part of it. */
static void put_header(struct datagram *datagram, uint16_t type)
{
	const struct nlmsghdr header = {.nlmsg_len = sizeof(header),
					.nlmsg_type = type};

	datagram->message = datagram->length;
	put(datagram, &header, sizeof(header));
}

static void put_body(struct datagram *datagram, const void *bytes,
		     size_t length)
{
	static const uint8_t zeros[NLMSG_ALIGNTO];

	put(datagram, bytes, length);
	set_message_length(datagram,
			   (uint32_t)(datagram->length - datagram->message));
	put(datagram, zeros, -length & (NLMSG_ALIGNTO - 1));
}

static void put_attribute(struct datagram *datagram, uint16_t type,
			  const void *value, size_t length)
{
	const struct rtattr header = {
		.rta_len = (uint16_t)(sizeof(header) + length),
		.rta_type = type};

	put_body(datagram, &header, sizeof(header));
	put_body(datagram, value, length);
}

static void put_link(struct datagram *datagram, uint16_t type, int index,
		     unsigned flags)
{
	const struct ifinfomsg info = {.ifi_family = AF_UNSPEC,
				       .ifi_type = ARPHRD_ETHER,
				       .ifi_index = index,
				       .ifi_flags = flags};

	put_header(datagram, type);
	put_body(datagram, &info, sizeof(info));
}

/* RTM_NEWLINK as the kernel tells of eth0, with things we don't know. */
static struct datagram described(int index)
{
	struct datagram datagram = {.length = 0};
	const uint32_t mtu = 1492, unknown = 0xffffffff;
	const uint8_t operstate = IF_OPER_UP;

	put_link(&datagram, RTM_NEWLINK, index, ETH_UP);
	put_attribute(&datagram, IFLA_IFNAME, "eth0", 5);
	put_attribute(&datagram, IFLA_TXQLEN, &unknown, sizeof(unknown));
	put_attribute(&datagram, IFLA_OPERSTATE, &operstate, 1);
	put_attribute(&datagram, IFLA_MTU, &mtu, sizeof(mtu));
	put_attribute(&datagram, IFLA_QDISC, "noqueue", 8);
	put_attribute(&datagram, IFLA_ADDRESS, address, sizeof(address));
	return datagram;
}

/* A link as we know it once it was described. */
static struct link known(void)
{
	struct link link = {.ifindex = 7};
	const struct datagram datagram = described(7);
	bool changed;

	assert_int_equal(
		link_decode(datagram.bytes, datagram.length, &link, &changed),
		DECODE_OK);
	return link;
}

/* Feeds `datagram` to `link`; returns whether it was about it. */
static bool feed(const struct datagram *datagram, struct link *link)
{
	bool changed = false;

	assert_int_equal(
		link_decode(datagram->bytes, datagram->length, link, &changed),
		DECODE_OK);
	return changed;
}

static void assert_refused(const struct datagram *datagram)
{
	struct link link = known();
	const struct link before = link;
	bool changed = true;

	assert_int_equal(
		link_decode(datagram->bytes, datagram->length, &link, &changed),
		DECODE_NOT_LINK);
	assert_memory_equal(&link, &before, sizeof(link));
	assert_true(changed);
}

static void a_link_is_described(void **state)
{
	const struct datagram datagram = described(7);
	struct link link = {.ifindex = 7};

	(void)state;
	assert_true(feed(&datagram, &link));
	assert_int_equal(link.ifindex, 7);
	assert_string_equal(link.name, "eth0");
	assert_memory_equal(link.mac.octet, address, sizeof(address));
	assert_int_equal(link.mtu, 1492);
	assert_true(link.present);
	assert_true(link.up);
	assert_true(link.running);
	assert_true(link.oper_up);
	assert_true(link.is_ethernet);
	assert_true(link_is_usable(&link));
}

static void nothing_read_changes_nothing(void **state)
{
	const struct datagram datagram = {.length = 0};
	struct link link = known();
	const struct link before = link;
	bool changed = true;

	(void)state;
	assert_int_equal(link_decode(datagram.bytes, 0, &link, &changed),
			 DECODE_OK);
	assert_false(changed);
	assert_memory_equal(&link, &before, sizeof(link));
}

static void a_link_without_carrier_is_not_usable(void **state)
{
	struct datagram datagram = {.length = 0};
	struct link link = known();

	(void)state;
	put_link(&datagram, RTM_NEWLINK, 7, IFF_UP);
	assert_true(feed(&datagram, &link));
	assert_true(link.up);
	assert_false(link.running);
	assert_false(link_is_usable(&link));
}

static void a_link_that_is_down_is_not_usable(void **state)
{
	struct datagram datagram = {.length = 0};
	struct link link = known();

	(void)state;
	put_link(&datagram, RTM_NEWLINK, 7, IFF_RUNNING);
	assert_true(feed(&datagram, &link));
	assert_false(link.up);
	assert_false(link_is_usable(&link));
}

static void only_two_operstates_are_up(void **state)
{
	(void)state;
	for (uint8_t operstate = IF_OPER_UNKNOWN; operstate <= IF_OPER_UP;
	     operstate++) {
		struct datagram datagram = {.length = 0};
		struct link link = known();
		const bool is_up =
			operstate == IF_OPER_UP || operstate == IF_OPER_UNKNOWN;

		put_link(&datagram, RTM_NEWLINK, 7, ETH_UP);
		put_attribute(&datagram, IFLA_OPERSTATE, &operstate, 1);
		assert_true(feed(&datagram, &link));
		assert_int_equal(link.oper_up, is_up);
		assert_int_equal(link_is_usable(&link), is_up);
	}
}

/* Wireless events bring the flags, the name and IFLA_WIRELESS. */
static void what_is_not_carried_keeps_its_value(void **state)
{
	struct datagram datagram = {.length = 0};
	struct link link = known();
	const struct link before = link;

	(void)state;
	put_link(&datagram, RTM_NEWLINK, 7, ETH_UP);
	put_attribute(&datagram, IFLA_WIRELESS, "\1\2\3\4\5", 5);
	assert_true(feed(&datagram, &link));
	assert_memory_equal(&link, &before, sizeof(link));
}

static void another_link_is_passed_over(void **state)
{
	const struct datagram datagram = described(8);
	struct link link = {.ifindex = 7};

	(void)state;
	assert_false(feed(&datagram, &link));
	assert_false(link.present);
}

static void another_family_is_passed_over(void **state)
{
	struct datagram datagram = {.length = 0};
	const struct ifinfomsg port = {.ifi_family = AF_BRIDGE,
				       .ifi_type = ARPHRD_ETHER,
				       .ifi_index = 7};
	struct link link = known();

	(void)state;
	put_header(&datagram, RTM_DELLINK);
	put_body(&datagram, &port, sizeof(port));
	assert_false(feed(&datagram, &link));
	assert_true(link_is_usable(&link));
}

static void other_messages_are_passed_over(void **state)
{
	static const uint16_t types[] = {NLMSG_NOOP, NLMSG_DONE, RTM_NEWADDR};
	struct datagram datagram = {.length = 0};
	struct link link = known();

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		put_header(&datagram, types[i]);
		put_body(&datagram, "\1\2\3", 3);
	}
	assert_false(feed(&datagram, &link));
}

static void a_link_without_index_is_found_by_name(void **state)
{
	const struct datagram datagram = described(9);
	struct link link = {.name = "eth0"};
	struct link other = {.name = "eth1"};
	struct link longer = {.name = "eth01"};
	struct link shorter = {.name = "eth"};
	struct link nameless = {.ifindex = 0};

	(void)state;
	assert_true(feed(&datagram, &link));
	assert_int_equal(link.ifindex, 9);
	assert_true(link_is_usable(&link));
	assert_false(feed(&datagram, &other));
	assert_false(feed(&datagram, &longer));
	assert_false(feed(&datagram, &shorter));
	assert_false(feed(&datagram, &nameless));
	assert_string_equal(other.name, "eth1");
	assert_int_equal(other.ifindex, 0);
}

static void a_message_without_a_name_has_no_name(void **state)
{
	struct datagram datagram = {.length = 0};
	struct link link = {.name = "eth0"};
	struct link nameless = {.ifindex = 0};

	(void)state;
	put_link(&datagram, RTM_NEWLINK, 9, ETH_UP);
	assert_false(feed(&datagram, &link));
	assert_string_equal(link.name, "eth0");
	assert_false(feed(&datagram, &nameless));
}

static void a_deleted_link_is_not_present(void **state)
{
	struct datagram datagram = {.length = 0};
	struct link link = known();

	(void)state;
	put_link(&datagram, RTM_DELLINK, 7, 0);
	assert_true(feed(&datagram, &link));
	assert_false(link.present);
	assert_false(link_is_usable(&link));
	assert_string_equal(link.name, "eth0");
	assert_int_equal(link.ifindex, 7);
}

/* Else a link made again under the name would not be found. */
static void a_deleted_link_gives_no_index(void **state)
{
	struct datagram datagram = {.length = 0};
	struct link link = {.name = "eth0"};

	(void)state;
	put_link(&datagram, RTM_DELLINK, 9, 0);
	put_attribute(&datagram, IFLA_IFNAME, "eth0", 5);
	assert_true(feed(&datagram, &link));
	assert_int_equal(link.ifindex, 0);
	assert_false(link.present);
}

static void messages_take_effect_in_order(void **state)
{
	struct datagram datagram = described(7);
	struct link link = {.ifindex = 7};

	(void)state;
	put_link(&datagram, RTM_NEWLINK, 7, IFF_UP);
	put_attribute(&datagram, IFLA_IFNAME, "wan", 4);
	assert_true(feed(&datagram, &link));
	assert_string_equal(link.name, "wan");
	assert_false(link.running);
	put_link(&datagram, RTM_DELLINK, 7, 0);
	assert_true(feed(&datagram, &link));
	assert_false(link.present);
}

static void enodev_means_deleted(void **state)
{
	struct datagram datagram = {.length = 0};
	const struct nlmsgerr error = {.error = -ENODEV};
	struct link link = known();

	(void)state;
	put_header(&datagram, NLMSG_ERROR);
	put_body(&datagram, &error, sizeof(error));
	assert_true(feed(&datagram, &link));
	assert_false(link.present);
}

static void other_errors_say_nothing_of_the_link(void **state)
{
	static const int errors[] = {0, -EPERM};
	struct link link = known();

	(void)state;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		struct datagram datagram = {.length = 0};
		const struct nlmsgerr error = {.error = errors[i]};

		put_header(&datagram, NLMSG_ERROR);
		put_body(&datagram, &error, sizeof(error));
		assert_false(feed(&datagram, &link));
		assert_true(link.present);
	}
}

static void only_ethernet_is_ethernet(void **state)
{
	struct datagram infiniband = {.length = 0}, radiotap = {.length = 0};
	struct ifinfomsg info = {.ifi_family = AF_UNSPEC,
				 .ifi_type = ARPHRD_IEEE80211_RADIOTAP,
				 .ifi_index = 7};
	static const uint8_t longer[20];
	struct link link = known();

	(void)state;
	put_link(&infiniband, RTM_NEWLINK, 7, ETH_UP);
	put_attribute(&infiniband, IFLA_ADDRESS, longer, sizeof(longer));
	assert_true(feed(&infiniband, &link));
	assert_false(link.is_ethernet);
	assert_memory_equal(link.mac.octet, address, sizeof(address));

	put_header(&radiotap, RTM_NEWLINK);
	put_body(&radiotap, &info, sizeof(info));
	put_attribute(&radiotap, IFLA_ADDRESS, address, sizeof(address));
	assert_true(feed(&radiotap, &link));
	assert_false(link.is_ethernet);
}

static void a_changed_address_is_seen(void **state)
{
	static const uint8_t fresh[] = {0x02, 9, 9, 9, 9, 9};
	struct datagram datagram = {.length = 0};
	struct link link = known();

	(void)state;
	put_link(&datagram, RTM_NEWLINK, 7, ETH_UP);
	put_attribute(&datagram, IFLA_ADDRESS, fresh, sizeof(fresh));
	assert_true(feed(&datagram, &link));
	assert_memory_equal(link.mac.octet, fresh, sizeof(fresh));
}

static void a_name_may_have_fifteen_octets(void **state)
{
	struct datagram datagram = {.length = 0};
	struct link link = known();

	(void)state;
	put_link(&datagram, RTM_NEWLINK, 7, ETH_UP);
	put_attribute(&datagram, IFLA_IFNAME, "fifteen-octets-", 16);
	assert_true(feed(&datagram, &link));
	assert_string_equal(link.name, "fifteen-octets-");
}

static void a_wrong_attribute_is_refused(void **state)
{
	static const struct {
		uint16_t type;
		const char *value;
		size_t length;
	} cases[] = {
		{IFLA_IFNAME, "", 0},
		{IFLA_IFNAME, "eth0", 4}, /* without its NUL */
		{IFLA_IFNAME, "sixteen-octets--", 17},
		{IFLA_MTU, "\1\2\3", 3},
		{IFLA_OPERSTATE, "", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct datagram datagram = {.length = 0};

		put_link(&datagram, RTM_NEWLINK, 7, ETH_UP);
		put_attribute(&datagram, cases[i].type, cases[i].value,
			      cases[i].length);
		assert_refused(&datagram);
	}
}

static void an_attribute_length_that_cannot_be_is_refused(void **state)
{
	static const uint16_t lengths[] = {0, 3, 9, 0xffff};

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct datagram datagram = {.length = 0};
		const struct rtattr header = {.rta_len = lengths[i],
					      .rta_type = IFLA_MTU};

		put_link(&datagram, RTM_NEWLINK, 7, ETH_UP);
		put_body(&datagram, &header, sizeof(header));
		put_body(&datagram, "\1\2\3\4", 4);
		assert_refused(&datagram);
	}
}

static void a_message_length_that_cannot_be_is_refused(void **state)
{
	static const uint32_t lengths[] = {0, 15, 33, 0x7fffffff, 0xffffffff};

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct datagram datagram = {.length = 0};

		put_link(&datagram, RTM_NEWLINK, 7, ETH_UP);
		set_message_length(&datagram, lengths[i]);
		assert_refused(&datagram);
	}
}

static void a_body_cut_short_is_refused(void **state)
{
	static const uint16_t types[] = {RTM_NEWLINK, RTM_DELLINK, NLMSG_ERROR};

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct datagram datagram = {.length = 0};

		put_header(&datagram, types[i]);
		put_body(&datagram, "\1\2\3", 3);
		assert_refused(&datagram);
	}
}

static void what_follows_good_messages_must_parse_too(void **state)
{
	struct datagram datagram = {.length = 0};

	(void)state;
	put_link(&datagram, RTM_DELLINK, 7, 0);
	put(&datagram, "\1", 1);
	assert_refused(&datagram);
}

static void the_last_padding_may_be_missing(void **state)
{
	struct datagram datagram = described(7);
	struct link link = {.ifindex = 7};

	(void)state;
	datagram.length -= 2; /* of the six octets of the address */
	assert_true(feed(&datagram, &link));
	assert_true(link.is_ethernet);
}

/* Every single wrong octet, and every end: for the sanitizers to judge. */
static void damaged_bytes_do_no_harm(void **state)
{
	struct datagram datagram = described(7);

	(void)state;
	for (size_t at = 0; at < datagram.length; at++) {
		uint8_t *exact = malloc(at);
		struct link link = {.name = "eth0"};
		bool changed;

		assert_non_null(exact);
		memcpy(exact, datagram.bytes, at);
		link_decode(exact, at, &link, &changed);
		free(exact);
		for (unsigned damage = 1; damage < 256; damage++) {
			struct link one = {.ifindex = 7};

			datagram.bytes[at] ^= (uint8_t)damage;
			link_decode(datagram.bytes, datagram.length, &one,
				    &changed);
			datagram.bytes[at] ^= (uint8_t)damage;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_link_is_described),
		cmocka_unit_test(nothing_read_changes_nothing),
		cmocka_unit_test(a_link_without_carrier_is_not_usable),
		cmocka_unit_test(a_link_that_is_down_is_not_usable),
		cmocka_unit_test(only_two_operstates_are_up),
		cmocka_unit_test(what_is_not_carried_keeps_its_value),
		cmocka_unit_test(another_link_is_passed_over),
		cmocka_unit_test(another_family_is_passed_over),
		cmocka_unit_test(other_messages_are_passed_over),
		cmocka_unit_test(a_link_without_index_is_found_by_name),
		cmocka_unit_test(a_message_without_a_name_has_no_name),
		cmocka_unit_test(a_deleted_link_is_not_present),
		cmocka_unit_test(a_deleted_link_gives_no_index),
		cmocka_unit_test(messages_take_effect_in_order),
		cmocka_unit_test(enodev_means_deleted),
		cmocka_unit_test(other_errors_say_nothing_of_the_link),
		cmocka_unit_test(only_ethernet_is_ethernet),
		cmocka_unit_test(a_changed_address_is_seen),
		cmocka_unit_test(a_name_may_have_fifteen_octets),
		cmocka_unit_test(a_wrong_attribute_is_refused),
		cmocka_unit_test(an_attribute_length_that_cannot_be_is_refused),
		cmocka_unit_test(a_message_length_that_cannot_be_is_refused),
		cmocka_unit_test(a_body_cut_short_is_refused),
		cmocka_unit_test(what_follows_good_messages_must_parse_too),
		cmocka_unit_test(the_last_padding_may_be_missing),
		cmocka_unit_test(damaged_bytes_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
