/*
 * What rtnetlink says.  Input: how the link is looked for (an octet), the
 * octets read from the socket.
 */
#include "link.h"

#include "fuzz.h"

static void decode(const struct reader *in, struct link *link)
{
	const struct link before = *link;
	bool changed = false;

	if (link_decode(in->at, reader_left(in), link, &changed) != DECODE_OK) {
		must(memcmp(link, &before, sizeof(before)) == 0 && !changed);
		return;
	}
	must(memchr(link->name, '\0', LINK_NAME_MAX) != NULL);
	must(changed || memcmp(link, &before, sizeof(before)) == 0);
	must(before.ifindex == 0 || link->ifindex == before.ifindex);
	must(!link_is_usable(link) || link->present);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader in = reader_of(data, size);
	const uint8_t how = fuzz_u8(&in);
	struct link link;

	memset(&link, 0, sizeof(link)); /* it is compared, padding and all */
	link.ifindex = how & 1 ? 2 : 0;
	link.present = how & 2;
	memcpy(link.name, "eth0", sizeof("eth0"));
	decode(&in, &link);
	decode(&in, &link); /* and on top of what it said */
	return 0;
}
