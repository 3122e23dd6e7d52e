# SPDX-License-Identifier: Apache-2.0
# What the benchmark itself needs, made in FOLDER: the harness with the machine's own C library, the
# application and a limit without any, another limit and a peer with MUSL_GCC, if that is given.
# Called by tests/bench/run.
CC = cc
HARNESS = bench candidate idle netcfg registry report sample signal spawn start trace world
BARE = app ref0
FLAGS = -std=c17 -D_GNU_SOURCE -O2 -Wall -Wextra -Wno-missing-field-initializers -I.
BARE_FLAGS = -ffreestanding -fno-stack-protector -fno-asynchronous-unwind-tables -fno-pie -no-pie \
	-static -nostdlib -s -Wl,--build-id=none,-z,noseparate-code

all: $(FOLDER)/bench $(BARE:%=$(FOLDER)/%)
ifneq ($(MUSL_GCC),)
all: $(FOLDER)/ref $(if $(LIBMNL),$(FOLDER)/bare) $(if $(wildcard $(CATATONIT)/catatonit.c),$(FOLDER)/catatonit-musl)
endif

$(FOLDER)/bench: $(HARNESS:%=tests/bench/%.c) tests/bench/bench.h tests/bench/app.h
	@mkdir -p $(FOLDER)
	$(CC) $(FLAGS) $(HARNESS:%=tests/bench/%.c) -o $@ -pthread -lm

$(BARE:%=$(FOLDER)/%): $(FOLDER)/%: tests/bench/%.c tests/bench/raw.h tests/bench/app.h
	@mkdir -p $(FOLDER)
	$(CC) $(FLAGS) $(BARE_FLAGS) $< -o $@

$(FOLDER)/ref: tests/bench/ref.c
	@mkdir -p $(FOLDER)
	$(MUSL_GCC) $(FLAGS) -static -s $< -o $@

$(FOLDER)/bare: tests/bench/bare.c
	@mkdir -p $(FOLDER)
	$(MUSL_GCC) $(FLAGS) -DHAVE_VISIBILITY_HIDDEN -I$(LIBMNL)/include -static -s $< \
		$(LIBMNL)/src/socket.c $(LIBMNL)/src/nlmsg.c $(LIBMNL)/src/attr.c -o $@

$(FOLDER)/catatonit-musl: $(CATATONIT)/catatonit.c
	@mkdir -p $(FOLDER)
	sed 's/@PACKAGE_NAME@/catatonit/' $(CATATONIT)/config.h.in >$(FOLDER)/config.h
	$(MUSL_GCC) -O2 -w -I$(FOLDER) -static -s $< -o $@

.PHONY: all
