/*
 * Which links are held.  Input: whether this is a container (an octet), the
 * octets read from the socket.
 */
#include "physical.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader in = reader_of(data, size);
	const bool in_container = fuzz_u8(&in) & 1;
	struct physical found;

	while (physical_next(&in, in_container, &found)) {
		must(found.name[0] != '\0');
		must(memchr(found.name, '\0', LINK_NAME_MAX) != NULL);
	}
	return 0;
}
