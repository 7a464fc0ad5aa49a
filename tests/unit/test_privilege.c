/*
 * The monitor's capability sets, as the kernel shows them, in children that
 * start with what root, a unit or a careless wrapper would give them.
 */
#include "unit.h"

#include "child.h"
#include "privilege.h"

#include <errno.h>
#include <pwd.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>

#define NEEDED                                                                 \
	(BIT(CAP_NET_ADMIN) | BIT(CAP_NET_RAW) | BIT(CAP_NET_BIND_SERVICE))
#define ROOTS                                                                  \
	(BIT(CAP_KILL) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_SETUID) |             \
	 BIT(CAP_SETGID) | BIT(CAP_SETPCAP))

static void reduce(void)
{
	const char *what = "";
	int rc = privilege_check(&what);

	if (rc == 0)
		rc = privilege_reduce(&what);
	if (rc != 0)
		fprintf(stderr, "privilege_reduce: %s: %s\n", what,
			strerror(-rc));
	CHECK(rc == 0);
}

static bool can_open_packet_socket(void)
{
	const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	CHECK(fd >= 0 || errno == EPERM);
	return fd >= 0 && close(fd) == 0;
}

static void root(void)
{
	const uint64_t bounding = status_set("CapBnd");

	reduce();
	CHECK(status_set("CapEff") == BIT(CAP_NET_ADMIN));
	CHECK(status_set("CapPrm") == (NEEDED | ROOTS));
	CHECK(status_set("CapAmb") == 0);
	CHECK(status_set("CapBnd") == bounding);
	/* A script started by root is root's. */
	CHECK(set_after_exec("CapEff") == bounding);
}

static void root_keeps_what_it_needs_and_its_script_all(void **state)
{
	(void)state;
	assert_true(holds_in_child(root));
}

static void root_with_ambient(void)
{
	const uint64_t inheritable = BIT(CAP_NET_ADMIN) | BIT(CAP_CHOWN);
	const uint64_t held = status_set("CapPrm");

	set_capabilities(held, held, inheritable);
	CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN, 0,
		    0) == 0);
	reduce();
	CHECK(status_set("CapInh") == inheritable);
	CHECK(status_set("CapAmb") == 0);
}

static void root_passes_nothing_on_by_ambient(void **state)
{
	(void)state;
	assert_true(holds_in_child(root_with_ambient));
}

static void root_in_a_unit(void)
{
	/* NetworkManager's has no SETPCAP. */
	const uint64_t held = NEEDED | (ROOTS & ~BIT(CAP_SETPCAP));

	set_capabilities(held, held, 0);
	reduce();
	CHECK(status_set("CapEff") == BIT(CAP_NET_ADMIN));
	CHECK(status_set("CapPrm") == held);
}

static void root_goes_without_what_it_does_not_hold(void **state)
{
	(void)state;
	assert_true(holds_in_child(root_in_a_unit));
}

static void user_of_a_unit(void)
{
	become_user_with(NEEDED);
	reduce();
	CHECK(status_set("CapEff") == BIT(CAP_NET_ADMIN));
	CHECK(status_set("CapPrm") == NEEDED);
	CHECK(status_set("CapInh") == BIT(CAP_NET_ADMIN));
	CHECK(status_set("CapAmb") == BIT(CAP_NET_ADMIN));
	CHECK(set_after_exec("CapPrm") == BIT(CAP_NET_ADMIN));
	CHECK(set_after_exec("CapEff") == BIT(CAP_NET_ADMIN));
}

static void a_user_keeps_three_and_its_script_one(void **state)
{
	(void)state;
	assert_true(holds_in_child(user_of_a_unit));
}

static void user_with_too_much(void)
{
	become_user_with(NEEDED | ROOTS | BIT(CAP_CHOWN) | BIT(CAP_SYS_ADMIN));
	reduce();
	CHECK(status_set("CapPrm") == NEEDED);
	CHECK(status_set("CapInh") == BIT(CAP_NET_ADMIN));
	CHECK(set_after_exec("CapPrm") == BIT(CAP_NET_ADMIN));
}

static void a_user_keeps_nothing_of_roots(void **state)
{
	(void)state;
	assert_true(holds_in_child(user_with_too_much));
}

static void user_by_file_capabilities(void)
{
	become_user_with(NEEDED);
	/* Permitted only (setcap's +p); ambient goes with inheritable. */
	set_capabilities(0, NEEDED, 0);
	CHECK(status_set("CapAmb") == 0);
	reduce();
	CHECK(status_set("CapEff") == BIT(CAP_NET_ADMIN));
	CHECK(set_after_exec("CapEff") == BIT(CAP_NET_ADMIN));
}

static void file_capabilities_reach_the_script_too(void **state)
{
	(void)state;
	assert_true(holds_in_child(user_by_file_capabilities));
}

static void check_missing(unsigned capability, const char *name)
{
	const uint64_t held = NEEDED & ~BIT(capability);
	const char *what = "";

	become_user_with(held);
	CHECK(privilege_check(&what) == -EPERM);
	CHECK(strcmp(what, name) == 0);
	CHECK(status_set("CapPrm") == held);
}

static void missing_net_admin(void)
{
	check_missing(CAP_NET_ADMIN, "CAP_NET_ADMIN");
}

static void missing_net_raw(void)
{
	check_missing(CAP_NET_RAW, "CAP_NET_RAW");
}

static void missing_net_bind_service(void)
{
	check_missing(CAP_NET_BIND_SERVICE, "CAP_NET_BIND_SERVICE");
}

static void what_is_missing_is_named(void **state)
{
	(void)state;
	assert_true(holds_in_child(missing_net_admin));
	assert_true(holds_in_child(missing_net_raw));
	assert_true(holds_in_child(missing_net_bind_service));
}

static void raise_and_lower(void)
{
	become_user_with(NEEDED);
	reduce();
	CHECK(!can_open_packet_socket());
	CHECK(privilege_raise(CAP_NET_RAW) == 0);
	CHECK(status_set("CapEff") == (BIT(CAP_NET_ADMIN) | BIT(CAP_NET_RAW)));
	CHECK(can_open_packet_socket());
	CHECK(privilege_lower(CAP_NET_RAW) == 0);
	CHECK(status_set("CapEff") == BIT(CAP_NET_ADMIN));
	CHECK(!can_open_packet_socket());
	CHECK(status_set("CapPrm") == NEEDED);
}

static void what_is_permitted_is_raised_and_lowered(void **state)
{
	(void)state;
	assert_true(holds_in_child(raise_and_lower));
}

static void raise_too_much(void)
{
	reduce();
	CHECK(privilege_raise(CAP_SYS_ADMIN) == -EPERM);
	CHECK(privilege_raise(63) == -EPERM);
	CHECK(privilege_raise(CAP_SETUID) == 0);
	CHECK(privilege_raise(CAP_SETGID) == 0);
	CHECK(privilege_lower(CAP_SETUID) == 0);
	CHECK(status_set("CapEff") == (BIT(CAP_NET_ADMIN) | BIT(CAP_SETGID)));
}

static void nothing_else_can_be_raised(void **state)
{
	(void)state;
	assert_true(holds_in_child(raise_too_much));
}

static void raise_in_child(void)
{
	CHECK(privilege_raise(CAP_NET_RAW) == 0);
	CHECK(status_set("CapEff") == (BIT(CAP_NET_ADMIN) | BIT(CAP_NET_RAW)));
	CHECK(status_set("CapPrm") == (NEEDED | ROOTS));
}

static void reduce_then_fork(void)
{
	reduce();
	CHECK(holds_in_child(raise_in_child));
	CHECK(status_set("CapEff") == BIT(CAP_NET_ADMIN));
}

static void a_fork_changes_nothing(void **state)
{
	(void)state;
	assert_true(holds_in_child(reduce_then_fork));
}

static void worker_of_root(void)
{
	const struct passwd *entry = getpwnam("dhcpcanon");
	uid_t uid = 0;
	gid_t gid = 0;

	if (entry == NULL)
		entry = getpwnam("nobody");
	CHECK(entry != NULL);
	CHECK(privilege_worker_user(&uid, &gid));
	CHECK(uid == entry->pw_uid && gid == entry->pw_gid);
}

static void worker_of_user(void)
{
	uid_t uid = 1;
	gid_t gid = 1;

	become_user_with(NEEDED);
	CHECK(!privilege_worker_user(&uid, &gid));
	CHECK(uid == 0 && gid == 0);
}

/* Puts `text` in the place of /etc/passwd, for this process alone. */
static void use_passwd(const char *text)
{
	char name[] = "/tmp/test_privilege.XXXXXX";
	const int fd = mkstemp(name);

	CHECK(fd >= 0);
	CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	CHECK(unshare(CLONE_NEWNS) == 0);
	CHECK(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	CHECK(mount(name, "/etc/passwd", NULL, MS_BIND, NULL) == 0);
	CHECK(unlink(name) == 0);
	close(fd);
}

static void check_worker_user(const char *passwd, uid_t wanted_uid,
			      gid_t wanted_gid)
{
	uid_t uid = 0;
	gid_t gid = 0;

	use_passwd(passwd);
	CHECK(privilege_worker_user(&uid, &gid));
	CHECK(uid == wanted_uid && gid == wanted_gid);
}

static void user_of_the_package(void)
{
	check_worker_user("nobody:x:65534:65534::/:\n"
			  "dhcpcanon:x:123:124::/:\n",
			  123, 124);
}

static void user_that_is_root(void)
{
	check_worker_user("dhcpcanon:x:0:7::/:\nnobody:x:99:98::/:\n", 99, 98);
}

static void group_that_is_roots(void)
{
	check_worker_user("dhcpcanon:x:7:0::/:\nnobody:x:99:98::/:\n", 99, 98);
}

static void no_user_at_all(void)
{
	check_worker_user("root:x:0:0::/:\n", 65534, 65534);
}

static void only_roots_worker_becomes_another_user(void **state)
{
	(void)state;
	assert_true(holds_in_child(worker_of_root));
	assert_true(holds_in_child(worker_of_user));
	assert_true(holds_in_child(user_of_the_package));
	assert_true(holds_in_child(user_that_is_root));
	assert_true(holds_in_child(group_that_is_roots));
	assert_true(holds_in_child(no_user_at_all));
}

static int must_be_root(void **state)
{
	(void)state;
	if (geteuid() == 0)
		return 0;
	fputs("test_privilege must run as root\n", stderr);
	return -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(root_keeps_what_it_needs_and_its_script_all),
		cmocka_unit_test(root_passes_nothing_on_by_ambient),
		cmocka_unit_test(root_goes_without_what_it_does_not_hold),
		cmocka_unit_test(a_user_keeps_three_and_its_script_one),
		cmocka_unit_test(a_user_keeps_nothing_of_roots),
		cmocka_unit_test(file_capabilities_reach_the_script_too),
		cmocka_unit_test(what_is_missing_is_named),
		cmocka_unit_test(what_is_permitted_is_raised_and_lowered),
		cmocka_unit_test(nothing_else_can_be_raised),
		cmocka_unit_test(a_fork_changes_nothing),
		cmocka_unit_test(only_roots_worker_becomes_another_user),
	};

	return cmocka_run_group_tests(tests, must_be_root, NULL);
}
