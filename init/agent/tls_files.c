/* SPDX-License-Identifier: Apache-2.0 */
#include "init/agent/tls_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Not held up by what is no file, and not taken in by a terminal. */
enum { READING = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY };

/* Of Debian, Ubuntu and Alpine; Fedora and RHEL; openSUSE; and what OpenSSL has by default. */
static const char places[][36] = {
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/ssl/ca-bundle.pem",
	"/etc/ssl/cert.pem",
};

static const char *images_own(void) {
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (access(places[i], F_OK) == 0)
			return places[i];
	return NULL;
}

const char *tls_files_path(const struct tls_names *names, enum tls_file file) {
	if (file == TLS_CERTIFICATE)
		return names->certificate;
	if (file == TLS_KEY)
		return names->key;
	if (names->anyone)
		return NULL;
	return names->authorities ? names->authorities : images_own();
}

static int open_file(const char *path, bool may_be_directory, struct error *e) {
	int fd = open(path, READING);
	struct stat s;

	if (fd < 0)
		return fail(e, "%s: %m", path);
	if (fstat(fd, &s) == 0 && (S_ISREG(s.st_mode) || (may_be_directory && S_ISDIR(s.st_mode))))
		return fd;
	close(fd);
	return fail(e, "%s: it is no file", path);
}

static int open_one(int *fd, const struct tls_names *names, enum tls_file file, struct error *e) {
	const char *path = tls_files_path(names, file);

	if (path)
		return *fd = open_file(path, file == TLS_AUTHORITIES, e);
	if (file != TLS_AUTHORITIES || names->anyone)
		return 0;
	return fail(e, "there are no certificates of authorities in this image: [discovery] ca "
		       "says who is to be trusted");
}

int tls_files_open(int files[TLS_FILES], const struct tls_names *names, struct error *e) {
	for (int i = 0; i < TLS_FILES; i++)
		files[i] = -1;
	if (!names->certificate != !names->key)
		return fail(e, "a certificate and its key go together: there is only a %s",
			    names->key ? "key" : "certificate");
	for (int i = 0; i < TLS_FILES; i++)
		if (open_one(&files[i], names, (enum tls_file)i, e) < 0) {
			tls_files_close(files);
			return -1;
		}
	return 0;
}

void tls_files_close(int files[TLS_FILES]) {
	for (int i = 0; i < TLS_FILES; i++) {
		if (files[i] >= 0)
			close(files[i]);
		files[i] = -1;
	}
}

static int copy(int to, int from, size_t *total) {
	char bytes[4096];
	ssize_t n;

	while ((n = read(from, bytes, sizeof(bytes))) > 0) {
		*total += (size_t)n;
		if (*total > TLS_FOLDER)
			return errno = EFBIG, -1;
		if (write(to, bytes, (size_t)n) != n)
			return -1;
	}
	return n < 0 || write(to, "\n", 1) < 0 ? -1 : 0;
}

/* What is not a file, or not to be opened, is passed over. */
static int append(int to, int folder, const char *name, size_t *total) {
	int from = openat(folder, name, READING), failed = 0;
	struct stat s;

	if (from < 0)
		return 0;
	if (fstat(from, &s) == 0 && S_ISREG(s.st_mode))
		failed = copy(to, from, total);
	close(from);
	return failed;
}

static int append_all(int to, DIR *folder) {
	size_t total = 0;
	struct dirent *entry;

	while ((entry = readdir(folder)))
		if (append(to, dirfd(folder), entry->d_name, &total) < 0)
			return -1;
	return 0;
}

int tls_files_gather(int *fd) {
	struct stat s;
	DIR *folder;
	int to, failed;

	if (*fd < 0 || fstat(*fd, &s) < 0 || !S_ISDIR(s.st_mode))
		return 0;
	to = memfd_create("authorities", MFD_CLOEXEC);
	folder = to < 0 ? NULL : fdopendir(*fd);
	if (!folder) {
		close(to);
		return -1;
	}
	failed = append_all(to, folder);
	closedir(folder);
	*fd = to;
	return failed;
}

/* A file that grows meanwhile is too big, or read to where it ended. */
char *tls_files_read(int fd, size_t *length) {
	char *text = malloc(TLS_FILE + 1);
	ssize_t n = text && lseek(fd, 0, SEEK_SET) == 0 ? 1 : -1;

	*length = 0;
	while (n > 0 && *length < TLS_FILE + 1) {
		n = read(fd, text + *length, TLS_FILE + 1 - *length);
		*length += n > 0 ? (size_t)n : 0;
	}
	if (n == 0) {
		text[*length] = '\0';
		return text;
	}
	if (n > 0)
		errno = EFBIG;
	free(text);
	return NULL;
}
