/* physical_next: anything that could be read from the kernel's socket. */
#include "physical.h"

#include "prove.h"

int main(void)
{
	size_t length;
	const uint8_t *bytes = any_input(&length);
	struct reader in = reader_of(bytes, length);
	struct physical found;
	int count = 0;

	while (count < INPUT_MAX &&
	       physical_next(&in, Frama_C_interval(0, 1), &found))
		count++;
	return count;
}
