/* ARP frames, and whether one is a conflict. */
#include "arp.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct mac own = {{2, 1, 2, 3, 4, 5}};
	const struct in_addr none = {INADDR_ANY};
	struct arp arp, untouched;

	memset(&arp, 0xa5, sizeof(arp));
	untouched = arp;
	if (arp_decode(data, size, &arp) != DECODE_OK) {
		must(memcmp(&arp, &untouched, sizeof(arp)) == 0);
		return 0;
	}
	must(size >= ARP_FRAME_LENGTH);
	must(!arp_conflicts_with_use(&arp, &arp.sender_mac, arp.sender));
	must(!arp_conflicts_with_probe(&arp, &arp.sender_mac, arp.target));
	if (arp_conflicts_with_use(&arp, &own, arp.sender))
		must(arp_conflicts_with_probe(&arp, &own, arp.sender));
	(void)arp_conflicts_with_probe(&arp, &own, arp.target);
	(void)arp_conflicts_with_probe(&arp, &own, none);
	return 0;
}
