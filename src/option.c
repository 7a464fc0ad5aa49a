/*
 * The table of options and, by kind, how a value is written as text and what
 * text is clean.  The names are those of dhclient 4.4.3-P1, the kinds follow
 * from what it was seen to print.  Every text that is written also passes the
 * check made of a stranger's text, so the two can't disagree.
 *
 * Wanted differences from dhclient: a value of the wrong length, or with a
 * character that would need an escape, is refused; a name's compression
 * pointers lead backwards only; suboptions (of 43, 63, 81, 124, 125) get no
 * variables of their own; 97, which dhclient prints as a number and hex run
 * together, 146 and 212 are KIND_BINARY.
 *
 * Knows nothing of packets, leases or what a script does with its variables.
 */
#include "option.h"

#include "bytes.h"
#include "route.h"

#include <assert.h>

#define LABEL_MAX 63   /* octets of a name's label: RFC 1035 §2.3.4 */
#define DOMAIN_MAX 255 /* octets of a whole name, likewise */
#define MTU_MIN 576    /* octets that every host takes: RFC 791 §3.1 */

struct row {
	uint16_t code;
	char name[40]; /* as in the lease file */
	enum option_kind kind;
};

/* By code, from 0 on; one that is not here is unknown-NNN. */
static const struct row options[] = {
	{0, "", KIND_NONE},
	{1, "subnet-mask", KIND_MASK},
	{2, "time-offset", KIND_S32},
	{3, "routers", KIND_ADDRESSES},
	{4, "time-servers", KIND_ADDRESSES},
	{5, "ien116-name-servers", KIND_ADDRESSES},
	{6, "domain-name-servers", KIND_ADDRESSES},
	{7, "log-servers", KIND_ADDRESSES},
	{8, "cookie-servers", KIND_ADDRESSES},
	{9, "lpr-servers", KIND_ADDRESSES},
	{10, "impress-servers", KIND_ADDRESSES},
	{11, "resource-location-servers", KIND_ADDRESSES},
	{12, "", KIND_NONE},
	{13, "boot-size", KIND_U16},
	{14, "merit-dump", KIND_TEXT},
	{15, "domain-name", KIND_NAMES},
	{16, "swap-server", KIND_ADDRESS},
	{17, "root-path", KIND_TEXT},
	{18, "extensions-path", KIND_TEXT},
	{19, "ip-forwarding", KIND_FLAG},
	{20, "non-local-source-routing", KIND_FLAG},
	{21, "policy-filter", KIND_ADDRESS_PAIRS},
	{22, "max-dgram-reassembly", KIND_U16},
	{23, "default-ip-ttl", KIND_U8},
	{24, "path-mtu-aging-timeout", KIND_U32},
	{25, "path-mtu-plateau-table", KIND_U16S},
	{26, "interface-mtu", KIND_MTU},
	{27, "all-subnets-local", KIND_FLAG},
	{28, "broadcast-address", KIND_ADDRESS},
	{29, "perform-mask-discovery", KIND_FLAG},
	{30, "mask-supplier", KIND_FLAG},
	{31, "router-discovery", KIND_FLAG},
	{32, "router-solicitation-address", KIND_ADDRESS},
	{33, "static-routes", KIND_ADDRESS_PAIRS},
	{34, "trailer-encapsulation", KIND_FLAG},
	{35, "arp-cache-timeout", KIND_U32},
	{36, "ieee802-3-encapsulation", KIND_FLAG},
	{37, "default-tcp-ttl", KIND_U8},
	{38, "tcp-keepalive-interval", KIND_U32},
	{39, "tcp-keepalive-garbage", KIND_FLAG},
	{40, "nis-domain", KIND_NAME},
	{41, "nis-servers", KIND_ADDRESSES},
	{42, "ntp-servers", KIND_ADDRESSES},
	{43, "vendor-encapsulated-options", KIND_BINARY},
	{44, "netbios-name-servers", KIND_ADDRESSES},
	{45, "netbios-dd-server", KIND_ADDRESSES},
	{46, "netbios-node-type", KIND_U8},
	{47, "netbios-scope", KIND_NAME},
	{48, "font-servers", KIND_ADDRESSES},
	{49, "x-display-manager", KIND_ADDRESSES},
	{50, "dhcp-requested-address", KIND_ADDRESS},
	{51, "dhcp-lease-time", KIND_U32},
	{52, "dhcp-option-overload", KIND_U8},
	{53, "dhcp-message-type", KIND_U8},
	{54, "dhcp-server-identifier", KIND_ADDRESS},
	{55, "dhcp-parameter-request-list", KIND_U8S},
	{56, "dhcp-message", KIND_TEXT},
	{57, "dhcp-max-message-size", KIND_U16},
	{58, "dhcp-renewal-time", KIND_U32},
	{59, "dhcp-rebinding-time", KIND_U32},
	{60, "vendor-class-identifier", KIND_BINARY},
	{61, "dhcp-client-identifier", KIND_BINARY},
	{62, "nwip-domain", KIND_TEXT},
	{63, "nwip-suboptions", KIND_BINARY},
	{64, "nisplus-domain", KIND_TEXT},
	{65, "nisplus-servers", KIND_ADDRESSES},
	{66, "tftp-server-name", KIND_TEXT},
	{67, "bootfile-name", KIND_TEXT},
	{68, "mobile-ip-home-agent", KIND_ADDRESSES},
	{69, "smtp-server", KIND_ADDRESSES},
	{70, "pop-server", KIND_ADDRESSES},
	{71, "nntp-server", KIND_ADDRESSES},
	{72, "www-server", KIND_ADDRESSES},
	{73, "finger-server", KIND_ADDRESSES},
	{74, "irc-server", KIND_ADDRESSES},
	{75, "streettalk-server", KIND_ADDRESSES},
	{76, "streettalk-directory-assistance-server", KIND_ADDRESSES},
	{77, "user-class", KIND_TEXT},
	{78, "slp-directory-agent", KIND_FLAG_ADDRESSES},
	{79, "slp-service-scope", KIND_FLAG_TEXT},
	{81, "fqdn", KIND_BINARY},
	{82, "relay-agent-information", KIND_BINARY},
	{85, "nds-servers", KIND_ADDRESSES},
	{86, "nds-tree-name", KIND_TEXT},
	{87, "nds-context", KIND_TEXT},
	{88, "bcms-controller-names", KIND_SEARCH},
	{89, "bcms-controller-address", KIND_ADDRESSES},
	{91, "client-last-transaction-time", KIND_U32},
	{92, "associated-ip", KIND_ADDRESSES},
	{93, "pxe-system-type", KIND_U16S},
	{94, "pxe-interface-id", KIND_U8_TRIPLE},
	{97, "pxe-client-id", KIND_BINARY},
	{98, "uap-servers", KIND_TEXT},
	{99, "geoconf-civic", KIND_BINARY},
	{100, "pcode", KIND_TEXT},
	{101, "tcode", KIND_TEXT},
	{108, "v6-only-preferred", KIND_U32},
	{112, "netinfo-server-address", KIND_ADDRESSES},
	{113, "netinfo-server-tag", KIND_TEXT},
	{114, "default-url", KIND_TEXT},
	{116, "auto-config", KIND_U8},
	{117, "name-service-search", KIND_U16S},
	{118, "subnet-selection", KIND_ADDRESS},
	{119, "domain-search", KIND_SEARCH},
	{121, "rfc3442-classless-static-routes", KIND_ROUTES},
	{124, "vivco", KIND_BINARY},
	{125, "vivso", KIND_BINARY},
	{136, "pana-agent", KIND_ADDRESSES},
	{137, "v4-lost", KIND_DOMAIN},
	{138, "capwap-ac-v4", KIND_ADDRESSES},
	{141, "sip-ua-cs-domains", KIND_SEARCH},
	{142, "ipv4-address-andsf", KIND_ADDRESSES},
	{146, "rdnss-selection", KIND_BINARY},
	{150, "tftp-server-address", KIND_ADDRESSES},
	{159, "v4-portparams", KIND_PORT_PARAMETERS},
	{160, "v4-captive-portal", KIND_TEXT},
	{209, "loader-configfile", KIND_TEXT},
	{210, "loader-pathprefix", KIND_TEXT},
	{211, "loader-reboottime", KIND_U32},
	{212, "option-6rd", KIND_BINARY},
	{213, "v4-access-domain", KIND_DOMAIN},
	{249, "ms-classless-static-routes", KIND_ROUTES},
	{252, "wpad", KIND_BINARY},
	{255, "", KIND_NONE},
	{FIELD_IP_ADDRESS, "ip-address", KIND_ADDRESS},
	{FIELD_NEXT_SERVER, "next-server", KIND_ADDRESS},
	{FIELD_FILENAME, "filename", KIND_TEXT},
	{FIELD_SERVER_NAME, "server-name", KIND_NAME},
	{FIELD_NETWORK_NUMBER, "network-number", KIND_ADDRESS},
	{FIELD_BROADCAST, "broadcast-address", KIND_ADDRESS},
};

/* Of the types that only users give. */
static const enum option_kind types[TYPE_END - TYPE_FIRST] = {
	[TYPE_S8 - TYPE_FIRST] = KIND_S8,
	[TYPE_FLAGS - TYPE_FIRST] = KIND_FLAGS,
	[TYPE_U32S - TYPE_FIRST] = KIND_U32S,
	[TYPE_S8S - TYPE_FIRST] = KIND_S8S,
	[TYPE_S32S - TYPE_FIRST] = KIND_S32S,
};

#define ROWS (sizeof(options) / sizeof(options[0]))

/* NULL if there is none.  No row is behind the place that is its code. */
static const struct row *row_of(uint16_t code)
{
	size_t i = code < ROWS ? code : ROWS - 1;

	while (options[i].code > code)
		i--;
	return options[i].code == code ? &options[i] : NULL;
}

bool option_is_known(uint16_t code)
{
	return code >= FIELD_IP_ADDRESS || row_of(code) != NULL;
}

enum option_kind option_kind(uint16_t code)
{
	const struct row *row;

	if (code >= TYPE_FIRST && code < TYPE_END)
		return types[code - TYPE_FIRST];
	if (code >= FIELD_END)
		return KIND_NONE;
	row = row_of(code);
	return row != NULL ? row->kind : KIND_BINARY;
}

void option_file_name(uint16_t code, char out[OPTION_NAME_MAX])
{
	const struct row *const row = row_of(code);
	struct text name = text_in(out, OPTION_NAME_MAX);

	if (code >= FIELD_IP_ADDRESS)
		return;
	if (row != NULL) {
		text_add(&name, row->name);
	} else {
		text_add(&name, "unknown-");
		text_add_number(&name, code);
	}
	assert(!name.cut);
}

void option_name(uint16_t code, char out[OPTION_NAME_MAX])
{
	option_file_name(code, out);
	if (code >= FIELD_IP_ADDRESS && code < FIELD_END) {
		struct text name = text_in(out, OPTION_NAME_MAX);

		text_add(&name, row_of(code)->name);
	}
	for (size_t i = 0; out[i] != '\0'; i++)
		if (out[i] == '-')
			out[i] = '_';
}

uint16_t option_by_file_name(const char *name, size_t length)
{
	char own[OPTION_NAME_MAX];

	for (unsigned code = 1; code < FIELD_IP_ADDRESS; code++) {
		option_file_name((uint16_t)code, own);
		if (length > 0 && strlen(own) == length &&
		    memcmp(own, name, length) == 0)
			return (uint16_t)code;
	}
	return 0;
}

/* What the numbers and addresses of a value are. */
enum element {
	ELEMENT_U8,
	ELEMENT_U16,
	ELEMENT_U32,
	ELEMENT_S8,
	ELEMENT_S32,
	ELEMENT_FLAG,
	ELEMENT_ADDRESS,
};

/* `count` elements; the last `again` of them, as a group, may repeat. */
struct format {
	size_t count, again;
	enum element element[3];
};

static const struct format formats[KIND_COUNT] = {
	[KIND_ADDRESS] = {1, 0, {ELEMENT_ADDRESS}},
	[KIND_MASK] = {1, 0, {ELEMENT_ADDRESS}},
	[KIND_ADDRESSES] = {1, 1, {ELEMENT_ADDRESS}},
	[KIND_ADDRESS_PAIRS] = {2, 2, {ELEMENT_ADDRESS, ELEMENT_ADDRESS}},
	[KIND_U8] = {1, 0, {ELEMENT_U8}},
	[KIND_U16] = {1, 0, {ELEMENT_U16}},
	[KIND_MTU] = {1, 0, {ELEMENT_U16}},
	[KIND_U32] = {1, 0, {ELEMENT_U32}},
	[KIND_S8] = {1, 0, {ELEMENT_S8}},
	[KIND_S32] = {1, 0, {ELEMENT_S32}},
	[KIND_U8S] = {1, 1, {ELEMENT_U8}},
	[KIND_U16S] = {1, 1, {ELEMENT_U16}},
	[KIND_U32S] = {1, 1, {ELEMENT_U32}},
	[KIND_S8S] = {1, 1, {ELEMENT_S8}},
	[KIND_S32S] = {1, 1, {ELEMENT_S32}},
	[KIND_FLAG] = {1, 0, {ELEMENT_FLAG}},
	[KIND_FLAGS] = {1, 1, {ELEMENT_FLAG}},
	[KIND_U8_TRIPLE] = {3, 0, {ELEMENT_U8, ELEMENT_U8, ELEMENT_U8}},
	[KIND_FLAG_ADDRESSES] = {2, 1, {ELEMENT_FLAG, ELEMENT_ADDRESS}},
	[KIND_PORT_PARAMETERS] = {3, 0, {ELEMENT_U8, ELEMENT_U8, ELEMENT_U16}},
};

static bool is_alphanumeric(char character)
{
	return (character >= 'a' && character <= 'z') ||
	       (character >= 'A' && character <= 'Z') ||
	       (character >= '0' && character <= '9');
}

static bool is_label_character(char character)
{
	return is_alphanumeric(character) || character == '-' ||
	       character == '_';
}

/* What is harmless in a shell, quoted or not, and in a configuration file. */
static bool is_text_character(char character)
{
	static const char others[] = {' ', '%', '+', ',', '-', '.', '/',
				      ':', '=', '@', '_', '~', '#'};

	for (size_t i = 0; i < sizeof(others); i++)
		if (character == others[i])
			return true;
	return is_alphanumeric(character);
}

/* A blank goes between any two parts of a value. */
static void write_blank(struct text *out)
{
	if (out->length > 0)
		text_add_char(out, ' ');
}

/* False when the value ends within the element. */
static bool write_element(enum element element, struct reader *in,
			  struct text *out)
{
	struct in_addr address = {0};
	uint32_t u32 = 0;
	uint16_t u16 = 0;
	uint8_t u8 = 0;
	bool whole = false;

	write_blank(out);
	switch (element) {
	case ELEMENT_U8:
		whole = reader_u8(in, &u8);
		text_add_number(out, u8);
		break;
	case ELEMENT_U16:
		whole = reader_u16(in, &u16);
		text_add_number(out, u16);
		break;
	case ELEMENT_U32:
		whole = reader_u32(in, &u32);
		text_add_number(out, u32);
		break;
	case ELEMENT_S8:
		whole = reader_u8(in, &u8);
		text_add_number(out, (int8_t)u8);
		break;
	case ELEMENT_S32:
		whole = reader_u32(in, &u32);
		text_add_number(out, (int32_t)u32);
		break;
	case ELEMENT_FLAG:
		whole = reader_u8(in, &u8);
		text_add(out, u8 != 0 ? "true" : "false");
		break;
	case ELEMENT_ADDRESS:
		whole = reader_address(in, &address);
		text_add_address(out, address);
		break;
	}
	return whole;
}

static enum option_result write_elements(const struct format *format,
					 struct reader *in, struct text *out)
{
	size_t i = 0;

	while (i < format->count || reader_left(in) > 0) {
		if (i == format->count) {
			if (format->again == 0)
				return OPTION_LENGTH;
			i -= format->again;
		}
		if (!write_element(format->element[i], in, out))
			return OPTION_LENGTH;
		i++;
	}
	return OPTION_OK;
}

/* RFC 2132 §2: servers may end text with a NUL, which is no part of it. */
static enum option_result write_text(struct reader *in, struct text *out)
{
	uint8_t octet;

	while (reader_u8(in, &octet)) {
		if (octet == 0)
			return reader_left(in) == 0 ? OPTION_OK
						    : OPTION_UNCLEAN;
		text_add_char(out, (char)octet);
	}
	return OPTION_OK;
}

static enum option_result write_flag_text(struct reader *in, struct text *out)
{
	struct reader text;
	uint8_t first;

	write_element(ELEMENT_FLAG, in, out); /* no value is empty */
	text = *in;
	if (reader_u8(&text, &first) && first != 0)
		write_blank(out);
	return write_text(in, out);
}

/* True if all of `in`, but for a NUL at its end, is of KIND_TEXT. */
static bool is_plain(struct reader in)
{
	uint8_t octet;

	while (reader_u8(&in, &octet))
		if (!is_text_character((char)octet))
			return octet == 0 && reader_left(&in) == 0;
	return true;
}

static enum option_result write_binary(struct reader *in, struct text *out)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t octet;

	if (is_plain(*in))
		return write_text(in, out);
	while (reader_u8(in, &octet)) {
		if (out->length > 0)
			text_add_char(out, ':');
		if (octet > 0xf)
			text_add_char(out, digits[octet >> 4]);
		text_add_char(out, digits[octet & 0xf]);
	}
	return OPTION_OK;
}

/* A label of `size` octets and a dot. */
static bool write_label(struct reader *in, uint8_t size, struct text *out)
{
	uint8_t octet;

	for (; size > 0; size--) {
		if (!reader_u8(in, &octet) || !is_label_character((char)octet))
			return false;
		text_add_char(out, (char)octet);
	}
	text_add_char(out, '.');
	return true;
}

/*
 * One name of RFC 1035 §3.1 at `in`, which is moved behind it.  A compression
 * pointer (§4.1.4) counts from the start of `value` and must lead to before
 * the labels that it ends: each is then smaller than the last, so there is no
 * loop.
 */
static bool write_domain(const struct reader *value, struct reader *in,
			 struct text *out)
{
	struct reader elsewhere = *value, *labels = in;
	size_t before = reader_left(value) - reader_left(in);
	size_t length = 1; /* the root's, which is the last octet */
	uint8_t size, low;

	write_blank(out);
	while (reader_u8(labels, &size)) {
		if (size == 0)
			return length > 1;
		if (size >= 0xc0) {
			const size_t high = (size_t)(size & 0x3f) << 8;

			if (!reader_u8(labels, &low) || (high | low) >= before)
				return false;
			before = high | low;
			elsewhere = *value;
			reader_skip(&elsewhere, before);
			labels = &elsewhere;
			continue;
		}
		length += size + 1U;
		if (size > LABEL_MAX || length > DOMAIN_MAX ||
		    !write_label(labels, size, out))
			return false;
	}
	return false;
}

/* RFC 3397 §2: names one after the other; `one`: only one. */
static enum option_result write_domains(bool one, struct reader *in,
					struct text *out)
{
	const struct reader value = *in;

	do {
		if (!write_domain(&value, in, out))
			return OPTION_UNCLEAN;
	} while (reader_left(in) > 0 && !one);
	return reader_left(in) == 0 ? OPTION_OK : OPTION_UNCLEAN;
}

static enum option_result write_routes(struct reader *in, struct text *out)
{
	struct route route;

	while (route_take(in, &route)) {
		write_blank(out);
		route_add_text(&route, out);
	}
	return reader_left(in) == 0 ? OPTION_OK : OPTION_UNCLEAN;
}

static enum option_result write_value(enum option_kind kind, struct reader *in,
				      struct text *out)
{
	enum option_result result = OPTION_UNNAMED;

	switch (kind) {
	case KIND_NONE:
	case KIND_COUNT:
		break;
	case KIND_ADDRESS:
	case KIND_MASK:
	case KIND_ADDRESSES:
	case KIND_ADDRESS_PAIRS:
	case KIND_U8:
	case KIND_U16:
	case KIND_MTU:
	case KIND_U32:
	case KIND_S8:
	case KIND_S32:
	case KIND_U8S:
	case KIND_U16S:
	case KIND_U32S:
	case KIND_S8S:
	case KIND_S32S:
	case KIND_FLAG:
	case KIND_FLAGS:
	case KIND_U8_TRIPLE:
	case KIND_FLAG_ADDRESSES:
	case KIND_PORT_PARAMETERS:
		result = write_elements(&formats[kind], in, out);
		break;
	case KIND_TEXT:
	case KIND_NAME:
	case KIND_NAMES:
		result = write_text(in, out);
		break;
	case KIND_SEARCH:
	case KIND_DOMAIN:
		result = write_domains(kind == KIND_DOMAIN, in, out);
		break;
	case KIND_ROUTES:
		result = write_routes(in, out);
		break;
	case KIND_BINARY:
		result = write_binary(in, out);
		break;
	case KIND_FLAG_TEXT:
		result = write_flag_text(in, out);
		break;
	}
	return result;
}

/* option_to_text for a value that is not empty, in `text`, which is. */
static enum option_result write_clean(uint16_t code, const uint8_t *value,
				      size_t length, struct text *text)
{
	struct reader in = reader_of(value, length);
	const enum option_result result =
		write_value(option_kind(code), &in, text);

	if (result != OPTION_OK)
		return result;
	if (text->cut)
		return OPTION_LONG;
	if (text->length == 0)
		return OPTION_EMPTY;
	if (!option_text_is_clean(code, text->start))
		return OPTION_UNCLEAN;
	return OPTION_OK;
}

enum option_result option_to_text(uint16_t code, const uint8_t *value,
				  size_t length, struct text *out)
{
	const size_t room = out->size - out->length;
	struct text text =
		text_in(out->start + out->length,
			room < OPTION_TEXT_MAX ? room : OPTION_TEXT_MAX);
	enum option_result result = OPTION_EMPTY;

	if (length > 0)
		result = write_clean(code, value, length, &text);
	if (result == OPTION_OK)
		out->length += text.length;
	else
		out->start[out->length] = '\0';
	return result;
}

/*
 * The check.  Each function reads its part at the start of `*at` and moves
 * `*at` behind it; what they return is false if there is no such part.
 */

static bool take_word(const char **at, const char *word)
{
	const char *next = *at;

	for (; *word != '\0'; word++, next++)
		if (*next != *word)
			return false;
	*at = next;
	return true;
}

static bool take_flag(const char **at)
{
	return take_word(at, "true") || take_word(at, "false");
}

static bool take_signed(const char **at, uint64_t max)
{
	uint64_t value;

	if (!take_word(at, "-"))
		return text_take_number(at, max, &value);
	return text_take_number(at, max + 1, &value) && value != 0;
}

static bool take_element(enum element element, const char **at)
{
	struct in_addr address;
	uint64_t value;
	bool taken = false;

	switch (element) {
	case ELEMENT_U8:
		taken = text_take_number(at, UINT8_MAX, &value);
		break;
	case ELEMENT_U16:
		taken = text_take_number(at, UINT16_MAX, &value);
		break;
	case ELEMENT_U32:
		taken = text_take_number(at, UINT32_MAX, &value);
		break;
	case ELEMENT_S8:
		taken = take_signed(at, INT8_MAX);
		break;
	case ELEMENT_S32:
		taken = take_signed(at, INT32_MAX);
		break;
	case ELEMENT_FLAG:
		taken = take_flag(at);
		break;
	case ELEMENT_ADDRESS:
		taken = text_take_address(at, &address);
		break;
	}
	return taken;
}

static bool take_elements(const struct format *format, const char **at)
{
	const char *const start = *at;
	size_t i = 0;

	while (i < format->count || **at != '\0') {
		if (i == format->count) {
			if (format->again == 0)
				return false;
			i -= format->again;
		}
		if (*at != start && !take_word(at, " "))
			return false;
		if (!take_element(format->element[i], at))
			return false;
		i++;
	}
	return true;
}

/* A shorter mask would beat a VPN's routes (TunnelCrack, CVE-2023-36672). */
static bool take_mask(const char **at)
{
	struct in_addr address;
	uint32_t host_bits;

	if (!text_take_address(at, &address))
		return false;
	host_bits = ~ntohl(address.s_addr);
	return (host_bits & (host_bits + 1)) == 0 && host_bits <= 0x00ffffff;
}

static bool take_mtu(const char **at)
{
	uint64_t value;

	return text_take_number(at, UINT16_MAX, &value) && value >= MTU_MIN;
}

static bool take_text(const char **at)
{
	const char *const start = *at;

	while (is_text_character(**at))
		(*at)++;
	return *at != start;
}

static bool take_flag_text(const char **at)
{
	if (!take_flag(at))
		return false;
	return **at == '\0' || (take_word(at, " ") && take_text(at));
}

/* Letters and digits; `-` and `_` neither first nor last. */
static bool take_label(const char **at)
{
	const char *const start = *at;
	char last = '\0';

	for (; is_label_character(**at); (*at)++)
		last = **at;
	return *at - start <= LABEL_MAX && is_alphanumeric(*start) &&
	       is_alphanumeric(last);
}

/* Labels with dots between them; `dotted`: and one behind the last. */
static bool take_name(const char **at, bool *dotted)
{
	const char *const start = *at;

	do {
		if (!take_label(at))
			return false;
		*dotted = take_word(at, ".");
	} while (*dotted && **at != ' ' && **at != '\0');
	return *at - start <= DOMAIN_MAX;
}

/* Names with one blank between them, all with a final dot if `absolute`. */
static bool take_names(const char **at, bool absolute)
{
	bool dotted;

	do {
		if (!take_name(at, &dotted) || (absolute && !dotted))
			return false;
	} while (take_word(at, " "));
	return true;
}

static bool take_routes(const char **at)
{
	struct route route;

	while (route_take_text(at, &route))
		;
	return **at == '\0';
}

static bool take_domain(const char **at)
{
	bool dotted;

	return take_name(at, &dotted) && dotted;
}

static bool take_value(enum option_kind kind, const char **at)
{
	bool taken = false;
	bool dotted;

	switch (kind) {
	case KIND_NONE:
	case KIND_COUNT:
		break;
	case KIND_ADDRESS:
	case KIND_ADDRESSES:
	case KIND_ADDRESS_PAIRS:
	case KIND_U8:
	case KIND_U16:
	case KIND_U32:
	case KIND_S8:
	case KIND_S32:
	case KIND_U8S:
	case KIND_U16S:
	case KIND_U32S:
	case KIND_S8S:
	case KIND_S32S:
	case KIND_FLAG:
	case KIND_FLAGS:
	case KIND_U8_TRIPLE:
	case KIND_FLAG_ADDRESSES:
	case KIND_PORT_PARAMETERS:
		taken = take_elements(&formats[kind], at);
		break;
	case KIND_MASK:
		taken = take_mask(at);
		break;
	case KIND_MTU:
		taken = take_mtu(at);
		break;
	case KIND_TEXT:
	case KIND_BINARY: /* colons and hex digits are of KIND_TEXT too */
		taken = take_text(at);
		break;
	case KIND_NAME:
		taken = take_name(at, &dotted);
		break;
	case KIND_NAMES:
		taken = take_names(at, false);
		break;
	case KIND_SEARCH:
		taken = take_names(at, true);
		break;
	case KIND_DOMAIN:
		taken = take_domain(at);
		break;
	case KIND_ROUTES:
		taken = take_routes(at);
		break;
	case KIND_FLAG_TEXT:
		taken = take_flag_text(at);
		break;
	}
	return taken;
}

bool option_text_is_clean(uint16_t code, const char *text)
{
	const char *at = text;

	return *text != '\0' && strlen(text) < OPTION_TEXT_MAX &&
	       take_value(option_kind(code), &at) && *at == '\0';
}

const char *option_result_name(enum option_result result)
{
	static const char names[OPTION_RESULTS][20] = {
		[OPTION_OK] = "ok",
		[OPTION_EMPTY] = "empty",
		[OPTION_UNNAMED] = "given to no script",
		[OPTION_LENGTH] = "wrong length",
		[OPTION_UNCLEAN] = "unusable value",
		[OPTION_LONG] = "too long",
	};

	assert(result < OPTION_RESULTS);
	return names[result];
}
