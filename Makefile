# dhcpcanon: `make`, `sudo make demo`, `sudo make check`; see README.md.

MAKEFLAGS += --no-print-directory

PREFIX ?= /usr/local
SBINDIR = $(PREFIX)/sbin
MANDIR = $(PREFIX)/share/man
VERSION = 0.9.0

VARIANT ?= release
OUT ?= build
BUILD = $(OUT)/$(VARIANT)
PROGRAM = $(BUILD)/dhcpcanon

ifeq ($(origin CC),default)
CC = gcc
endif
INSTALL ?= install
# Most of it runs once a lease, where -O2 would save some 10 µs and cost 28 kB.
CFLAGS ?= -Os -g
# A compiler that we don't know may warn of more: make WERROR=
WERROR ?= -Werror
WARNINGS = -Wall -Wextra -Wswitch-enum -Wshadow -Wconversion -Wvla $(WERROR)
# Fortification needs optimisation, and may have been asked for already.
FORTIFY = $(if $(findstring FORTIFY,$(CPPFLAGS) $(CFLAGS)),,$(if \
	$(filter -O1 -O2 -O3 -Os,$(CFLAGS)),-D_FORTIFY_SOURCE=2))
HARDENING = -fstack-protector-strong -fPIE $(FORTIFY)
OUR_CPPFLAGS = -Iinclude -D_GNU_SOURCE -DVERSION='"$(VERSION)"' \
	-DSCRIPT='"$(SBINDIR)/dhcpcanon-script"'
OUR_CFLAGS = -std=gnu11 $(WARNINGS) $(HARDENING)
# Sections by name: room.h.
OUR_LDFLAGS = -pie -Wl,-z,relro,-z,now -Wl,--as-needed -Wl,--sort-section=name

# Variants live side by side in build/; TEST_BUILD keeps descriptor 2 and the
# environment that sanitizers need in the worker, and leaves it unconfined.
ifeq ($(VARIANT),asan)
OUR_CPPFLAGS += -DTEST_BUILD
HARDENING = -fPIE
CFLAGS = -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer
endif
ifeq ($(VARIANT),coverage)
# The counters of a process are a file that is mapped before main(): a worker,
# which may open nothing, and whoever is killed are counted in full, and the
# program is the one that is released, sandbox and all.
CC = clang
HARDENING = -fPIE
CFLAGS = -O0 -g -fcoverage-mapping -Xclang -mllvm \
	-Xclang -runtime-counter-relocation \
	-fprofile-instr-generate=$(abspath $(BUILD))/counts/%p%c
endif
ifeq ($(VARIANT),fuzz)
OUR_CPPFLAGS += -DTEST_BUILD
HARDENING = -fPIE
CFLAGS = -O1 -g -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=all -fno-omit-frame-pointer $(FUZZ_CFLAGS)
endif

# The three rings: an arrow only ever points inwards (README.md).
PURE = amend annotate arp calendar client conf decode definition env frame \
	json lease leasefile lexer link mac message notice offer option physical \
	profile reason rehearsal report route status statusfile text value variables
EDGE = account background cli configuration files handover instance landlock launch \
	links lladdr log machine nbi notify pidfile privilege process sandbox \
	script seccomp store transport
ACTOR = audit dryrun hearing interface main monitor query roster sequel \
	service stop survey worker

PURE_OBJECTS = $(PURE:%=$(BUILD)/src/%.o)
OBJECTS = $(EDGE:%=$(BUILD)/src/%.o) $(ACTOR:%=$(BUILD)/src/%.o)
CORE = $(BUILD)/libcore.a
EDGES = $(BUILD)/libedges.a
LIBS = -lcap-ng

UNITS = $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c))
PYTEST = /usr/bin/python3 -m pytest

all: $(PROGRAM)

# Commands in short, unless with V=1.
ifndef V
short = @printf '%s %s\n' '$1' '$2';
endif

$(PROGRAM): $(OBJECTS) $(CORE)
	$(call short,LINK,$@) $(CC) $(CFLAGS) $(OUR_LDFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(CORE): $(PURE_OBJECTS)
	@rm -f $@
	$(call short,AR,$@) $(AR) -rcs $@ $^

# For the unit tests alone, which take out of it what they name.
$(EDGES): $(EDGE:%=$(BUILD)/src/%.o) $(BUILD)/src/stop.o
	@rm -f $@
	$(call short,AR,$@) $(AR) -rcs $@ $^

COMPILE = $(CC) $(CPPFLAGS) $(OUR_CPPFLAGS) $(OUR_CFLAGS) $(CFLAGS)

$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call short,CC,$<) $(COMPILE) -MMD -MP -c -o $@ $<

# With other flags or another PREFIX everything is compiled anew.  Two calls of
# make may come here at a time: each has a file of its own, by its process id.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(COMPILE) $(LDFLAGS))' >$@.$$PPID
	@cmp -s $@.$$PPID $@ && rm $@.$$PPID || mv $@.$$PPID $@

$(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(EDGES) $(CORE)
	$(call short,LINK,$@) $(CC) $(CFLAGS) $(OUR_LDFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka $(LIBS)

$(BUILD)/tests/fuzz/%: $(BUILD)/tests/fuzz/%.o $(EDGES) $(CORE)
	$(call short,LINK,$@) $(CC) $(CFLAGS) -fsanitize=fuzzer $(OUR_LDFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

# The program's own objects, but for a worker that the network takes over.
$(BUILD)/tests/net/hostile: $(BUILD)/tests/net/hostile.o $(OBJECTS) $(CORE)
	$(call short,LINK,$@) $(CC) $(CFLAGS) $(OUR_LDFLAGS) -Wl,--wrap=message_decode \
	  $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/tests/net/hold: $(BUILD)/tests/net/hold.o $(EDGES) $(CORE)
	$(call short,LINK,$@) $(CC) $(CFLAGS) $(OUR_LDFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

NET_TOOLS = $(BUILD)/tests/net/hostile $(BUILD)/tests/net/hold

# cmocka's macros convert pointers to its own integers.  Private: what they are
# made of is compiled as for the program.
$(BUILD)/tests/%.o: private WARNINGS = -Wall -Wextra -Wshadow -Wvla $(WERROR)

-include $(wildcard $(BUILD)/src/*.d $(BUILD)/tests/*/*.d)

# One unit test, with all that it says: `make unit-option`.
unit-%: $(BUILD)/tests/unit/test_%
	cd tests && $(abspath $<)

# tests/run counts, and goes on after a failure.
RUN = BUILD=$(abspath $(BUILD)) MAKE='$(MAKE)' tests/run

unit: $(UNITS:%=$(BUILD)/tests/unit/%)
	@+$(RUN) unit

# SEEDS histories from SEED on, in virtual time; TRACE=all tells each in full.
SEEDS ?= 20000
SEED ?= 1
SIM = sim future judge packet server tally trace wire world

$(BUILD)/tests/sim/sim: $(SIM:%=$(BUILD)/tests/sim/%.o) $(CORE)
	$(call short,LINK,$@) $(CC) $(CFLAGS) $(OUR_LDFLAGS) $(LDFLAGS) -o $@ $^

sim: $(BUILD)/tests/sim/sim
	$< -n $(SEEDS) -s $(SEED) -j $(shell nproc) $(if $(TRACE),-t)

# CLIENTS of the core before one server, a power cut and an outage: a table
# and a picture, fleet.csv and fleet.svg, in $(BUILD).
CLIENTS ?= 100000

$(BUILD)/tests/sim/fleet: $(BUILD)/tests/sim/fleet.o \
  $(BUILD)/tests/sim/packet.o $(CORE)
	$(call short,LINK,$@) $(CC) $(CFLAGS) $(OUR_LDFLAGS) $(LDFLAGS) -o $@ $^

fleet:
	tests/needs build fleet
	$(MAKE) $(BUILD)/tests/sim/fleet
	$(BUILD)/tests/sim/fleet -n $(CLIENTS) >$(BUILD)/fleet.csv
	cd $(BUILD) && gnuplot $(abspath tests/sim/fleet.gnuplot)

# This client beside its peers; BENCH names sections or options of tests/bench/run.
BENCH_TOOLS = $(BUILD)/tests/bench/clock $(BUILD)/tests/bench/floor \
  $(BUILD)/tests/bench/flood $(BUILD)/tests/bench/pure \
  $(BUILD)/tests/bench/drain $(BUILD)/tests/bench/followed

# The program's own objects, but a worker that valgrind can follow.
$(BUILD)/tests/bench/followed: $(BUILD)/tests/bench/followed.o $(OBJECTS) $(CORE)
	$(call short,LINK,$@) $(CC) $(CFLAGS) $(OUR_LDFLAGS) -Wl,--wrap=execve,--wrap=clone \
	  $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/tests/bench/%: $(BUILD)/tests/bench/%.o $(CORE)
	$(call short,LINK,$@) $(CC) $(CFLAGS) $(OUR_LDFLAGS) $(LDFLAGS) -o $@ $^

bench:
	tests/needs build bench
	$(MAKE) all $(BENCH_TOOLS) $(BUILD)/tests/sim/sim
	BUILD=$(abspath $(BUILD)) tests/bench/run $(BENCH)
	@$(GIVE_BACK)

# As root: installs what the tests need and runs them all.
check:
	tests/needs build tests
	$(MAKE) all $(UNITS:%=$(BUILD)/tests/unit/%) $(BENCH_TOOLS) $(NET_TOOLS)
	@+$(RUN) unit pure sim net boot package text
	@$(GIVE_BACK)

# As root: a lease is taken in a namespace of its own, from a real server.
demo:
	tests/needs build demo
	$(MAKE) all
	DHCPCANON=$(abspath $(PROGRAM)) tests/demo
	@$(GIVE_BACK)

# What sudo built is the user's.
GIVE_BACK = test -z "$$SUDO_UID" || chown -R "$$SUDO_UID:$$SUDO_GID" $(OUT)

# The program, and its unit tests run, under AddressSanitizer and UBSan.
asan:
	$(MAKE) VARIANT=asan BUILD=$(OUT)/asan all unit

# Each target for FUZZ_SECONDS; tests/README.md has the same under AFL++.
FUZZ_SECONDS ?= 5
FUZZ_CC = clang
FUZZ_BUILD = $(OUT)/fuzz
FUZZERS = $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
fuzzers:
	$(MAKE) VARIANT=fuzz CC=$(FUZZ_CC) BUILD=$(FUZZ_BUILD) \
	  $(FUZZERS:%=$(FUZZ_BUILD)/tests/fuzz/%)

# The other architecture that seccomp.c has a policy for: compiled, not run.
# libcap-ng's header is the same on both.
CROSS = $(OUT)/aarch64
cross: BUILD = $(CROSS)
cross:
	tests/needs build cross
	@+$(RUN) cross

crossed: $(OBJECTS) $(CORE)

fuzz: BUILD = $(FUZZ_BUILD)
fuzz:
	tests/needs build fuzz
	$(MAKE) fuzzers
	@+FUZZ_SECONDS=$(FUZZ_SECONDS) $(RUN) fuzz

# What the inputs that `make fuzz` has kept reach of each source.
fuzz-coverage:
	tests/needs build fuzz
	$(MAKE) fuzzers FUZZ_BUILD=$(OUT)/fuzz-coverage \
	  FUZZ_CFLAGS='-fprofile-instr-generate -fcoverage-mapping'
	BUILD=$(abspath $(OUT)/fuzz-coverage) INPUTS=$(abspath $(FUZZ_BUILD)) \
	  tests/fuzz/coverage

# Frama-C/Eva: no input makes a decoder read or write outside of its buffers.
prove:
	tests/needs build prove
	BUILD=$(abspath $(BUILD)) tests/prove/run

# As root: how much of the program the tests reach, and whether that is
# enough (tests/README.md).
coverage:
	tests/needs build tests coverage
	$(MAKE) VARIANT=coverage BUILD=$(OUT)/coverage counted
	@$(GIVE_BACK)

counted: all $(UNITS:%=$(BUILD)/tests/unit/%)
	@+$(RUN) coverage

lint:
	tests/needs build lint
	@+$(RUN) lint text

# The pure ring may ask for nothing but these.
pure: $(CORE)
	@nm -u $(CORE) | awk '/ U /{print $$2}' | sort -u >$(BUILD)/undefined
	@nm --defined-only $(CORE) | awk 'NF==3{print $$3}' | sort -u >$(BUILD)/defined
	@if comm -23 $(BUILD)/undefined $(BUILD)/defined | grep -vxE \
	  'mem(cpy|cmp|set|move)|strlen|snprintf|inet_ntop|__assert_fail|__.*_chk|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_|__(asan|ubsan|gcov).*'; \
	then echo 'the pure ring asks for the above' >&2; exit 1; fi
	@echo 'pure ring: asks for nothing but the permitted functions'

# What is installed, and where: FROM:TO.  Units and profiles name the program
# by the path that it has in a package; install puts the real one in.
FILES = $(PROGRAM):$(SBINDIR)/dhcpcanon \
	sbin/dhcpcanon-script:$(SBINDIR)/dhcpcanon-script \
	man/dhcpcanon.8:$(MANDIR)/man8/dhcpcanon.8 \
	man/dhcpcanon-script.8:$(MANDIR)/man8/dhcpcanon-script.8 \
	man/dhcpcanon.conf.5:$(MANDIR)/man5/dhcpcanon.conf.5 \
	man/dhcpcanon-anonymity.7:$(MANDIR)/man7/dhcpcanon-anonymity.7
SYSTEMD_FILES = \
	systemd/dhcpcanon.service:$(UNITDIR)/dhcpcanon.service \
	systemd/dhcpcanon@.service:$(UNITDIR)/dhcpcanon@.service \
	systemd/dhcpcanon.sysusers:$(SYSUSERSDIR)/dhcpcanon.conf \
	tmpfiles.d/dhcpcanon.conf:$(TMPFILESDIR)/dhcpcanon.conf \
	systemd/dhcpcanon.rules:$(POLKITDIR)/dhcpcanon.rules
UDEV_FILES = systemd/network/90-dhcpcanon.link:$(LINKDIR)/90-dhcpcanon.link
APPARMOR_FILES = apparmor/usr.sbin.dhcpcanon:$(PROFILE)

SYSCONFDIR ?= /etc
UNITDIR = $(PREFIX)/lib/systemd/system
LINKDIR = $(PREFIX)/lib/systemd/network
SYSUSERSDIR = $(PREFIX)/lib/sysusers.d
TMPFILESDIR = $(PREFIX)/lib/tmpfiles.d
# polkit knows nothing of /usr/local.
POLKITDIR = $(if $(filter /usr,$(PREFIX)),/usr/share,$(SYSCONFDIR))/polkit-1/rules.d
# A profile has the name of the path that it confines.
PROFILE_NAME = $(subst /,.,$(SBINDIR:/%=%)).dhcpcanon
PROFILE = $(SYSCONFDIR)/apparmor.d/$(PROFILE_NAME)

# WITH_SYSTEMD=true: the units, their user, /run/dhcpcanon, and the rule by
# which systemd-resolved listens to that user.  WITH_SYSTEMD_UDEV=true: random
# link-layer addresses.  WITH_APPARMOR=true: the profile.  Without DESTDIR the
# service is enabled, the profile loaded, and nothing started.
WITH_SYSTEMD ?= false
WITH_SYSTEMD_UDEV ?= false
WITH_APPARMOR ?= false
with = $(filter true,$(if $(filter true false,$(WITH_$1)),$(WITH_$1),$(error \
	WITH_$1 is true or false, not "$(WITH_$1)")))
CHOSEN = $(FILES) $(if $(call with,SYSTEMD),$(SYSTEMD_FILES)) \
	$(if $(call with,SYSTEMD_UDEV),$(UDEV_FILES)) \
	$(if $(call with,APPARMOR),$(APPARMOR_FILES))

# The folders that were not there before; uninstall removes no other.
MADE = $(OUT)/folders-made
REAL_PATHS = s|/usr/\({,local/}\)\?sbin/dhcpcanon|$(SBINDIR)/dhcpcanon|g; \
	s|usr\.sbin\.dhcpcanon|$(PROFILE_NAME)|g
IS_BOOTED = [ -d /run/systemd/system ]
HAS_APPARMOR = aa-enabled --quiet 2>/dev/null

install: all
	@set -e; umask 022; for file in $(CHOSEN); do \
	  from=$${file%%:*} to='$(DESTDIR)'"$${file#*:}"; \
	  folder=$$(dirname "$$to"); \
	  while [ ! -d "$$folder" ]; do \
	    echo "$$folder"; folder=$$(dirname "$$folder"); done >>$(MADE); \
	  mode=644; [ ! -x "$$from" ] || mode=755; \
	  echo "INSTALL $$to"; \
	  $(INSTALL) -D -m $$mode "$$from" "$$to"; \
	  case $$from in systemd/* | apparmor/*) sed -i '$(REAL_PATHS)' "$$to" ;; esac; \
	done
ifeq ($(DESTDIR),)
	$(if $(call with,SYSTEMD),$(ENABLE))
	$(if $(call with,APPARMOR),! $(HAS_APPARMOR) || apparmor_parser -r $(PROFILE))
endif

ENABLE = systemd-sysusers $(SYSUSERSDIR)/dhcpcanon.conf && \
	systemd-tmpfiles --create $(TMPFILESDIR)/dhcpcanon.conf && \
	systemctl enable dhcpcanon.service

# Whatever it was installed with.  The user stays: files may be its own.
INSTALLED = $(foreach file,$(FILES) $(SYSTEMD_FILES) $(UDEV_FILES) \
	$(APPARMOR_FILES),$(lastword $(subst :, ,$(file))))

uninstall:
ifeq ($(DESTDIR),)
	@! [ -e $(UNITDIR)/dhcpcanon.service ] || { \
	  ! $(IS_BOOTED) || systemctl stop dhcpcanon.service 'dhcpcanon@*'; \
	  systemctl disable dhcpcanon.service dhcpcanon@.service; \
	  rm -rf /run/dhcpcanon /run/dhcpcanon.services; }
	@! [ -e $(PROFILE) ] || ! $(HAS_APPARMOR) || apparmor_parser -R $(PROFILE)
endif
	rm -f $(INSTALLED:%='$(DESTDIR)'%)
	@! [ -e $(MADE) ] || LC_ALL=C sort -ru $(MADE) | \
	  while read -r folder; do rmdir "$$folder" 2>/dev/null || :; done
	@rm -f $(MADE)
ifeq ($(DESTDIR),)
	@! $(IS_BOOTED) || systemctl daemon-reload
endif

# build/dhcpcanon_VERSION_ARCHITECTURE.deb
deb:
	tests/needs build deb
	@+OUT='$(OUT)' MAKE='$(MAKE)' VERSION='$(VERSION)' .deb/build
	@$(GIVE_BACK)

clean:
	rm -rf $(OUT)

.PHONY: all bench unit sim fleet pure check demo asan fuzz fuzzers fuzz-coverage prove coverage counted cross crossed lint install uninstall deb clean FORCE
.SECONDARY:
