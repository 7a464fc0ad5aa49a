# dhcpcanon: `make`, `sudo make demo`, `sudo make check`; see README.md.

PREFIX ?= /usr/local
SBINDIR = $(PREFIX)/sbin
MANDIR = $(PREFIX)/share/man
VERSION = 0.9.0

VARIANT ?= release
BUILD = build/$(VARIANT)
PROGRAM = $(BUILD)/dhcpcanon

CC = gcc
CFLAGS ?= -O2 -g
WARNINGS = -Wall -Wextra -Wswitch-enum -Wshadow -Wconversion -Wvla -Werror
HARDENING = -fstack-protector-strong -fPIE -D_FORTIFY_SOURCE=2
OUR_CPPFLAGS = -Iinclude -D_GNU_SOURCE -DVERSION='"$(VERSION)"' \
	-DSCRIPT='"$(SBINDIR)/dhcpcanon-script"'
OUR_CFLAGS = -std=gnu11 $(WARNINGS) $(HARDENING)
OUR_LDFLAGS = -pie -Wl,-z,relro,-z,now -Wl,--as-needed

# Variants live side by side in build/; TEST_BUILD keeps descriptor 2 and the
# files that sanitizers and gcov need in the worker.
ifeq ($(VARIANT),asan)
OUR_CPPFLAGS += -DTEST_BUILD
HARDENING = -fPIE
CFLAGS = -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer
endif
ifeq ($(VARIANT),coverage)
OUR_CPPFLAGS += -DTEST_BUILD
HARDENING = -fPIE
CFLAGS = -O0 -g --coverage
endif

# The three rings: an arrow only ever points inwards (README.md).
PURE = arp calendar client decode env frame lease leasefile link message \
	notice option profile reason report route status text variables
EDGE = background cli files launch log pidfile privilege sandbox script store \
	transport
ACTOR = interface main monitor stop worker

PURE_OBJECTS = $(PURE:%=$(BUILD)/src/%.o)
OBJECTS = $(EDGE:%=$(BUILD)/src/%.o) $(ACTOR:%=$(BUILD)/src/%.o)
CORE = $(BUILD)/libcore.a
EDGES = $(BUILD)/libedges.a
LIBS = -lcap-ng

UNITS = $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c))
PYTEST = /usr/bin/python3 -m pytest

all: $(PROGRAM)

$(PROGRAM): $(OBJECTS) $(CORE)
	$(CC) $(CFLAGS) $(OUR_LDFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(CORE): $(PURE_OBJECTS)
	@rm -f $@
	ar -rcs $@ $^

# For the unit tests alone, which take out of it what they name.
$(EDGES): $(EDGE:%=$(BUILD)/src/%.o) $(BUILD)/src/stop.o
	@rm -f $@
	ar -rcs $@ $^

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(OUR_CPPFLAGS) $(OUR_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(EDGES) $(CORE)
	$(CC) $(CFLAGS) $(OUR_LDFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka $(LIBS)

# cmocka's macros convert pointers to its own integers.
$(BUILD)/tests/%.o: WARNINGS = -Wall -Wextra -Wshadow -Wvla -Werror

-include $(wildcard $(BUILD)/src/*.d $(BUILD)/tests/unit/*.d)

# One unit test: `make unit-option`; all of them: `make unit`.
unit-%: $(BUILD)/tests/unit/test_%
	cd tests && $(abspath $<)

unit: $(UNITS:test_%=unit-%)

# The pure ring may ask for nothing but these.
pure: $(CORE)
	@nm -u $(CORE) | awk '/ U /{print $$2}' | sort -u >$(BUILD)/undefined
	@nm --defined-only $(CORE) | awk 'NF==3{print $$3}' | sort -u >$(BUILD)/defined
	@if comm -23 $(BUILD)/undefined $(BUILD)/defined | grep -vxE \
	  'mem(cpy|cmp|set|move)|strlen|snprintf|inet_ntop|__assert_fail|__.*_chk|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_|__(asan|ubsan|gcov).*'; \
	then echo 'the pure ring asks for the above' >&2; exit 1; fi
	@echo 'pure ring: asks for nothing but the permitted functions'

clean:
	rm -rf build

.PHONY: all unit pure clean
.SECONDARY:
