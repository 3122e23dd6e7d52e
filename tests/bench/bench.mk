# SPDX-License-Identifier: Apache-2.0
# What the benchmark itself needs, made in FOLDER: the harness with the machine's own C library, the
# application and the floor without any. Called by tests/bench/run.
CC = cc
HARNESS = bench candidate idle registry report sample signal spawn start trace world
BARE = app ref0
FLAGS = -std=c17 -D_GNU_SOURCE -O2 -Wall -Wextra -I.
BARE_FLAGS = -ffreestanding -fno-stack-protector -fno-asynchronous-unwind-tables -fno-pie -no-pie \
	-static -nostdlib -s -Wl,--build-id=none,-z,noseparate-code

all: $(FOLDER)/bench $(BARE:%=$(FOLDER)/%)

$(FOLDER)/bench: $(HARNESS:%=tests/bench/%.c) tests/bench/bench.h tests/bench/app.h
	@mkdir -p $(FOLDER)
	$(CC) $(FLAGS) $(HARNESS:%=tests/bench/%.c) -o $@ -pthread -lm

$(BARE:%=$(FOLDER)/%): $(FOLDER)/%: tests/bench/%.c tests/bench/raw.h tests/bench/app.h
	@mkdir -p $(FOLDER)
	$(CC) $(FLAGS) $(BARE_FLAGS) $< -o $@

.PHONY: all
