/* frame_decode: any frame. */
#include "frame.h"

#include "prove.h"

int main(void)
{
	size_t length;
	const uint8_t *bytes = any_input(&length);
	struct frame frame;

	if (frame_decode(bytes, length, Frama_C_interval(0, 1), &frame) !=
	    DECODE_OK)
		return 0;
	return 1;
}
