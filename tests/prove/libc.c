/* What the harnesses must know of the C library and its own text does not say.
 */
#include <__fc_builtin.h>
#include <arpa/inet.h>

/* Any string that has room. */
const char *inet_ntop(int family, const void *address, char *out,
		      socklen_t size)
{
	(void)family;
	(void)address;
	Frama_C_make_unknown(out, size - 1);
	out[size - 1] = '\0';
	return out;
}
