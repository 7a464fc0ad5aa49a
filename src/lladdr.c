/*
 * The link-layer address, asked and set through the old ioctls, which take a
 * name and one call each.  Knows nothing of DHCP.
 */
#include "lladdr.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/sockios.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel's IFLA_PERM_ADDRESS; false when the hardware has told none. */
static bool ask_permanent(int asked, const char *name, struct mac *out)
{
	static const struct mac none;
	union {
		struct ethtool_perm_addr header;
		uint8_t room[sizeof(struct ethtool_perm_addr) + MAC_LENGTH];
	} answer = {.header = {.cmd = ETHTOOL_GPERMADDR, .size = MAC_LENGTH}};
	struct ifreq request = {.ifr_data = (void *)&answer};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(asked, SIOCETHTOOL, &request) < 0 ||
	    answer.header.size != MAC_LENGTH)
		return false;
	memcpy(out->octet, answer.room + sizeof(answer.header), MAC_LENGTH);
	return !mac_equal(out, &none);
}

/* addr_assign_type, which only sysfs tells; -1 if it does not. */
static int ask_assigned(const char *name)
{
	char path[sizeof("/sys/class/net//addr_assign_type") + IFNAMSIZ];
	int assigned = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/class/net/%s/addr_assign_type",
		 name);
	file = fopen(path, "re");
	if (file == NULL)
		return -1;
	if (fscanf(file, "%d", &assigned) != 1)
		assigned = -1;
	fclose(file);
	return assigned;
}

enum mac_kind lladdr_kind_of(const char *name, const struct mac *current)
{
	const int asked = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct mac permanent;
	bool has_permanent;

	if (asked < 0)
		return MAC_UNKNOWN;
	has_permanent = ask_permanent(asked, name, &permanent);
	close(asked);
	return mac_judge(current, has_permanent ? &permanent : NULL,
			 has_permanent ? -1 : ask_assigned(name));
}

bool lladdr_has_permanent(const char *name)
{
	const int asked = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct mac permanent;
	bool result;

	if (asked < 0)
		return false;
	result = ask_permanent(asked, name, &permanent);
	close(asked);
	return result;
}

static int draw(struct mac *mac)
{
	const ssize_t got = getrandom(mac->octet, MAC_LENGTH, 0);

	if (got != MAC_LENGTH)
		return got < 0 ? -errno : -EIO;
	mac->octet[0] =
		(uint8_t)((mac->octet[0] & ~MAC_GROUP_BIT) | MAC_LOCAL_BIT);
	return 0;
}

static int set_flags(int asked, const char *name, short flags)
{
	struct ifreq request = {0};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	request.ifr_flags = flags;
	return ioctl(asked, SIOCSIFFLAGS, &request) < 0 ? -errno : 0;
}

/* On a link that is down. */
static int set_address(int asked, const char *name, const struct mac *mac)
{
	struct ifreq request = {0};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
	memcpy(request.ifr_hwaddr.sa_data, mac->octet, MAC_LENGTH);
	return ioctl(asked, SIOCSIFHWADDR, &request) < 0 ? -errno : 0;
}

/* The link is up again afterwards if it was, whatever else went wrong. */
static int replace(int asked, const char *name, const struct mac *mac,
		   const char **what)
{
	struct ifreq request = {0};
	int result, up;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	*what = "asking for the link's flags";
	if (ioctl(asked, SIOCGIFFLAGS, &request) < 0)
		return -errno;
	if ((request.ifr_flags & IFF_UP) == 0) {
		*what = "setting a random address";
		return set_address(asked, name, mac);
	}
	*what = "taking the link down for a random address";
	result = set_flags(asked, name, (short)(request.ifr_flags & ~IFF_UP));
	if (result < 0)
		return result;
	result = set_address(asked, name, mac);
	up = set_flags(asked, name, request.ifr_flags);
	*what = result < 0 ? "setting a random address"
			   : "bringing the link up with a random address";
	return result < 0 ? result : up;
}

int lladdr_randomize(const char *name, struct mac *mac, const char **what)
{
	struct mac fresh;
	int asked, result;

	*what = "getrandom";
	result = draw(&fresh);
	if (result < 0)
		return result;
	*what = "a socket";
	asked = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (asked < 0)
		return -errno;
	result = replace(asked, name, &fresh, what);
	close(asked);
	if (result == 0)
		*mac = fresh;
	return result;
}
