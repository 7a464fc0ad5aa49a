/* The words for what decoders say; knows none of the decoders. */
#include "decode.h"

const char *decode_name(enum decode result)
{
	static const char names[DECODE_COUNT][12] = {
		[DECODE_OK] = "ok",
		[DECODE_SHORT] = "short",
		[DECODE_LONG] = "long",
		[DECODE_NOT_IPV4] = "not_ipv4",
		[DECODE_NOT_DHCP] = "not_dhcp",
		[DECODE_CHECKSUM] = "checksum",
		[DECODE_NOT_REPLY] = "not_reply",
		[DECODE_OPTIONS] = "options",
		[DECODE_NOT_ARP] = "not_arp",
		[DECODE_NOT_LINK] = "not_link",
		[DECODE_FOREIGN] = "foreign",
		[DECODE_UNEXPECTED] = "unexpected",
		[DECODE_REFUSED] = "refused",
	};

	return (unsigned)result < DECODE_COUNT ? names[result] : "unknown";
}
