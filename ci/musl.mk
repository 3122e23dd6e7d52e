# SPDX-License-Identifier: Apache-2.0
# Run in musl's folder: configures it with CC and FLAGS, builds it, and installs it in TO.

.PHONY: $(TO)/.installed
$(TO)/.installed:
	$(MAKE) -f Makefile distclean
	# No number of ours has a fraction; to print one takes 3 KB.
	sed -i 's/l = fmt_fp(f, .*/l = -1;/' src/stdio/vfprintf.c
	smallest=$$($(CC) -Oz -E -x c /dev/null >/dev/null 2>&1 && echo -Oz || echo -Os); \
	./configure CC='$(CC)' CFLAGS="$$smallest $(FLAGS)" --prefix='$(TO)' --syslibdir='$(TO)/lib' \
		--disable-shared --enable-wrapper=gcc --enable-optimize=size
	+$(MAKE) -f Makefile CC='$(CC)' install
	sed -i -e 's/-dynamic-linker [^ ]*/%{static-pie:-static -pie --no-dynamic-linker -z text;:&}/' \
		-e 's/%{!shared: \(.*\)Scrt1.o}/%{static-pie:\1rcrt1.o;static:\1crt1.o;!shared:\1Scrt1.o}/' $(TO)/lib/musl-gcc.specs
	touch $@
