/* A leases file, which anybody may have written. */
#include "leasefile.h"

#include "fuzz.h"

static void look_at_blocks(const char *file, size_t size)
{
	struct leasefile_block block;
	size_t at = 0, before = 0;

	while (leasefile_next(file, size, &at, &block)) {
		must(block.start >= before && block.length > 0 &&
		     block.start + block.length <= at && at <= size);
		must(memcmp(file + block.start, "lease", 5) == 0);
		must(file[block.start + block.length - 1] == '}');
		must(memchr(block.interface, '\0', LINK_NAME_MAX) != NULL);
		before = at;
	}
	must(at == size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct lease_record record;
	const char *file = (const char *)data;

	look_at_blocks(file, size);
	if (!leasefile_read(file, size, "eth0", NULL, &record))
		return 0;
	must(strcmp(record.interface, "eth0") == 0);
	must_be_fit(&record.variables);
	must_survive_the_file(&record);
	return 0;
}
