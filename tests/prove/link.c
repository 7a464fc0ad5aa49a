/* link_decode: anything that could be read from the kernel's socket. */
#include "link.h"

#include "prove.h"

int main(void)
{
	struct link link = {.ifindex = (uint32_t)Frama_C_interval(0, 7)};
	bool changed = false;
	size_t length;
	const uint8_t *bytes = any_input(&length);

	Frama_C_make_unknown(link.name, sizeof(link.name) - 1);
	if (link_decode(bytes, length, &link, &changed) != DECODE_OK)
		return 0;
	return changed && link_is_usable(&link);
}
