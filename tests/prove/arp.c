/* arp_decode: any frame. */
#include "arp.h"

#include "prove.h"

int main(void)
{
	size_t length;
	const uint8_t *bytes = any_input(&length);
	struct arp arp;

	if (arp_decode(bytes, length, &arp) != DECODE_OK)
		return 0;
	return arp_conflicts_with_probe(&arp, &arp.sender_mac, arp.target);
}
