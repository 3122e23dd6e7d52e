# SPDX-License-Identifier: Apache-2.0
# pintle: `make help` lists what can be made. Everything that is made goes below build/.

PINTLE_VERSION := 0.1.0

B      ?= build
DEPS   ?= build/deps
DL     ?= build/dl
PREFIX ?= /usr/local
CFLAGS ?= $(smallest) -g
WERROR ?= -Werror
FUZZ_SECONDS ?= 20
# no: without TLS, which is more than a third of the binary; https is refused then.
TLS    ?= yes
ifeq ($(origin CC),default)
CC := gcc
endif
smallest := $(shell $(CC) -Oz -E -x c /dev/null >/dev/null 2>&1 && echo -Oz || echo -Os)

export DEPS_MIRROR
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DELETE_ON_ERROR:
.SECONDARY:
.DEFAULT_GOAL := all
.PHONY: all tools setup test unit system demo bench lint format reference coverage fuzz fuzzers \
	install uninstall clean distclean dist relink help

V ?= 0
Q := $(if $(filter 0,$(V)),@)
say = $(if $(filter 0,$(V)),@printf '  %-7s %s\n' '$(1)' '$(2)')

sources := $(sort $(wildcard config/*.c netcfg/*.c init/*.c init/agent/*.c init/profile/*.c))
sources := $(filter-out %.gen.c,$(sources))
tls     := $(filter init/agent/tls%,$(sources))
no_tls  := init/agent/tls_none.c
sources := $(filter-out $(if $(filter no,$(TLS)),$(filter-out $(no_tls),$(tls)),$(no_tls)),$(sources))

all: $(B)/pintle

# --- What others wrote -------------------------------------------------------------------------------
# Pinned in ci/deps, fetched once, compiled straight from its .c files with our own flags.

pins := $(shell awk '/^[a-z]/ { print $$1 "-" $$2 }' ci/deps)
pin = $(DEPS)/src/$(filter $(1)-%,$(pins))

musl       := $(call pin,musl)
libmnl     := $(call pin,libmnl)
inih       := $(call pin,inih)
libseccomp := $(call pin,libseccomp)
catatonit  := $(call pin,catatonit)
cjson      := $(call pin,cjson)
mbedtls    := $(call pin,mbedtls)
libraries  := libmnl inih libseccomp cjson $(if $(filter no,$(TLS)),,mbedtls)

libmnl_sources := $(addprefix src/,socket.c callback.c nlmsg.c attr.c)
inih_sources   := ini.c
cjson_sources  := cJSON.c
# Of libseccomp the table of system calls, and the words of profiles.
native := $(shell $(CC) -dumpmachine | sed -e 's/-.*//' -e 's/^i.86$$/x86/' -e 's/^arm.*/arm/' -e 's/^powerpc64.*/ppc64/')

# What init/agent/tls_library.h asks for is in these.
mbedtls_sources := $(addprefix library/,aes.c aesni.c asn1parse.c asn1write.c base64.c bignum.c bignum_core.c \
	block_cipher.c chacha20.c chachapoly.c cipher.c cipher_wrap.c constant_time.c ecdh.c ecdsa.c ecp.c \
	ecp_curves.c gcm.c md.c oid.c pem.c pk.c pk_ecc.c pk_wrap.c pkparse.c platform_util.c poly1305.c \
	psa_crypto.c psa_crypto_aead.c psa_crypto_cipher.c psa_crypto_client.c \
	psa_crypto_driver_wrappers_no_static.c psa_crypto_ecp.c psa_crypto_hash.c psa_crypto_mac.c \
	psa_crypto_rsa.c psa_crypto_slot_management.c psa_util.c rsa.c rsa_alt_helpers.c sha256.c sha512.c \
	ssl_ciphersuites.c ssl_client.c ssl_msg.c ssl_tls.c ssl_tls12_client.c ssl_tls13_client.c \
	ssl_tls13_generic.c ssl_tls13_keys.c x509.c x509_crt.c)

libmnl_flags := -I$(libmnl)/include
# A line of 4095 bytes, its newline and the NUL.
inih_flags   := -I$(inih) -DINI_USE_STACK=0 -DINI_CUSTOM_ALLOCATOR=1 -DINI_ALLOW_REALLOC=0 \
	-DINI_INITIAL_ALLOC=4097 -DINI_MAX_LINE=4097 -DINI_ALLOW_MULTILINE=0 \
	-DINI_ALLOW_BOM=0 -DINI_ALLOW_INLINE_COMMENTS=0 -DINI_CALL_HANDLER_ON_NEW_SECTION=1 \
	-DINI_HANDLER_LINENO=1 -DINI_STOP_ON_FIRST_ERROR=0 -DINI_ALLOW_NO_VALUE=0
libseccomp_flags := -I$(libseccomp)/include
cjson_flags      := -I$(cjson)
mbedtls_flags    := -isystem $(mbedtls)/include
mbedtls_needs    := init/agent/tls_library.h
# What only the library's own sources are to see: cJSON reads numbers with init/profile/decimal.c.
cjson_own      := -DCJSON_NESTING_LIMIT=64 -Dstrtod=decimal_read
library_flags := $(foreach library,$(libraries),$($(library)_flags))
unpacked := $(foreach library,$(libraries),$($(library))/.unpacked)

# Unpacked aside and renamed, so that a folder which exists is whole.
$(DEPS)/src/%/.unpacked: | tools
	$(call say,FETCH,$*)
	$(Q)rm -rf $(@D) $(@D).part && mkdir -p $(@D).part
	$(Q)tar -xf "$$(ci/fetch $(firstword $(subst -, ,$*)) $(DL))" -C $(@D).part --strip-components=1 --no-same-owner
	$(Q)$(or $(prepare_$(firstword $(subst -, ,$*))),:)
	$(Q)touch $(@D).part/.unpacked && mv $(@D).part $(@D)

# inih takes ':' for '=', which is not in our contract and can't be set from outside; for the one that
# is left it need not search a list at each byte of a key.
prepare_inih = sed -i -e 's/"=:"/"="/' -e 's/!strchr(chars, \*s)/*s != *chars/' $(@D).part/ini.c
# It wants the header that its ./configure writes, which may be empty; and the kernel's headers that it
# brings are older than any kernel's here and would hide them.
prepare_libmnl = rm -r $(@D).part/include/linux && : >$(@D).part/include/config.h

# 3.6.6 offers RSA-PSS and then refuses a server of TLS 1.2 that takes it, which those of OpenSSL and Go
# do (upstream's pull request 10674 mends it).
prepare_mbedtls = sed -i -e 's/if (!mbedtls_ssl_sig_alg_is_supported(ssl, sig_alg))/if (*pk_alg != MBEDTLS_PK_RSASSA_PSS \&\& !mbedtls_ssl_sig_alg_is_supported(ssl, sig_alg))/' $(@D).part/library/ssl_tls12_client.c && \
	echo '\#include "init/agent/tls_library.h"' >$(@D).part/include/mbedtls/mbedtls_config.h

# Our own libc, so that pintle is the same on every distribution, static-pie works and DNS falls back
# to TCP. Its gcc specs know nothing of static-pie: ci/musl.mk puts that in.
libc := $(musl:$(DEPS)/src/%=$(DEPS)/%)
musl_gcc := $(CC) -specs=$(libc)/lib/musl-gcc.specs -isystem $(DEPS)/kernel

musl_flags := -fPIE -g0 -fno-asynchronous-unwind-tables -fno-unwind-tables -fcf-protection=none -fno-stack-protector

# Under a lock, as builds into several folders may share DEPS.
$(libc)/.installed: $(musl)/.unpacked ci/musl.mk
	$(call say,BUILD,musl (once, half a minute))
	+$(Q)flock $< $(MAKE) -C $(musl) -f $(CURDIR)/ci/musl.mk B= DEPS= CC='$(CC)' FLAGS='$(musl_flags)' TO='$(abspath $(libc))' >$(musl)/build.log 2>&1 || \
		{ tail -n 20 $(musl)/build.log >&2; false; }

# The kernel's headers and nothing else of the machine's: a folder of links, as glibc's lie beside them.
$(DEPS)/kernel/.linked: | tools
	$(Q)mkdir -p $(@D)
	$(Q)ln -sfn /usr/include/linux $(@D)/linux
	$(Q)ln -sfn /usr/include/asm-generic $(@D)/asm-generic
	$(Q)ln -sfn "$$(ls -d /usr/include/$$($(CC) -print-multiarch)/asm /usr/include/asm 2>/dev/null | head -n 1)" $(@D)/asm
	$(Q)touch $@

# --- What is generated -------------------------------------------------------------------------------
# The names of the system calls, the settings, and the built-in filters: the bytes are made here, so that
# no pintle has to make them when it starts.

generators := config/schema.gen init/agent/filter.gen init/profile/builtin.gen
generated  := $(B)/gen/syscalls.c $(patsubst %.gen,$(B)/gen/%.c,$(notdir $(generators)))
# What a generator needs besides its own file.
for_schema := config/pack.gen.c
for_filter := init/profile/generator.gen.c init/profile/rules.c init/bpf.c config/syscall.c \
	config/suggest.c config/error.c $(B)/gen/syscalls.c

$(B)/gen/syscalls.c: ci/syscalls $(libseccomp)/.unpacked
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)ci/syscalls $(libseccomp)/src/syscalls.csv $(native) >$@

define generator
$(B)/gen/$(notdir $(1)): $(1).c $(2) $(wildcard config/*.h init/*.h init/profile/*.h) | $(unpacked)
	$$(call say,HOSTCC,$$<)
	$(Q)$(CC) -std=c17 -D_GNU_SOURCE -O1 -Wall -Wextra $(WERROR) -I. -I$(libseccomp)/include $$(filter %.c,$$^) -o $$@

$(B)/gen/$(notdir $(1:.gen=)).c: $(B)/gen/$(notdir $(1))
	$$(call say,GEN,$$@)
	$(Q)$$< >$$@
endef
$(foreach one,$(generators),$(eval $(call generator,$(one),$(if $(filter config/%,$(one)),$(for_schema),$(for_filter)))))

# --- Flavours of the objects -------------------------------------------------------------------------
# flavour NAME, COMPILER, FLAGS: $(B)/NAME/<path>.o of every source of ours and of the libraries.
# Paths are mapped, the last that fits, so that neither the folder nor B shows in what is built.

warnings := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wwrite-strings -Wformat=2 -Wundef -Wvla -Wdate-time $(WERROR)
language := -std=c17 -D_GNU_SOURCE -DPINTLE_VERSION='"$(PINTLE_VERSION)"' -I. $(library_flags) \
	-ffile-prefix-map='$(CURDIR)'=. $(foreach map,$(B)=build $(DEPS)=deps,-ffile-prefix-map=$(map) -ffile-prefix-map=$(abspath $(map)))

library_objects = $(foreach library,$(libraries),$($(library)_sources:%.c=$(1)/$(library)/%.o))
# The heap is the product's: sanitizers have one of their own.
our_sources = $(if $(filter %/obj,$(1))$(filter obj,$(1)),$(sources),$(filter-out init/agent/heap.c,$(sources)))
our_objects = $(patsubst %.c,$(1)/%.o,$(our_sources)) $(generated:$(B)/%.c=$(1)/%.o)
objects = $(call our_objects,$(1)) $(call library_objects,$(1))

define flavour
$(B)/$(1)/%.o: %.c $(unpacked) Makefile | tools $(4)
	$$(call say,CC,$$<)
	$(Q)mkdir -p $$(@D)
	$(Q)$(2) $(language) $(warnings) $(3) $$(more) -MMD -MP -c $$< -o $$@

$(B)/$(1)/gen/%.o: $(B)/gen/%.c $(unpacked) Makefile | tools $(4)
	$$(call say,CC,$$<)
	$(Q)mkdir -p $$(@D)
	$(Q)$(2) $(language) $(warnings) $(3) -MMD -MP -c $$< -o $$@

$(foreach library,$(libraries),
$(B)/$(1)/$(library)/%.o: $($(library))/.unpacked $($(library)_needs) Makefile | tools $(4)
	$$(call say,CC,$(library)/$$*.c)
	$(Q)mkdir -p $$(@D)
	$(Q)$(2) $(language) -std=gnu17 -w -DNDEBUG $($(library)_own) $(3) $$(more) -c $($(library))/$$*.c -o $$@
)
# Everything but main, for programs with a main of their own.
$(B)/$(1)/pintle.a: $(filter-out %/init/main.o,$(call objects,$(B)/$(1))) $(B)/.tls-$(TLS)
	$(Q)rm -f $$@ && $(AR) rcsD $$@ $$(filter %.o,$$^)
endef

# --- pintle itself -----------------------------------------------------------------------------------

# The last four, which carry values along rather than find them again, make code longer.
compile := $(CFLAGS) -fPIE -ffunction-sections -fdata-sections -fvisibility=hidden -fno-strict-aliasing \
	-fno-common -fno-jump-tables -fstack-protector -fstack-clash-protection \
	-fno-asynchronous-unwind-tables -fno-unwind-tables -fcf-protection=none -U_FORTIFY_SOURCE \
	-fno-move-loop-invariants -fno-tree-loop-im -fno-caller-saves -fno-tree-tail-merge
link := $(compile) -flto=2 -static-pie $(LDFLAGS) -Wl,-T,config/bulk.ld -Wl,--gc-sections,--build-id=none,--hash-style=gnu,-z,text,-z,norelro,-z,now,-z,noexecstack,-z,noseparate-code,-z,pack-relative-relocs

# What was built the other way is linked again, with what belongs to this one.
$(B)/.tls-$(TLS):
	$(Q)mkdir -p $(@D) && rm -f $(B)/.tls-* && touch $@

$(eval $(call flavour,obj,$(musl_gcc),$(compile),$(libc)/.installed $(DEPS)/kernel/.linked))

# What every start runs through comes first, with what it wants of libc: it fills few pages, and the
# others stay where they are until they are needed. Then comes what settings want besides.
first := config/environment config/error config/ini config/load config/memory config/option \
	init/agent_process init/announcement init/app init/child init/clearing init/command init/environment init/forward \
	init/handover init/job init/lifecycle init/log init/loop init/main init/options init/phase init/run \
	init/signals init/stop init/verdict
second := config/expansion config/number config/schema_find config/set config/signal config/stopping \
	config/value init/ready init/rights inih/ini
first := $(first:%=$(B)/obj/%.o)
second := $(second:%=$(B)/obj/%.o) $(B)/obj/gen/schema.o
# The rest has no order to keep, and is smaller when it is optimised as a whole.
$(filter-out $(first) $(second),$(call objects,$(B)/obj)): more := -flto=2 -ffat-lto-objects
# Who reads what strangers wrote is guarded more closely.
$(filter $(B)/obj/init/agent/% $(B)/obj/init/profile/% $(B)/obj/cjson/% $(B)/obj/mbedtls/% %/netcfg/decode.o %/netcfg/kernel.o,$(call objects,$(B)/obj)): more += -fstack-protector-strong
# What a network is configured with lies together, next to the settings.
third := $(filter-out $(first) $(second),$(filter $(B)/obj/config/% $(B)/obj/netcfg/% $(B)/obj/libmnl/% %/init/names.o,$(call objects,$(B)/obj)))
ordered := $(first) $(libc)/lib/libc.a $(second) $(third) $(filter-out $(first) $(second) $(third),$(call objects,$(B)/obj))

$(B)/pintle.debug: $(call objects,$(B)/obj) $(libc)/.installed config/bulk.ld $(B)/.tls-$(TLS)
	$(call say,LINK,$@)
	$(Q)$(musl_gcc) $(link) $(ordered) -o $@
	$(Q)! readelf --program-headers --wide $@ | grep INTERP >&2 || { echo '$@ wants an interpreter: it is not static' >&2; false; }

$(B)/pintle: $(B)/pintle.debug
	$(call say,STRIP,$@)
	$(Q)strip --strip-all -o $@ $<

# --- Tests -------------------------------------------------------------------------------------------
# Units run as glibc programs under the sanitizers, which musl doesn't have.

find = $(sort $(shell find $(1) -name '*.c' 2>/dev/null))
sanitize := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
unit_sources := $(filter-out $(if $(filter no,$(TLS)),tests/unit/init/agent/tls%),$(call find,tests/unit))
unit_tests   := $(filter %_test.c,$(unit_sources))
unit_helpers := $(filter-out %_test.c,$(unit_sources))

# Tests fill char *environ[] with literals.
$(eval $(call flavour,unit,$(CC),$(sanitize) -Wno-write-strings))
$(eval $(call flavour,coverage,$(CC),-O0 -g --coverage -fprofile-update=atomic -Wno-write-strings))

define unit_program
$(B)/$(1)/%_test: $(B)/$(1)/%_test.o $(unit_helpers:%.c=$(B)/$(1)/%.o) $(B)/$(1)/pintle.a
	$$(call say,LINK,$$@)
	$(Q)$(CC) $(2) $$^ -lcmocka -o $$@
endef
$(eval $(call unit_program,unit,$(sanitize)))
$(eval $(call unit_program,coverage,--coverage))
unit_programs := $(unit_tests:%.c=$(B)/unit/%)

# Tests make namespaces and filters: they are root's.
as_root = $(if $(filter-out 0,$(shell id -u)),sudo)
run_tests = $(as_root) env PINTLE='$(abspath $(B)/pintle)' BUILD='$(abspath $(B))' tests/run

unit: $(unit_programs)
	$(Q)$(run_tests) --reports $(B)/reports --unit $(unit_programs)

system: $(B)/pintle
	$(Q)$(run_tests) --reports $(B)/reports --system tests/system

test:
	$(Q)ci/setup test
	+$(Q)$(MAKE) $(unit_programs) $(B)/pintle
	$(Q)$(run_tests) --reports $(B)/reports --system tests/system --unit $(unit_programs)

# A pintle that counts: what main and the lifecycle do is only seen from outside. Some tests fail with
# it, those that look at descriptors or at a read-only file system: they pass elsewhere.
$(B)/coverage/pintle: $(B)/coverage/init/main.o $(B)/coverage/pintle.a
	$(call say,LINK,$@)
	$(Q)$(CC) --coverage -static -w $^ -o $@ 2>/dev/null

coverage: $(unit_tests:%.c=$(B)/coverage/%) $(B)/coverage/pintle
	$(Q)find $(B)/coverage -name '*.gcda' -delete
	$(Q)$(run_tests) --reports $(B)/reports --unit $(filter %_test,$^)
	-$(Q)$(as_root) env PINTLE='$(abspath $(B)/coverage/pintle)' BUILD='$(abspath $(B))' \
		/usr/bin/python3 -m pytest --quiet --tb=no -p no:cacheprovider tests/system | tail -n 1
	$(Q)ci/coverage $(B)/coverage

fuzz_sources := $(call find,tests/fuzz)
fuzzers      := $(fuzz_sources:%.c=$(B)/fuzz/%)
fuzz_flags   := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all

# Warnings are gcc's to give.
$(eval $(call flavour,fuzz,clang,$(fuzz_flags) -fsanitize=fuzzer-no-link -w))

$(fuzzers): $(B)/fuzz/%: $(B)/fuzz/%.o $(B)/fuzz/pintle.a
	$(call say,LINK,$@)
	$(Q)clang $(fuzz_flags) -fsanitize=fuzzer $^ -o $@

fuzzers: $(fuzzers)

fuzz: fuzzers
	$(Q)ci/fuzz $(FUZZ_SECONDS) $(B)/fuzz $(fuzzers)

# A peer that no package has is left out where its source can't be had.
bench: $(B)/pintle
	+$(Q)$(MAKE) $(catatonit)/.unpacked || true
	$(Q)$(as_root) env PINTLE='$(abspath $(B)/pintle)' BUILD='$(abspath $(B))' \
		MUSL_GCC='$(musl_gcc)' CATATONIT='$(catatonit)' LIBMNL='$(libmnl)' \
		tests/bench/run

demo:
	$(Q)ci/setup demo
	+$(Q)$(MAKE) $(B)/pintle
	$(Q)$(as_root) env PINTLE='$(abspath $(B)/pintle)' BUILD='$(abspath $(B))' images/demo

# --- Keeping it in order -----------------------------------------------------------------------------

lint: $(B)/pintle
	$(Q)FLAGS='$(library_flags)' ci/lint $(B)

format:
	$(Q)git ls-files --cached --others --exclude-standard '*.c' '*.h' | xargs clang-format -i

# The tables of settings in the manual and the README are printed by pintle itself.
reference: $(B)/pintle
	$(Q)ci/reference $(B)/pintle

setup:
	$(Q)ci/setup build test demo bench

# What a plain make can't do without: one line, and the package that has it.
tools:
	@missing=; while read -r package what; do \
		command -v $$what >/dev/null || [ -e $$what ] || missing="$$missing $$package"; \
	done <ci/tools; \
	[ -z "$$missing" ] || { echo "make: to build pintle, install:$$missing (make setup does it)" >&2; false; }

# --- Giving it away ----------------------------------------------------------------------------------

install: $(B)/pintle
	$(Q)install -D -m 755 $(B)/pintle '$(DESTDIR)$(PREFIX)/bin/pintle'
	$(Q)install -D -m 644 init/pintle.8 '$(DESTDIR)$(PREFIX)/share/man/man8/pintle.8'
	$(Q)install -D -m 644 config/pintle.ini.5 '$(DESTDIR)$(PREFIX)/share/man/man5/pintle.ini.5'

uninstall:
	$(Q)rm -f '$(DESTDIR)$(PREFIX)/bin/pintle' '$(DESTDIR)$(PREFIX)/share/man/man8/pintle.8' \
		'$(DESTDIR)$(PREFIX)/share/man/man5/pintle.ini.5'

reproducible_tar = tar --sort=name --owner=0 --group=0 --numeric-owner --mode=go=rX,u+rw \
	--mtime=@$${SOURCE_DATE_EPOCH:-$$(git log -1 --format=%ct 2>/dev/null || echo 0)}
release := pintle-$(PINTLE_VERSION)

dist:
	$(Q)mkdir -p $(B)
	$(Q)git ls-files -z | $(reproducible_tar) --null --files-from=- --transform='s,^,$(release)/,S' -cf - | gzip -9n >$(B)/$(release).tar.gz
	$(call say,DIST,$(B)/$(release).tar.gz)

# libmnl is LGPL-2.1 and linked statically: with these objects anyone can link pintle
# to others.
relink: $(B)/pintle
	$(Q)ci/relink '$(B)' '$(DEPS)' '$(B)/$(release)-relink' '$(CC)' '$(link)' $(ordered:$(B)/%=%)
	$(Q)$(reproducible_tar) -C $(B) -czf $(B)/$(release)-relink.tar.gz $(release)-relink
	$(call say,RELINK,$(B)/$(release)-relink.tar.gz)

# clean keeps what others wrote; distclean doesn't.
clean:
	$(Q)rm -rf $(addprefix $(B)/,obj gen unit coverage fuzz reports pintle pintle.debug) $(B)/$(release)*

distclean: clean
	$(Q)rm -rf $(DEPS) $(DL) $(B)

help:
	@printf '%s\n' \
	'make             build $(B)/pintle: static, hardened, reproducible' \
	'make setup       install what building and testing need (Debian, Ubuntu; root or sudo)' \
	'make test        set up what is missing, then unit and system tests' \
	'make unit        the unit tests, under the sanitizers' \
	'make system      the tests of the binary: namespaces, dockerd, Consul' \
	'make demo        the main job, on a real Consul and real containers' \
	'make bench       measure against tini and others' \
	'make fuzz        each fuzzer for FUZZ_SECONDS=$(FUZZ_SECONDS)' \
	'make coverage    what the tests reach; it must be more than 90 % of each folder' \
	'make lint        format, layering, allocation, analysis, generated tables' \
	'make format      clang-format on all sources' \
	'make reference   write the tables of settings into the manual and the README' \
	'make install     to DESTDIR and PREFIX=$(PREFIX); also uninstall' \
	'make dist        the sources as a tar.gz; make relink: objects, to link with another library' \
	'make clean       keeps the downloads and the libraries; make distclean removes all' \
	'' \
	'TLS=no builds without TLS: https is refused then.' \
	'V=1 shows the commands. B=FOLDER builds there. CC, CFLAGS, WERROR= as usual.' \
	'DEPS_MIRROR=FOLDER-or-URL has the tarballs of ci/deps.'

-include $(shell find $(B)/obj $(B)/gen $(B)/unit $(B)/coverage $(B)/fuzz -name '*.d' 2>/dev/null)
