/*
 * Files of /proc, /run and /etc that everybody may read.  Knows where others
 * leave their traces, and nothing of DHCP's messages.
 */
#include "machine.h"

#include "lladdr.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <net/if.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_SIZE 512   /* octets that are looked at at once */
#define MONITORS_MAX 64 /* of ours that are known */

/* What is looked at. */
struct view {
	const char *name;
	uint32_t ifindex;
	const struct mac *mac;
	struct findings *out;
};

void findings_add(struct findings *findings, enum weight weight,
		  const char *subject, const char *format, ...)
{
	struct finding *finding;
	va_list arguments;

	/* however many notes there are, leaks have their place */
	if (findings->count >=
	    (weight == WEIGHT_LEAK ? FINDINGS_MAX : FINDINGS_MAX / 2))
		return;
	finding = &findings->item[findings->count++];
	finding->weight = weight;
	finding->subject = subject;
	va_start(arguments, format);
	vsnprintf(finding->text, sizeof(finding->text), format, arguments);
	va_end(arguments);
	/* names of users, links and files may hold anything */
	for (char *at = finding->text; *at != '\0'; at++)
		if (*at < ' ' || *at > '~')
			*at = '?';
}

/*
 * Calls `take` with each line of the file, without its newline, until it
 * returns false; a line that is too long comes in pieces.
 */
static void each_line(const char *path,
		      bool (*take)(const char *line, void *context),
		      void *context)
{
	char line[LINE_SIZE];
	FILE *file = fopen(path, "re");

	if (file == NULL)
		return;
	while (fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (!take(line, context))
			break;
	}
	fclose(file);
}

/* Finds the line that begins with `key` and gives what follows it. */
struct search {
	const char *key;
	char *value;
	size_t size;
	bool found;
};

static bool match(const char *line, void *context)
{
	struct search *search = context;
	const size_t length = strlen(search->key);

	if (strncmp(line, search->key, length) != 0)
		return true;
	snprintf(search->value, search->size, "%s", line + length);
	search->found = true;
	return false;
}

static bool find_value(const char *path, const char *key, char *value,
		       size_t size)
{
	struct search search = {.key = key, .value = value, .size = size};

	each_line(path, match, &search);
	return search.found;
}

/*
 * The .link file that udev has applied, by udev's own record, and its
 * MACAddressPolicy=.
 */
static bool find_policy(const struct view *view, char file[LINE_SIZE],
			char policy[LINE_SIZE])
{
	char path[64];

	snprintf(path, sizeof(path), "/run/udev/data/n%u", view->ifindex);
	return find_value(path, "E:ID_NET_LINK_FILE=", file, LINE_SIZE) &&
	       find_value(file, "MACAddressPolicy=", policy, LINE_SIZE);
}

/* The link-layer address. */

/*
 * One that is locally chosen and not the hardware's.  For hardware that has
 * none, udev makes one of the machine-id (systemd.link(5)): by its bits alone
 * it could be a random one.
 */
static void judge_local_address(const struct view *view)
{
	char file[LINE_SIZE], policy[LINE_SIZE];

	if (!lladdr_has_permanent(view->name) &&
	    find_policy(view, file, policy) &&
	    strcmp(policy, "persistent") == 0) {
		findings_add(view->out, WEIGHT_NOTE, "link_layer_address",
			     "The hardware has no link-layer address; %s gives "
			     "it one that is the same at every boot "
			     "(MACAddressPolicy=persistent), unless somebody "
			     "has set another.",
			     file);
		return;
	}
	findings_add(view->out, WEIGHT_GOOD, "link_layer_address",
		     "The link-layer address is not the hardware's, and is "
		     "marked as locally chosen, as random ones are.");
}

static void look_at_address(const struct view *view)
{
	switch (lladdr_kind_of(view->name, view->mac)) {
	case MAC_PERMANENT:
		findings_add(view->out, WEIGHT_LEAK, "link_layer_address",
			     "The link-layer address is the hardware's own: it "
			     "identifies this machine wherever it goes.");
		return;
	case MAC_RANDOM:
		judge_local_address(view);
		return;
	case MAC_FOREIGN:
		findings_add(view->out, WEIGHT_NOTE, "link_layer_address",
			     "The link-layer address is not the hardware's, "
			     "but looks like another manufacturer's.");
		return;
	case MAC_UNKNOWN:
	case MAC_KIND_COUNT:
		break;
	}
	findings_add(view->out, WEIGHT_NOTE, "link_layer_address",
		     "Whether the link-layer address is the hardware's own "
		     "can't be seen.");
}

/*
 * Without a file that asks for a random address the hardware's is there
 * first, and whatever the kernel sends until it is changed has it.
 */
static void look_at_link_file(const struct view *view)
{
	char file[LINE_SIZE], policy[LINE_SIZE];

	if (find_policy(view, file, policy) && strcmp(policy, "random") == 0) {
		findings_add(view->out, WEIGHT_GOOD, "link_file",
			     "%s gives it a random address as soon as it "
			     "appears.",
			     file);
		return;
	}
	findings_add(view->out, WEIGHT_NOTE, "link_file",
		     "No systemd.link file gives it a random address as soon "
		     "as it appears: what is sent before the address is "
		     "changed has the hardware's.");
}

/* Other DHCP clients. */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* Reads a small file of /proc/PID; how many octets, or 0. */
static size_t read_of_process(const char *pid, const char *file, char *out,
			      size_t size)
{
	char path[64];
	ssize_t length;
	int descriptor;

	snprintf(path, sizeof(path), "/proc/%s/%s", pid, file);
	descriptor = open(path, O_RDONLY | O_CLOEXEC);
	if (descriptor < 0)
		return 0;
	length = read(descriptor, out, size - 1);
	close(descriptor);
	if (length < 0)
		length = 0;
	out[length] = '\0';
	return (size_t)length;
}

/* True unless it is known to be of another network namespace. */
static bool is_in_our_network(const char *pid)
{
	char path[64], own[64], its[64];
	ssize_t own_length, its_length;

	snprintf(path, sizeof(path), "/proc/%s/ns/net", pid);
	own_length = readlink("/proc/self/ns/net", own, sizeof(own));
	its_length = readlink(path, its, sizeof(its));
	return own_length <= 0 || its_length <= 0 ||
	       (own_length == its_length &&
		memcmp(own, its, (size_t)own_length) == 0);
}

/* The parent, which /proc/PID/stat has behind the name and the state. */
static pid_t parent_of(const char *pid)
{
	char stat[LINE_SIZE];
	const char *at;

	if (read_of_process(pid, "stat", stat, sizeof(stat)) == 0)
		return 0;
	at = strrchr(stat, ')'); /* the name may hold anything */
	if (at == NULL || strlen(at) < 4)
		return 0;
	return (pid_t)strtol(at + 3, NULL, 10);
}

/* A command line, its arguments behind each other. */
struct process {
	char pid[16];
	char command[1024];
	size_t length;
};

/* Steps to the next argument; NULL after the last. */
static const char *next_argument(const struct process *process, const char *at)
{
	at += strlen(at) + 1;
	return at < process->command + process->length ? at : NULL;
}

static bool has_argument(const struct process *process, const char *wanted)
{
	const char *at = process->command;

	while ((at = next_argument(process, at)) != NULL)
		if (strcmp(at, wanted) == 0)
			return true;
	return false;
}

/* Calls `take` for each process that has a command line. */
static void each_process(void (*take)(const struct process *process,
				      void *context),
			 void *context)
{
	DIR *directory = opendir("/proc");
	const struct dirent *entry;

	if (directory == NULL)
		return;
	while ((entry = readdir(directory)) != NULL) {
		struct process process;

		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    strlen(entry->d_name) >= sizeof(process.pid))
			continue;
		snprintf(process.pid, sizeof(process.pid), "%.15s",
			 entry->d_name);
		process.length =
			read_of_process(process.pid, "cmdline", process.command,
					sizeof(process.command));
		if (process.length > 0 && is_in_our_network(process.pid))
			take(&process, context);
	}
	closedir(directory);
}

/* Our own monitors, by whatever name: those that have workers. */
struct monitors {
	size_t count;
	pid_t pid[MONITORS_MAX];
};

static void note_monitor(const struct process *process, void *context)
{
	struct monitors *monitors = context;

	if (has_argument(process, "--worker") && monitors->count < MONITORS_MAX)
		monitors->pid[monitors->count++] = parent_of(process->pid);
}

struct clients {
	const struct view *view;
	struct monitors monitors;
	bool found;
};

static bool is_our_own(const struct clients *clients,
		       const struct process *process)
{
	const pid_t pid = (pid_t)strtol(process->pid, NULL, 10);

	if (pid == getpid() || has_argument(process, "--worker"))
		return true;
	for (size_t i = 0; i < clients->monitors.count; i++)
		if (clients->monitors.pid[i] == pid)
			return true;
	return false;
}

/* dhcpcd and others write what they do in the place of their arguments. */
static bool is_called(const struct process *process, const char *client)
{
	const char *name = base_name(process->command);
	const size_t length = strlen(client);

	if (strcmp(name, "busybox") == 0 && has_argument(process, client))
		return true;
	return strncmp(name, client, length) == 0 &&
	       (name[length] == '\0' || name[length] == ':');
}

static bool is_between_words(char character)
{
	return character == ' ' || character == '\0';
}

/* True if the command line names the interface, as a word of its own. */
static bool names_interface(const struct process *process, const char *name)
{
	const char *command = process->command;
	const size_t length = strlen(name);

	for (size_t at = 1; at + length <= process->length; at++)
		if (memcmp(command + at, name, length) == 0 &&
		    is_between_words(command[at - 1]) &&
		    is_between_words(command[at + length]))
			return true;
	return false;
}

static void judge_process(const struct process *process, void *context)
{
	static const char names[][12] = {"dhclient", "dhcpcd", "udhcpc", "pump",
					 "connmand"};
	struct clients *clients = context;
	const struct view *view = clients->view;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!is_called(process, names[i]) ||
		    is_our_own(clients, process))
			continue;
		clients->found = true;
		if (names_interface(process, view->name))
			findings_add(view->out, WEIGHT_LEAK, "dhcp_client",
				     "%s (process %s) runs on it too: what it "
				     "sends undoes all of this.",
				     names[i], process->pid);
		else
			findings_add(view->out, WEIGHT_NOTE, "dhcp_client",
				     "%s (process %s) runs, perhaps on it too.",
				     names[i], process->pid);
	}
}

/* NetworkManager keeps a file for each device that it has to do with. */
static bool look_at_network_manager(const struct view *view)
{
	char path[64], value[16];

	snprintf(path, sizeof(path), "/run/NetworkManager/devices/%u",
		 view->ifindex);
	if (!find_value(path, "managed=", value, sizeof(value)) ||
	    (strcmp(value, "1") != 0 && strcmp(value, "true") != 0))
		return false;
	findings_add(view->out, WEIGHT_LEAK, "dhcp_client",
		     "NetworkManager manages it: a second DHCP client, unless "
		     "it runs this program as its dhclient.");
	return true;
}

static bool look_at_networkd(const struct view *view)
{
	char path[64], state[32];

	snprintf(path, sizeof(path), "/run/systemd/netif/links/%u",
		 view->ifindex);
	if (!find_value(path, "ADMIN_STATE=", state, sizeof(state)) ||
	    (strcmp(state, "configuring") != 0 &&
	     strcmp(state, "configured") != 0))
		return false;
	snprintf(path, sizeof(path), "/run/systemd/netif/leases/%u",
		 view->ifindex);
	if (access(path, F_OK) == 0)
		findings_add(view->out, WEIGHT_LEAK, "dhcp_client",
			     "systemd-networkd holds a DHCP lease on it.");
	else
		findings_add(view->out, WEIGHT_NOTE, "dhcp_client",
			     "systemd-networkd manages it, without a DHCP "
			     "lease at present.");
	return true;
}

/* `iface NAME inet dhcp` of interfaces(5). */
static bool match_stanza(const char *line, void *context)
{
	struct search *search = context;
	char word[4][32];

	if (sscanf(line, "%31s %31s %31s %31s", word[0], word[1], word[2],
		   word[3]) != 4 ||
	    strcmp(word[0], "iface") != 0 ||
	    strcmp(word[1], search->key) != 0 || strcmp(word[2], "inet") != 0 ||
	    strcmp(word[3], "dhcp") != 0)
		return true;
	search->found = true;
	return false;
}

static bool look_at_ifupdown(const struct view *view)
{
	static const char patterns[][28] = {
		"/etc/network/interfaces",
		"/etc/network/interfaces.d/*",
	};
	struct search search = {.key = view->name};

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		glob_t found;

		if (glob(patterns[i], 0, NULL, &found) != 0)
			continue;
		for (size_t n = 0; n < found.gl_pathc && !search.found; n++)
			each_line(found.gl_pathv[n], match_stanza, &search);
		globfree(&found);
	}
	if (search.found)
		findings_add(view->out, WEIGHT_NOTE, "dhcp_client",
			     "/etc/network/interfaces has DHCP for it: ifup "
			     "starts a second client, unless that is this "
			     "program.");
	return search.found;
}

static void look_at_clients(const struct view *view)
{
	static struct clients clients; /* too large for the stack */

	clients = (struct clients){.view = view};
	clients.found |= look_at_network_manager(view);
	clients.found |= look_at_networkd(view);
	clients.found |= look_at_ifupdown(view);
	each_process(note_monitor, &clients.monitors);
	each_process(judge_process, &clients);
	if (!clients.found)
		findings_add(view->out, WEIGHT_GOOD, "dhcp_client",
			     "No other DHCP client is seen on it.");
}

/* Responders that tell the machine's name. */

struct ports {
	const struct view *view;
	unsigned told; /* bits, by the table below */
};

/* A line of /proc/net/udp: "  1: 00000000:14E9 00000000:0000 07 … uid". */
static bool judge_socket(const char *line, void *context)
{
	static const struct {
		unsigned port;
		char what[8];
	} responders[] = {
		{5353, "mDNS"},
		{5355, "LLMNR"},
		{137, "NetBIOS"},
	};
	struct ports *ports = context;
	const struct passwd *user;
	char port[8], uid[16];

	if (sscanf(line,
		   " %*[0-9]: %*[0-9A-Fa-f]:%7[0-9A-Fa-f] %*s %*s %*s %*s "
		   "%*s %15[0-9]",
		   port, uid) != 2)
		return true;
	for (unsigned i = 0; i < sizeof(responders) / sizeof(responders[0]);
	     i++) {
		if (strtoul(port, NULL, 16) != responders[i].port ||
		    (ports->told & 1U << i) != 0)
			continue;
		ports->told |= 1U << i;
		user = getpwuid((uid_t)strtoul(uid, NULL, 10));
		findings_add(ports->view->out, WEIGHT_LEAK, "responder",
			     "A process of user %s listens for %s (UDP port "
			     "%u), which tells this machine's name to whoever "
			     "is near.",
			     user != NULL ? user->pw_name : "unknown",
			     responders[i].what, responders[i].port);
	}
	return true;
}

static void look_at_responders(const struct view *view)
{
	struct ports ports = {.view = view};

	each_line("/proc/net/udp", judge_socket, &ports);
	each_line("/proc/net/udp6", judge_socket, &ports);
	if (ports.told == 0)
		findings_add(view->out, WEIGHT_GOOD, "responder",
			     "Nobody listens for mDNS, LLMNR or NetBIOS.");
}

/* IPv6. */

struct addresses {
	const struct view *view;
	unsigned count, made_of_mac;
};

/* True if the second half is EUI-64 (RFC 4291, appendix A). */
static bool is_eui64(const uint8_t half[8])
{
	return half[3] == 0xff && half[4] == 0xfe;
}

static void judge_address(struct addresses *addresses, const uint8_t half[8])
{
	const struct view *view = addresses->view;
	struct mac mac = {{(uint8_t)(half[0] ^ MAC_LOCAL_BIT), half[1], half[2],
			   half[5], half[6], half[7]}};

	addresses->count++;
	if (!is_eui64(half))
		return;
	addresses->made_of_mac++;
	if (mac_equal(&mac, view->mac))
		findings_add(view->out, WEIGHT_NOTE, "ipv6",
			     "An IPv6 address of it is made of its link-layer "
			     "address.");
	else
		findings_add(view->out, WEIGHT_LEAK, "ipv6",
			     "An IPv6 address of it is made of another "
			     "link-layer address, perhaps the hardware's.");
}

/* A line of /proc/net/if_inet6: 32 hex digits, index, length, scope, … */
static bool take_address(const char *line, void *context)
{
	struct addresses *addresses = context;
	char interface_half[17], index[16];
	uint8_t half[8];

	if (sscanf(line, "%*16[0-9a-f]%16[0-9a-f] %15[0-9a-f]", interface_half,
		   index) != 2 ||
	    strtoul(index, NULL, 16) != addresses->view->ifindex)
		return true;

	const uint64_t number = strtoull(interface_half, NULL, 16);

	for (size_t i = 0; i < sizeof(half); i++)
		half[i] = (uint8_t)(number >> (56 - 8 * i));
	judge_address(addresses, half);
	return true;
}

/*
 * The kernel's IN6_ADDR_GEN_MODE_STABLE_PRIVACY (RFC 7217): of the prefix, a
 * secret and the permanent link-layer address, whatever the current one is.
 */
static bool is_stable(const struct view *view)
{
	char path[64 + IF_NAMESIZE], mode[8];

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/addr_gen_mode",
		 view->name);
	return find_value(path, "", mode, sizeof(mode)) &&
	       strcmp(mode, "2") == 0;
}

static void look_at_ipv6(const struct view *view)
{
	struct addresses addresses = {.view = view};

	each_line("/proc/net/if_inet6", take_address, &addresses);
	if (addresses.count == 0) {
		findings_add(view->out, WEIGHT_GOOD, "ipv6",
			     "It has no IPv6 address.");
		return;
	}
	if (is_stable(view))
		findings_add(view->out, WEIGHT_LEAK, "ipv6",
			     "The kernel makes its IPv6 addresses of a secret "
			     "that stays (addr_gen_mode 2): the link-local one "
			     "is the same on every network, whatever the "
			     "link-layer address.");
	else if (addresses.made_of_mac == 0)
		findings_add(view->out, WEIGHT_NOTE, "ipv6",
			     "It has IPv6 addresses; none of them is made of a "
			     "link-layer address.  Whether they are the same "
			     "on other networks can't be seen.");
}

void machine_look(const char *name, uint32_t ifindex, const struct mac *mac,
		  struct findings *out)
{
	const struct view view = {name, ifindex, mac, out};

	look_at_address(&view);
	look_at_link_file(&view);
	look_at_responders(&view);
	look_at_ipv6(&view);
	look_at_clients(&view); /* of whom there may be many */
}
