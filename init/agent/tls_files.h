/* SPDX-License-Identifier: Apache-2.0 */
/* The files that TLS needs: opened while the process may read what only root can, looked at when it
 * no longer may. */
#ifndef INIT_AGENT_TLS_FILES_H
#define INIT_AGENT_TLS_FILES_H

#include <stddef.h>

#include "init/agent/tls.h"

enum {
	TLS_FILE = 65535, /* bytes of a file with a certificate or a key */
	TLS_FOLDER = 4 << 20, /* bytes of all certificates in a directory */
};

enum tls_file { TLS_AUTHORITIES, TLS_CERTIFICATE, TLS_KEY, TLS_FILES };

/* Opens those that the names want, the others are -1: 0, or fails and leaves none open. The
 * authorities may be a directory. */
int tls_files_open(int files[TLS_FILES], const struct tls_names *, struct error *);
void tls_files_close(int files[TLS_FILES]);

/* Where a file is: as the names say, or for the authorities, where images have them. NULL: not
 * wanted, or none there. */
const char *tls_files_path(const struct tls_names *, enum tls_file);

/* Makes the files of a directory one, in memory, and closes it. -1, errno: it is still open. Of
 * another kind of descriptor it makes nothing. */
int tls_files_gather(int *fd);

/* The whole of a file with a NUL at its end, from the heap; NULL with errno. */
char *tls_files_read(int fd, size_t *length);

#endif
