/* SPDX-License-Identifier: Apache-2.0 */
/* On real files, in a folder of its own and a mount namespace of its own. */
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "init/install.h"

#include <cmocka.h>

static char folder[] = "/tmp/pintle-install-XXXXXX";
static char path[64], staged[PATH_MAX];
static struct install wish;
static struct error e;

static int make_folder(void **state) {
	(void)state;
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -1;
	if (!mkdtemp(folder) || mount("none", folder, "tmpfs", 0, NULL) < 0)
		return -1;
	return 0;
}

static int remove_folder(void **state) {
	(void)state;
	return umount2(folder, MNT_DETACH) < 0 ? -1 : rmdir(folder);
}

static int set_up(void **state) {
	(void)state;
	snprintf(path, sizeof(path), "%s/app.conf", folder);
	(void)umount2(path, MNT_DETACH);
	(void)unlink(path);
	e.len = 0;
	wish = (struct install){ .path = path, .mode = CONFIG_NONE };
	wish.content = memfd_create("content", MFD_CLOEXEC);
	return wish.content < 0 ? -1 : 0;
}

static int tear_down(void **state) {
	(void)state;
	return close(wish.content);
}

static void render(const char *text) {
	assert_int_equal(ftruncate(wish.content, 0), 0);
	assert_int_equal(pwrite(wish.content, text, strlen(text), 0), strlen(text));
}

static void put(const char *text, mode_t mode, uid_t owner) {
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchown(fd, owner, owner), 0);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void expect(const char *text, mode_t mode, uid_t owner) {
	char got[256];
	struct stat s;
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, got, sizeof(got) - 1);

	assert_true(n >= 0);
	got[n] = '\0';
	assert_string_equal(got, text);
	assert_int_equal(fstat(fd, &s), 0);
	assert_int_equal(s.st_mode & 07777, mode);
	assert_int_equal(s.st_uid, owner);
	assert_int_equal(s.st_gid, owner);
	close(fd);
}

static ino_t inode(void) {
	struct stat s;

	assert_int_equal(lstat(path, &s), 0);
	return s.st_ino;
}

static void install(enum install_place place) {
	assert_int_equal(install_stage(&wish, &e), place);
	install_staged(&wish, place, staged);
	assert_int_equal(access(staged, F_OK), 0);
	assert_int_equal(install_commit(&wish, place, &e), 0);
	assert_int_equal(access(staged, F_OK), -1);
}

static void a_new_file_is_ours_for_all_to_read(void **state) {
	(void)state;
	render("one\n");
	install(INSTALL_BESIDE);
	expect("one\n", 0644, 0);
}

static void an_empty_file_is_one(void **state) {
	(void)state;
	render("");
	install(INSTALL_BESIDE);
	expect("", 0644, 0);
	assert_int_equal(install_stage(&wish, &e), INSTALL_SAME);
}

static void owner_and_mode_are_those_asked_for(void **state) {
	(void)state;
	wish.owner = "12:12";
	wish.mode = 0640;
	render("one\n");
	install(INSTALL_BESIDE);
	expect("one\n", 0640, 12);
}

static void else_those_of_the_old_file(void **state) {
	(void)state;
	put("old and longer\n", 0604, 34);
	render("new\n");
	install(INSTALL_BESIDE);
	expect("new\n", 0604, 34);
}

static void what_is_the_same_is_left_alone(void **state) {
	ino_t before;

	(void)state;
	put("same\n", 0600, 34);
	before = inode();
	render("same\n");
	assert_int_equal(install_stage(&wish, &e), INSTALL_SAME);
	expect("same\n", 0600, 34);
	wish.mode = 0644;
	wish.owner = "12:12";
	assert_int_equal(install_stage(&wish, &e), INSTALL_SAME);
	expect("same\n", 0644, 12);
	assert_int_equal(inode(), before);
}

static void a_beginning_is_not_the_same(void **state) {
	(void)state;
	put("same\nand more\n", 0644, 0);
	render("same\n");
	install(INSTALL_BESIDE);
	put("sa", 0644, 0);
	install(INSTALL_BESIDE);
	expect("same\n", 0644, 0);
}

static void what_is_discarded_leaves_the_old_one(void **state) {
	(void)state;
	put("old\n", 0644, 0);
	render("new\n");
	assert_int_equal(install_stage(&wish, &e), INSTALL_BESIDE);
	install_staged(&wish, INSTALL_BESIDE, staged);
	install_discard(&wish, INSTALL_BESIDE);
	assert_int_equal(access(staged, F_OK), -1);
	expect("old\n", 0644, 0);
}

static void what_an_earlier_one_left_does_not_matter(void **state) {
	(void)state;
	install_staged(&wish, INSTALL_BESIDE, staged);
	assert_int_equal(symlink("/nowhere", staged), 0);
	render("new\n");
	install(INSTALL_BESIDE);
	expect("new\n", 0644, 0);
}

static void a_link_is_not_followed(void **state) {
	char other[80];
	struct stat s;

	(void)state;
	snprintf(other, sizeof(other), "%s/other", folder);
	assert_int_equal(symlink(other, path), 0);
	render("new\n");
	install(INSTALL_BESIDE);
	assert_int_equal(lstat(path, &s), 0);
	assert_true(S_ISREG(s.st_mode));
	assert_int_equal(access(other, F_OK), -1);
}

/* As docker mounts /etc/hosts. */
static void mount_file(void) {
	char other[80];

	snprintf(other, sizeof(other), "%s/mounted", folder);
	put("127.0.0.1 localhost and more\n", 0604, 34);
	assert_int_equal(rename(path, other), 0);
	put("below\n", 0644, 0);
	assert_int_equal(mount(other, path, NULL, MS_BIND, NULL), 0);
}

static void a_mount_point_is_written_in_place(void **state) {
	ino_t before;

	(void)state;
	mount_file();
	before = inode();
	render("127.0.0.1 localhost\n");
	install(INSTALL_SHM);
	expect("127.0.0.1 localhost\n", 0604, 34);
	assert_int_equal(inode(), before);
	assert_int_equal(install_stage(&wish, &e), INSTALL_SAME);
}

/* Older kernels do not tell that it is one, but rename does. */
static void also_where_only_rename_tells(void **state) {
	(void)state;
	mount_file();
	render("new\n");
	assert_int_equal(install_stage(&wish, &e), INSTALL_SHM);
	install_discard(&wish, INSTALL_SHM);
	install_staged(&wish, INSTALL_BESIDE, staged);
	close(open(staged, O_WRONLY | O_CREAT, 0600));
	assert_int_equal(install_commit(&wish, INSTALL_BESIDE, &e), 0);
	expect("new\n", 0604, 34);
	assert_int_equal(access(staged, F_OK), -1);
}

static void failures_name_the_path(void **state) {
	char missing[96];

	(void)state;
	snprintf(missing, sizeof(missing), "%s/missing/app.conf", folder);
	wish.path = missing;
	assert_int_equal(install_stage(&wish, &e), -1);
	assert_non_null(strstr(e.text, "missing/.app.conf.pintle: No such file or directory"));
	e.len = 0;
	wish.path = folder;
	render("new\n");
	assert_int_equal(install_commit(&wish, INSTALL_BESIDE, &e), -1);
	assert_non_null(strstr(e.text, folder));
	e.len = 0;
	wish.path = path;
	wish.owner = "nobody-of-that-name";
	assert_int_equal(install_stage(&wish, &e), -1);
	assert_non_null(strstr(e.text, "nobody-of-that-name"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(a_new_file_is_ours_for_all_to_read),
		TEST(an_empty_file_is_one),
		TEST(owner_and_mode_are_those_asked_for),
		TEST(else_those_of_the_old_file),
		TEST(what_is_the_same_is_left_alone),
		TEST(a_beginning_is_not_the_same),
		TEST(what_is_discarded_leaves_the_old_one),
		TEST(what_an_earlier_one_left_does_not_matter),
		TEST(a_link_is_not_followed),
		TEST(a_mount_point_is_written_in_place),
		TEST(also_where_only_rename_tells),
		TEST(failures_name_the_path),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
