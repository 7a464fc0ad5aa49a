/* Which links of a dump are held: recorded dumps, and what no kernel says. */
#include "unit.h"

#include "hexfile.h"
#include "netlink.h"
#include "physical.h"

#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>

#define CONTAINER true
#define MACHINE false

static const uint8_t address[] = {0x02, 0, 0x5e, 0x10, 0, 8};

/* A link as the tests describe it: eth0 of a machine unless they differ. */
struct described {
	uint16_t message, type;
	uint8_t family;
	unsigned flags;
	const char *name;  /* NULL: none */
	size_t address;    /* octets of it; 0: none */
	const char *kind;  /* NULL: none */
	const char *slave; /* the kind of its master; NULL: none */
	uint32_t master;   /* 0: none */
};

static const struct described eth0 = {
	.message = RTM_NEWLINK,
	.type = ARPHRD_ETHER,
	.family = AF_UNSPEC,
	.flags = IFF_BROADCAST,
	.name = "eth0",
	.address = sizeof(address),
};

struct datagram {
	uint8_t bytes[512];
	size_t length;
};

static void put(struct datagram *out, const void *bytes, size_t length)
{
	static const uint8_t zeros[NLMSG_ALIGNTO];
	const size_t padding = -length & (NLMSG_ALIGNTO - 1);

	assert_true(out->length + length + padding <= sizeof(out->bytes));
	memcpy(out->bytes + out->length, bytes, length);
	memcpy(out->bytes + out->length + length, zeros, padding);
	out->length += length + padding;
}

static void put_attribute(struct datagram *out, uint16_t type,
			  const void *value, size_t length)
{
	const struct nlattr header = {
		.nla_len = (uint16_t)(sizeof(header) + length),
		.nla_type = type};

	put(out, &header, sizeof(header));
	put(out, value, length);
}

/* Appends a message that describes the link. */
static void put_link(struct datagram *out, const struct described *link)
{
	const size_t start = out->length;
	struct nlmsghdr header = {.nlmsg_type = link->message};
	const struct ifinfomsg info = {.ifi_family = link->family,
				       .ifi_type = link->type,
				       .ifi_index = 7,
				       .ifi_flags = link->flags};
	struct datagram nested = {.length = 0};

	put(out, &header, sizeof(header));
	put(out, &info, sizeof(info));
	if (link->name != NULL)
		put_attribute(out, IFLA_IFNAME, link->name,
			      strlen(link->name) + 1);
	if (link->address != 0)
		put_attribute(out, IFLA_ADDRESS, address, link->address);
	if (link->master != 0)
		put_attribute(out, IFLA_MASTER, &link->master,
			      sizeof(link->master));
	if (link->kind != NULL)
		put_attribute(&nested, IFLA_INFO_KIND, link->kind,
			      strlen(link->kind) + 1);
	if (link->slave != NULL)
		put_attribute(&nested, IFLA_INFO_SLAVE_KIND, link->slave,
			      strlen(link->slave) + 1);
	if (nested.length != 0)
		put_attribute(out, IFLA_LINKINFO | NLA_F_NESTED, nested.bytes,
			      nested.length);
	header.nlmsg_len = (uint32_t)(out->length - start);
	memcpy(out->bytes + start, &header, sizeof(header));
}

static bool is_held(const struct described *link, bool in_container)
{
	struct datagram datagram = {.length = 0};
	struct physical found;

	put_link(&datagram, link);

	struct reader in = reader_of(datagram.bytes, datagram.length);

	return physical_next(&in, in_container, &found);
}

/* The names that are held of a recorded dump, each with a blank behind. */
static const char *held_of(const char *path, bool in_container)
{
	static uint8_t bytes[16384];
	static char names[256];
	struct reader in =
		reader_of(bytes, hexfile_load(path, bytes, sizeof(bytes)));
	struct physical found;
	size_t length = 0;

	assert_int_not_equal(reader_left(&in), 0);
	names[0] = '\0';
	while (physical_next(&in, in_container, &found))
		length +=
			(size_t)snprintf(names + length, sizeof(names) - length,
					 "%u:%s ", found.ifindex, found.name);
	assert_int_equal(reader_left(&in), 0);
	return names;
}

static void a_virtual_machine_has_one_link_of_its_own(void **state)
{
	(void)state;
	assert_string_equal(held_of("links/machine.hex", MACHINE), "4:eth0 ");
	assert_string_equal(held_of("links/machine.hex", CONTAINER), "4:eth0 ");
}

static void a_namespace_has_none_unless_it_is_a_container(void **state)
{
	(void)state;
	assert_string_equal(held_of("links/namespace.hex", MACHINE), "");
	assert_string_equal(held_of("links/namespace.hex", CONTAINER),
			    "3:eth0 ");
}

static void a_link_without_kind_and_master_is_held(void **state)
{
	(void)state;
	assert_true(is_held(&eth0, MACHINE));
	assert_true(is_held(&eth0, CONTAINER));
}

static void what_software_made_is_not_held(void **state)
{
	struct described link = eth0;

	(void)state;
	link.kind = "vlan";
	assert_false(is_held(&link, MACHINE));
}

/* A port has a master, and IFLA_LINKINFO without a kind of its own. */
static void a_port_of_a_bridge_is_not_held(void **state)
{
	struct described link = eth0;

	(void)state;
	link.slave = "bridge";
	assert_true(is_held(&link, MACHINE));
	link.master = 3;
	assert_false(is_held(&link, MACHINE));
	assert_false(is_held(&link, CONTAINER));
}

static void in_a_container_some_names_are_held_too(void **state)
{
	static const struct {
		const char *name;
		bool is_held;
	} cases[] = {
		{"eth0", true},  {"eth12", true},   {"host0", true},
		{"host", false}, {"host00", false}, {"host1", false},
		{"et", false},   {"veth0", false},  {"docker0", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct described link = eth0;

		link.kind = "veth";
		link.name = cases[i].name;
		assert_int_equal(is_held(&link, CONTAINER), cases[i].is_held);
		assert_false(is_held(&link, MACHINE));
	}
}

static void what_is_not_ethernet_is_not_held(void **state)
{
	struct described loopback = eth0, radio = eth0, point = eth0;

	(void)state;
	loopback.type = ARPHRD_LOOPBACK;
	radio.type = ARPHRD_IEEE80211_RADIOTAP;
	point.flags = IFF_POINTOPOINT;
	assert_false(is_held(&loopback, MACHINE));
	assert_false(is_held(&radio, MACHINE));
	assert_false(is_held(&point, MACHINE));
}

/* Wireless events bring a name and IFLA_WIRELESS: nothing of a kind. */
static void a_message_that_says_too_little_is_passed_over(void **state)
{
	struct described nameless = eth0, event = eth0, infiniband = eth0;

	(void)state;
	nameless.name = NULL;
	event.address = 0;
	infiniband.address = 4;
	assert_false(is_held(&nameless, MACHINE));
	assert_false(is_held(&event, MACHINE));
	assert_false(is_held(&infiniband, MACHINE));
}

static void other_messages_are_passed_over(void **state)
{
	struct described deleted = eth0, port = eth0;
	struct datagram datagram = {.length = 0};
	struct physical found;

	(void)state;
	deleted.message = RTM_DELLINK;
	port.family = AF_BRIDGE;
	put_link(&datagram, &deleted);
	put_link(&datagram, &port);
	put_link(&datagram, &eth0);

	struct reader in = reader_of(datagram.bytes, datagram.length);

	assert_true(physical_next(&in, MACHINE, &found));
	assert_int_equal(found.ifindex, 7);
	assert_string_equal(found.name, "eth0");
	assert_false(physical_next(&in, MACHINE, &found));
}

static void nothing_read_holds_nothing(void **state)
{
	struct reader in = {NULL, 0};
	struct physical found;

	(void)state;
	assert_false(physical_next(&in, CONTAINER, &found));
}

static void a_name_that_is_none_is_refused(void **state)
{
	struct described longer = eth0, empty = eth0;

	(void)state;
	longer.name = "sixteen-octets--";
	empty.name = "";
	assert_false(is_held(&longer, MACHINE));
	assert_false(is_held(&empty, MACHINE));
}

/* Reads a copy of exactly that length, for the sanitizers to judge. */
static void read_exactly(const uint8_t *bytes, size_t length)
{
	uint8_t *exact = malloc(length + 1);
	struct physical found;

	assert_non_null(exact);
	memcpy(exact + 1, bytes, length);

	struct reader in = reader_of(exact + 1, length);

	while (physical_next(&in, CONTAINER, &found))
		assert_int_not_equal(found.name[0], '\0');
	free(exact);
}

/* Every end, and every single wrong octet. */
static void damaged_bytes_do_no_harm(void **state)
{
	struct datagram datagram = {.length = 0};
	struct described link = eth0;

	(void)state;
	link.kind = "veth";
	link.slave = "bridge";
	put_link(&datagram, &link);
	for (size_t at = 0; at < datagram.length; at++) {
		read_exactly(datagram.bytes, at);
		for (unsigned damage = 1; damage < 256; damage++) {
			datagram.bytes[at] ^= (uint8_t)damage;
			read_exactly(datagram.bytes, datagram.length);
			datagram.bytes[at] ^= (uint8_t)damage;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_virtual_machine_has_one_link_of_its_own),
		cmocka_unit_test(a_namespace_has_none_unless_it_is_a_container),
		cmocka_unit_test(a_link_without_kind_and_master_is_held),
		cmocka_unit_test(what_software_made_is_not_held),
		cmocka_unit_test(a_port_of_a_bridge_is_not_held),
		cmocka_unit_test(in_a_container_some_names_are_held_too),
		cmocka_unit_test(what_is_not_ethernet_is_not_held),
		cmocka_unit_test(a_message_that_says_too_little_is_passed_over),
		cmocka_unit_test(other_messages_are_passed_over),
		cmocka_unit_test(nothing_read_holds_nothing),
		cmocka_unit_test(a_name_that_is_none_is_refused),
		cmocka_unit_test(damaged_bytes_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
