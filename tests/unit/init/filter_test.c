/* SPDX-License-Identifier: Apache-2.0 */
#include "init/filter.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "config/syscall.h"
#include "tests/unit/config/loading.h"
#include "tests/unit/init/seccomp_machine.h"

#include <cmocka.h>

static struct error e;

static int try(const char *settings) {
	char text[1024];

	(void)snprintf(text, sizeof(text), "[seccomp]\n%s\n", settings);
	e = (struct error){ 0 };
	return filter_prepare(loading_must((struct loading){ .file = text }), &e);
}

static void prepare(const char *settings) {
	if (try(settings) != 0)
		fail_msg("%s: %s", settings, e.text);
}

static uint32_t run(int number, uint64_t a, uint64_t b) {
	const struct sock_fprog *p = filter_program();
	const struct seccomp_data data = { .nr = number,
					   .arch = syscall_architecture,
					   .args = { a, b } };

	assert_non_null(p);
	return seccomp_machine_run(p->filter, p->len, &data);
}

enum {
	DENY = SECCOMP_RET_ERRNO | EPERM,
	NO_SUCH = SECCOMP_RET_ERRNO | ENOSYS,
	ALLOW = SECCOMP_RET_ALLOW,
};

static void without_settings_there_is_none(void **state) {
	(void)state;
	prepare("");
	assert_null(filter_program());
	prepare("profile = none\naction = kill");
	assert_null(filter_program());
}

static void default_is_docker_s(void **state) {
	static const int denied[] = { SYS_mount,  SYS_unshare, SYS_bpf,        SYS_keyctl,
				      SYS_reboot, SYS_setns,   SYS_pivot_root, SYS_io_uring_setup };
	static const int allowed[] = { SYS_read, SYS_execve, SYS_ptrace, SYS_chroot, SYS_mknodat };

	(void)state;
	prepare("profile = default");
	for (size_t i = 0; i < sizeof(denied) / sizeof(*denied); i++)
		assert_int_equal(run(denied[i], 0, 0), DENY);
	for (size_t i = 0; i < sizeof(allowed) / sizeof(*allowed); i++)
		assert_int_equal(run(allowed[i], 0, 0), ALLOW);
	assert_int_equal(run(SYS_clone3, 0, 0), NO_SUCH);
	assert_int_equal(run(SYS_clone, SIGCHLD, 0), ALLOW);
	assert_int_equal(run(SYS_clone, SIGCHLD | CLONE_NEWUSER, 0), DENY);
	assert_int_equal(run(SYS_personality, 0xffffffff, 0), ALLOW);
	assert_int_equal(run(SYS_personality, 0x40000, 0), DENY);
	assert_int_equal(run(SYS_socket, AF_INET6, SOCK_RAW), ALLOW);
	assert_int_equal(run(SYS_socket, AF_PACKET, SOCK_RAW), ALLOW);
	assert_int_equal(run(SYS_socket, AF_VSOCK, 0), DENY);
	assert_int_equal(run(SYS_socket, AF_ALG, 0), DENY);
	assert_int_equal(run(SYS_socket, AF_VSOCK | UINT64_C(1) << 32, 0), DENY);
	assert_int_equal(run(5000, 0, 0), NO_SUCH);
}

static void strict_is_for_servers(void **state) {
	static const int denied[] = { SYS_ptrace,      SYS_chroot,       SYS_mknodat,
				      SYS_personality, SYS_memfd_create, SYS_process_vm_readv,
				      SYS_mount };

	(void)state;
	prepare("profile = strict");
	for (size_t i = 0; i < sizeof(denied) / sizeof(*denied); i++)
		assert_int_equal(run(denied[i], 0, 0), DENY);
	assert_int_equal(run(SYS_accept4, 0, 0), ALLOW);
	assert_int_equal(run(SYS_setresuid, 0, 0), ALLOW);
	assert_int_equal(run(SYS_socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC), ALLOW);
	assert_int_equal(run(SYS_socket, AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK), ALLOW);
	assert_int_equal(run(SYS_socket, AF_UNIX, SOCK_SEQPACKET), ALLOW);
	assert_int_equal(run(SYS_socket, AF_INET, SOCK_RAW), DENY);
	assert_int_equal(run(SYS_socket, AF_PACKET, SOCK_DGRAM), DENY);
	assert_int_equal(run(SYS_socket, AF_NETLINK, SOCK_RAW), ALLOW);
}

/* Seven of AF_NETLINK's protocols are not NETLINK_ROUTE. */
static void strict_has_one_protocol_of_netlink(void **state) {
	struct seccomp_data data = { .nr = SYS_socket,
				     .arch = syscall_architecture,
				     .args = { AF_NETLINK, SOCK_RAW, 7 } };

	(void)state;
	prepare("profile = strict");
	assert_int_equal(
		seccomp_machine_run(filter_program()->filter, filter_program()->len, &data), DENY);
}

static void lists_are_stronger_than_a_profile(void **state) {
	(void)state;
	prepare("profile = default\nallow = mount, clone3, socket\ndeny = ptrace read");
	assert_int_equal(run(SYS_mount, 0, 0), ALLOW);
	assert_int_equal(run(SYS_clone3, 0, 0), ALLOW);
	assert_int_equal(run(SYS_socket, AF_ALG, 0), ALLOW);
	assert_int_equal(run(SYS_ptrace, 0, 0), DENY);
	assert_int_equal(run(SYS_read, 0, 0), DENY);
	assert_int_equal(run(SYS_write, 0, 0), ALLOW);
	assert_int_equal(run(SYS_unshare, 0, 0), DENY);
	assert_int_equal(run(5000, 0, 0), NO_SUCH);
	assert_int_equal(run(0x40000000, 0, 0), SECCOMP_RET_KILL_PROCESS);
}

static void lists_alone_are_a_profile(void **state) {
	(void)state;
	prepare("deny = ptrace, umount");
	assert_int_equal(run(SYS_ptrace, 0, 0), DENY);
	assert_int_equal(run(SYS_mount, 0, 0), ALLOW);
	assert_int_equal(run(5000, 0, 0), ALLOW);
	assert_int_equal(run(0x40000000, 0, 0), SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(run(-1, 0, 0), ALLOW);
	prepare("allow = read write");
	assert_int_equal(run(SYS_read, 0, 0), ALLOW);
	assert_int_equal(run(SYS_execve, 0, 0), ALLOW);
	assert_int_equal(run(SYS_exit_group, 0, 0), ALLOW);
	assert_int_equal(run(SYS_rt_sigreturn, 0, 0), ALLOW);
	assert_int_equal(run(SYS_openat, 0, 0), DENY);
	assert_int_equal(run(5000, 0, 0), NO_SUCH);
	prepare("allow = read write\ndeny = rt_sigreturn");
	assert_int_equal(run(SYS_rt_sigreturn, 0, 0), DENY);
	assert_int_equal(run(SYS_openat, 0, 0), DENY);
}

static void action_says_what_denying_is(void **state) {
	static const struct {
		const char *action;
		uint32_t result;
	} rows[] = {
		{ "errno", DENY },
		{ "kill", SECCOMP_RET_KILL_PROCESS },
		{ "log", SECCOMP_RET_LOG },
	};
	static const char *const profiles[] = { "profile = default", "profile = strict",
						"deny = mount", "allow = read write" };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		for (size_t n = 0; n < sizeof(profiles) / sizeof(*profiles); n++) {
			char text[128];

			(void)snprintf(text, sizeof(text), "%s\naction = %s", profiles[n],
				       rows[i].action);
			prepare(text);
			assert_int_equal(run(SYS_mount, 0, 0), rows[i].result);
			assert_int_equal(run(SYS_read, 0, 0), ALLOW);
			if (n < 2)
				assert_int_equal(run(SYS_clone3, 0, 0), NO_SUCH);
		}
}

/* A profile's file, and settings of [seccomp] besides. */
static int try_file(const char *json, const char *more) {
	char path[] = "/tmp/pintle-test-XXXXXX", text[256];
	int fd = mkstemp(path), result;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, json, strlen(json)), (ssize_t)strlen(json));
	close(fd);
	(void)snprintf(text, sizeof(text), "profile = %s\n%s", path, more);
	result = try(text);
	assert_int_equal(unlink(path), 0);
	if (result < 0)
		assert_non_null(strstr(e.text, path));
	return result;
}

#define FILE_OF(names)                                                                             \
	"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 13, \"syscalls\": "          \
	"[{\"names\": [" names "], \"action\": \"SCMP_ACT_ALLOW\"}]}"
#define ENOUGH "\"execve\", \"exit_group\", \"read\""

static void files_are_compiled(void **state) {
	(void)state;
	assert_int_equal(try_file(FILE_OF(ENOUGH), "allow = bpf\ndeny = read\naction = kill"), 0);
	assert_int_equal(run(SYS_execve, 0, 0), ALLOW);
	assert_int_equal(run(SYS_write, 0, 0), SECCOMP_RET_ERRNO | EACCES);
	assert_int_equal(run(SYS_bpf, 0, 0), ALLOW);
	assert_int_equal(run(SYS_read, 0, 0), SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(run(SYS_exit_group + 1, 0, 0), NO_SUCH);
}

static void what_can_not_be_is_told(void **state) {
	(void)state;
	assert_int_equal(try("profile = /does/not/exist"), -1);
	assert_non_null(strstr(e.text, "[seccomp] /does/not/exist: No such file or directory"));
	assert_null(filter_program());
	assert_int_equal(try_file("{\"defaultAction\": \"SCMP_ACT_ALLOW\"}", ""), -1);
	assert_non_null(strstr(e.text, ": syscalls is missing"));
	assert_int_equal(try("deny = execve"), -1);
	assert_non_null(strstr(e.text, "denies execve, without which no program can start"));
	assert_int_equal(try("profile = strict\ndeny = exit_group\naction = kill"), -1);
	assert_non_null(strstr(e.text, "denies exit_group, without which no program can end"));
	assert_int_equal(try("deny = execve\naction = log"), 0);
	prepare("");
}

static const char *print(void) {
	static char text[65536];
	struct writer w = { .fd = memfd_create("print", MFD_CLOEXEC) };
	ssize_t n;

	filter_print(loading_config(), &w);
	writer_flush(&w);
	n = pread(w.fd, text, sizeof(text) - 1, 0);
	assert_true(n >= 0);
	text[n] = '\0';
	close(w.fd);
	return text;
}

static void check_says_what_is_denied(void **state) {
	const char *line;

	(void)state;
	prepare("");
	assert_string_equal(print(), "");
	prepare("deny = mount, bpf\ndeny = umount");
	assert_string_equal(print(), "\n# seccomp profile none denies: bpf mount\n"
				     "# seccomp: this architecture has no umount\n");
	prepare("deny = mount\naction = log");
	assert_string_equal(print(), "\n# seccomp profile none logs: mount\n");
	prepare("profile = default");
	line = strstr(print(), "\n# seccomp profile default denies: ");
	assert_non_null(line);
	assert_non_null(strstr(line, " acct add_key "));
	assert_non_null(strstr(line, " bpf "));
	assert_null(strstr(line, " read "));
	assert_non_null(strstr(print(), "default denies some uses of: clone personality socket\n"));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_settings_there_is_none),
		cmocka_unit_test(default_is_docker_s),
		cmocka_unit_test(strict_is_for_servers),
		cmocka_unit_test(strict_has_one_protocol_of_netlink),
		cmocka_unit_test(lists_are_stronger_than_a_profile),
		cmocka_unit_test(lists_alone_are_a_profile),
		cmocka_unit_test(action_says_what_denying_is),
		cmocka_unit_test(files_are_compiled),
		cmocka_unit_test(what_can_not_be_is_told),
		cmocka_unit_test(check_says_what_is_denied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
