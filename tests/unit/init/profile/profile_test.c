/* SPDX-License-Identifier: Apache-2.0 */
#include "init/profile/profile.h"

#include <errno.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "config/syscall.h"
#include "tests/unit/init/seccomp_machine.h"

#include <cmocka.h>

static const struct profile_machine machine = {
	.capabilities = UINT64_C(1) << CAP_CHOWN | UINT64_C(1) << CAP_SYS_CHROOT,
	.kernel = 5,
	.revision = 10,
	.architecture = "amd64",
};

static struct sock_filter code[2 * BPF_MAXINSNS];
static size_t length;
static struct error e;

static int try(const char *text) {
	int fd = memfd_create("profile", MFD_CLOEXEC), result;
	ssize_t size;

	e = (struct error){ 0 };
	result = profile_read(text, strlen(text), &machine, fd, &e);
	size = pread(fd, code, sizeof(code), 0);
	length = result < 0 || size < 0 ? 0 : (size_t)size / sizeof(*code);
	close(fd);
	return result;
}

static void read_it(const char *text) {
	if (try(text) < 0)
		fail_msg("%s: %s", text, e.text);
}

static uint32_t run(int number, uint64_t a, uint64_t b) {
	const struct seccomp_data data = { .nr = number,
					   .arch = syscall_architecture,
					   .args = { a, b } };

	return seccomp_machine_run(code, length, &data);
}

enum { DENY = SECCOMP_RET_ERRNO | EPERM, ALLOW = SECCOMP_RET_ALLOW };

#define PROFILE(rules) "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [" rules "]}"
#define RULE(names, more) "{\"names\": [" names "], \"action\": \"SCMP_ACT_ALLOW\"" more "}"
#define LAST RULE("\"close_range\"", "")

static void names_are_allowed(void **state) {
	(void)state;
	read_it(PROFILE(RULE("\"read\", \"write\"", "") "," LAST));
	assert_int_equal(run(SYS_read, 0, 0), ALLOW);
	assert_int_equal(run(SYS_write, 0, 0), ALLOW);
	assert_int_equal(run(SYS_close, 0, 0), DENY);
	assert_int_equal(run(SYS_close_range + 1, 0, 0), SECCOMP_RET_ERRNO | ENOSYS);
	/* The form that Docker had first; and what other architectures have, or are to come. */
	read_it(PROFILE("{\"name\": \"read\", \"action\": \"SCMP_ACT_ALLOW\"}," LAST));
	assert_int_equal(run(SYS_read, 0, 0), ALLOW);
	read_it(PROFILE(RULE("\"umount\", \"what_is_to_come\", \"read\"", "") "," LAST));
	assert_int_equal(run(SYS_read, 0, 0), ALLOW);
}

static void actions_are_those_of_the_kernel(void **state) {
	static const struct {
		const char *action;
		uint32_t result;
	} rows[] = {
		{ "\"SCMP_ACT_KILL\"", SECCOMP_RET_KILL_THREAD },
		{ "\"SCMP_ACT_KILL_THREAD\"", SECCOMP_RET_KILL_THREAD },
		{ "\"SCMP_ACT_KILL_PROCESS\"", SECCOMP_RET_KILL_PROCESS },
		{ "\"SCMP_ACT_TRAP\"", SECCOMP_RET_TRAP },
		{ "\"SCMP_ACT_ERRNO\"", DENY },
		{ "\"SCMP_ACT_ERRNO\", \"errnoRet\": 38, \"errno\": \"ENOSYS\"",
		  SECCOMP_RET_ERRNO | ENOSYS },
		{ "\"SCMP_ACT_ERRNO\", \"errnoRet\": 0", SECCOMP_RET_ERRNO },
		{ "\"SCMP_ACT_TRACE\", \"errnoRet\": 7", SECCOMP_RET_TRACE | 7 },
		{ "\"SCMP_ACT_LOG\", \"errnoRet\": 7", SECCOMP_RET_LOG },
		{ "\"SCMP_ACT_ALLOW\"", ALLOW },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char text[512];

		(void)snprintf(text, sizeof(text),
			       "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 13,"
			       "\"syscalls\": [{\"names\": [\"kill\"], \"action\": %s}, " LAST "]}",
			       rows[i].action);
		read_it(text);
		assert_int_equal(run(SYS_kill, 0, 0), rows[i].result);
		assert_int_equal(run(SYS_read, 0, 0), SECCOMP_RET_ERRNO | EACCES);
	}
}

static void arguments_are_compared(void **state) {
	static const struct {
		const char *args;
		uint64_t yes, no;
	} rows[] = {
		{ "\"value\": 5, \"op\": \"SCMP_CMP_EQ\"", 5, UINT64_C(0x100000005) },
		{ "\"value\": 5, \"op\": \"SCMP_CMP_NE\"", 4, 5 },
		{ "\"value\": 5, \"op\": \"SCMP_CMP_LT\"", 4, 5 },
		{ "\"value\": 5, \"op\": \"SCMP_CMP_LE\"", 5, 6 },
		{ "\"value\": 5, \"op\": \"SCMP_CMP_GE\"", 5, 4 },
		{ "\"value\": 5, \"op\": \"SCMP_CMP_GT\"", 6, 5 },
		{ "\"value\": 12, \"valueTwo\": 4, \"op\": \"SCMP_CMP_MASKED_EQ\"", 0xf7, 0x0c },
		{ "\"value\": 2114060288, \"op\": \"SCMP_CMP_MASKED_EQ\"", 17, 0x10000000 },
		{ "\"value\": 9007199254740991, \"op\": \"SCMP_CMP_EQ\"",
		  UINT64_C(9007199254740991), UINT64_C(9007199254740990) },
		{ "\"op\": \"SCMP_CMP_EQ\"", 0, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		for (int index = 0; index < 2; index++) {
			const uint64_t yes = rows[i].yes, no = rows[i].no;
			char text[512];

			(void)snprintf(text, sizeof(text),
				       PROFILE(RULE("\"kill\"",
						    ", \"args\": [{\"index\": %d, %s}]") "," LAST),
				       index, rows[i].args);
			read_it(text);
			assert_int_equal(run(SYS_kill, index ? 99 : yes, index ? yes : 99), ALLOW);
			assert_int_equal(run(SYS_kill, index ? 99 : no, index ? no : 99), DENY);
		}
}

#define ARG(index, value, op)                                                                      \
	"{\"index\": " #index ", \"value\": " #value ", \"op\": \"SCMP_CMP_" op "\"}"

static void arguments_all_have_to_hold(void **state) {
	(void)state;
	read_it(PROFILE(RULE("\"kill\"",
			     ", \"args\": [" ARG(0, 1, "EQ") "," ARG(1, 2, "EQ") "]") "," LAST));
	assert_int_equal(run(SYS_kill, 1, 2), ALLOW);
	assert_int_equal(run(SYS_kill, 1, 3), DENY);
	assert_int_equal(run(SYS_kill, 3, 2), DENY);
	/* Of one argument twice, either will do: runc's way, as libseccomp has none. */
	read_it(PROFILE(RULE("\"kill\"",
			     ", \"args\": [" ARG(0, 1, "EQ") "," ARG(0, 2, "EQ") "]") "," LAST));
	assert_int_equal(run(SYS_kill, 1, 0), ALLOW);
	assert_int_equal(run(SYS_kill, 2, 0), ALLOW);
	assert_int_equal(run(SYS_kill, 3, 0), DENY);
}

/* As Docker's of 2026 has it for socket; and as podman's does. */
static void rules_of_one_call_add_up(void **state) {
	(void)state;
	read_it(PROFILE(RULE("\"socket\"", ", \"args\": [" ARG(0, 12, "LT") "]") "," RULE(
		"\"socket\"",
		", \"args\": [" ARG(0, 13, "EQ") "]") "," RULE("\"socket\"",
							       ", \"args\": [" ARG(
								       0, 40, "EQ") "]") "," LAST));
	for (uint64_t i = 0; i < 50; i++)
		assert_int_equal(run(SYS_socket, i, 0),
				 i < 12 || i == 13 || i == 40 ? ALLOW : DENY);
	read_it(PROFILE(
		"{\"names\": [\"socket\"], \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": "
		"22, \"args\": [" ARG(0, 16, "EQ") "," ARG(1, 9, "EQ") "]}," RULE(
			"\"socket\"",
			", \"args\": [" ARG(0, 16,
					    "NE") "]") "," RULE("\"socket\"",
								", \"args\": [" ARG(
									1, 9, "NE") "]") "," LAST));
	assert_int_equal(run(SYS_socket, 16, 9), SECCOMP_RET_ERRNO | EINVAL);
	assert_int_equal(run(SYS_socket, 16, 0), ALLOW);
	assert_int_equal(run(SYS_socket, 2, 9), ALLOW);
}

static void conditions_are_looked_at(void **state) {
	static const struct {
		const char *condition;
		bool counts;
	} rows[] = {
		{ "\"includes\": {}, \"excludes\": {}", true },
		{ "\"includes\": null, \"excludes\": null, \"args\": null, \"comment\": \"x\"",
		  true },
		{ "\"includes\": {\"caps\": [\"CAP_SYS_CHROOT\"]}", true },
		{ "\"includes\": {\"caps\": [\"CAP_SYS_CHROOT\", \"CAP_CHOWN\"]}", true },
		{ "\"includes\": {\"caps\": [\"CAP_SYS_CHROOT\", \"CAP_SYS_ADMIN\"]}", false },
		{ "\"includes\": {\"caps\": [\"CAP_SYS_ADMIN\"]}", false },
		{ "\"includes\": {\"caps\": [\"CAP_TO_COME\"]}", false },
		{ "\"includes\": {\"caps\": []}", true },
		{ "\"includes\": {\"arches\": [\"arm64\", \"amd64\"]}", true },
		{ "\"includes\": {\"arches\": [\"arm64\"]}", false },
		{ "\"includes\": {\"arches\": [\"amd64\"], \"caps\": [\"CAP_BPF\"]}", false },
		{ "\"includes\": {\"minKernel\": \"4.8\"}", true },
		{ "\"includes\": {\"minKernel\": \"5.10\"}", true },
		{ "\"includes\": {\"minKernel\": \"5.11\"}", false },
		{ "\"includes\": {\"minKernel\": \"6.0\"}", false },
		{ "\"includes\": {\"minKernel\": \"\"}", true },
		{ "\"excludes\": {\"caps\": [\"CAP_SYS_ADMIN\"]}", true },
		{ "\"excludes\": {\"caps\": [\"CAP_SYS_ADMIN\", \"CAP_CHOWN\"]}", false },
		{ "\"excludes\": {\"arches\": [\"s390x\"]}", true },
		{ "\"excludes\": {\"arches\": [\"amd64\"]}", false },
		{ "\"excludes\": {\"minKernel\": \"5.10\"}", false },
		{ "\"excludes\": {\"minKernel\": \"5.11\"}", true },
		{ "\"includes\": {\"caps\": [\"CAP_CHOWN\"]}, \"excludes\": {\"arches\": "
		  "[\"amd64\"]}",
		  false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char text[512];

		(void)snprintf(text, sizeof(text), PROFILE(RULE("\"kill\"", ", %s") "," LAST),
			       rows[i].condition);
		read_it(text);
		if (run(SYS_kill, 0, 0) != (rows[i].counts ? ALLOW : DENY))
			fail_msg("%s", rows[i].condition);
	}
}

/* Only one architecture is admitted, whatever the profile says. */
static void architectures_are_passed_over(void **state) {
	struct seccomp_data data = { .nr = SYS_read, .arch = 0x40000003 /* AUDIT_ARCH_I386 */ };

	(void)state;
	read_it("{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"comment\": \"\", \"architectures\": "
		"[\"SCMP_ARCH_X86_64\", \"SCMP_ARCH_X86\"], \"archMap\": [{\"architecture\": "
		"\"SCMP_ARCH_X86_64\", \"subArchitectures\": null}], \"defaultErrno\": \"EPERM\", "
		"\"syscalls\": []}");
	assert_int_equal(seccomp_machine_run(code, length, &data), SECCOMP_RET_KILL_PROCESS);
	data.arch = syscall_architecture;
	assert_int_equal(seccomp_machine_run(code, length, &data), ALLOW);
	data.nr |= 0x40000000;
	assert_int_equal(seccomp_machine_run(code, length, &data), SECCOMP_RET_KILL_PROCESS);
}

#define WITH_ARGS(args) PROFILE(LAST "," RULE("\"kill\"", ", \"args\": " args))

static void mistakes_are_named(void **state) {
	static const struct {
		const char *text, *told;
	} rows[] = {
		{ "", "line 1: is not JSON" },
		{ "{\n\"defaultAction\": \"SCMP_ACT_ALLOW\",\n\"syscalls\": [,]\n}",
		  "line 3: is not JSON" },
		{ PROFILE("") "x", "line 1: is not JSON" },
		{ "[]", "is not an object" },
		{ "{\"syscalls\": []}", "defaultAction is missing" },
		{ "{\"defaultAction\": \"SCMP_ACT_ALLOW\"}", "syscalls is missing" },
		{ "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": {}}",
		  "syscalls: is not a list" },
		{ "{\"defaultAction\": \"ALLOW\", \"syscalls\": []}",
		  "defaultAction: 'ALLOW' is not one of" },
		{ "{\"defaultAction\": 1, \"syscalls\": []}", "defaultAction: is not a text" },
		{ "{\"defaultAction\": \"SCMP_ACT_NOTIFY\", \"syscalls\": []}", "SCMP_ACT_NOTIFY" },
		{ "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 4095, "
		  "\"syscalls\": []}",
		  "defaultErrnoRet: is not a number from 0 to 4094" },
		{ "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"sycalls\": []}",
		  "sycalls: is not known, did you mean 'syscalls'?" },
		{ "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [], \"syscalls\": []}",
		  "syscalls: is there twice" },
		{ PROFILE(LAST ", 7"), "syscalls[1]: is not an object" },
		{ PROFILE(LAST ", {\"names\": [\"kill\"]}"), "syscalls[1]: action is missing" },
		{ PROFILE(LAST ", {\"action\": \"SCMP_ACT_ALLOW\"}"), "syscalls[1]: has to have" },
		{ PROFILE(LAST
			  ", {\"action\": \"SCMP_ACT_ALLOW\", \"name\": \"a\", \"names\": []}"),
		  "either names or name" },
		{ PROFILE(LAST ", {\"action\": \"SCMP_ACT_ALLOW\", \"names\": [1]}"),
		  "syscalls[1].names: has an item that is not a text" },
		{ PROFILE(LAST ", {\"action\": \"SCMP_ACT_ALLOW\", \"names\": \"kill\"}"),
		  "syscalls[1].names: is not a list" },
		{ PROFILE(LAST ", {\"action\": \"SCMP_ACT_EROR\", \"names\": [\"kill\"]}"),
		  "syscalls[1].action: 'SCMP_ACT_EROR' is not one of" },
		{ PROFILE(RULE("\"kill\"", ", \"arg\": []")),
		  "syscalls[0].arg: is not known, did you mean 'args'?" },
		{ WITH_ARGS("{}"), "syscalls[1].args: is not a list" },
		{ WITH_ARGS("[" ARG(0, 1, "EQ") ", 5]"), "syscalls[1].args[1]: is not an object" },
		{ WITH_ARGS("[" ARG(6, 1, "EQ") "]"),
		  "syscalls[1].args[0].index: is not a number from 0 to 5" },
		{ WITH_ARGS("[" ARG(-1, 1, "EQ") "]"), "syscalls[1].args[0].index" },
		{ WITH_ARGS("[" ARG(0, 1.5, "EQ") "]"), "syscalls[1].args[0].value" },
		{ WITH_ARGS("[" ARG(0, -1, "EQ") "]"), "syscalls[1].args[0].value" },
		{ WITH_ARGS("[" ARG(0, 9007199254740992, "EQ") "]"),
		  "syscalls[1].args[0].value: is not a number from 0 to 9007199254740991" },
		{ WITH_ARGS("[" ARG(0, 18446744073709551615, "EQ") "]"),
		  "syscalls[1].args[0].value: is not a number" },
		{ WITH_ARGS("[" ARG(0, "1", "EQ") "]"), "syscalls[1].args[0].value" },
		{ WITH_ARGS("[" ARG(0, 1, "IS") "]"),
		  "syscalls[1].args[0].op: 'SCMP_CMP_IS' is not one of SCMP_CMP_NE, LT" },
		{ WITH_ARGS("[{\"index\": 0, \"value\": 1}]"),
		  "syscalls[1].args[0]: '' is not one" },
		{ WITH_ARGS("[{\"idx\": 0}]"), "syscalls[1].args[0].idx: is not known" },
		{ WITH_ARGS("[" ARG(0, 1, "EQ") "," ARG(1, 1, "EQ") "," ARG(2, 1, "EQ") "," ARG(
			  3, 1, "EQ") "," ARG(4, 1, "EQ") "," ARG(5, 1, "EQ") "," ARG(0, 1,
										      "EQ") "]"),
		  "syscalls[1].args[6]: there are more than 6" },
		{ PROFILE(RULE("\"kill\"", ", \"includes\": []")),
		  "syscalls[0].includes: is not an object" },
		{ PROFILE(RULE("\"kill\"", ", \"includes\": {\"cap\": []}")),
		  "syscalls[0].cap: is not known, did you mean 'caps'?" },
		{ PROFILE(RULE("\"kill\"", ", \"excludes\": {\"arches\": [null]}")),
		  "syscalls[0].arches: has an item" },
		{ PROFILE(RULE("\"kill\"", ", \"excludes\": {\"minKernel\": \"five\"}")),
		  "syscalls[0].minKernel: 'five' is not a version like 4.8" },
		{ PROFILE(RULE("\"kill\"", ", \"excludes\": {\"minKernel\": 5.4}")),
		  "syscalls[0].minKernel: is not a text" },
		{ PROFILE(RULE("\"kill\"",
			       ", \"args\": [" ARG(0, 1,
						   "EQ") "]") ","
							      "{\"names\": [\"kill\"], \"action\": "
							      "\"SCMP_ACT_LOG\", \"args\": [" ARG(
								      0, 1, "EQ") "]}"),
		  "two rules have different actions for the same arguments" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (try(rows[i].text) == 0)
			fail_msg("accepted: %s", rows[i].text);
		if (!strstr(e.text, rows[i].told))
			fail_msg("%s\ntold: %s\nnot: %s", rows[i].text, e.text, rows[i].told);
	}
}

/* count rules, of the worst kind. */
static void write_rules(char text[static PROFILE_SIZE + 1], unsigned count) {
	size_t len =
		(size_t)sprintf(text, "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [");

	for (unsigned i = 0; i < count; i++)
		len += (size_t)sprintf(text + len,
				       "%s{\"names\": [\"%s\"], \"action\": \"SCMP_ACT_ALLOW\", "
				       "\"args\": [{\"index\": %u, \"value\": %u, \"op\": "
				       "\"SCMP_CMP_EQ\"}, {\"index\": %u, \"value\": %u, \"op\": "
				       "\"SCMP_CMP_GT\"}]}",
				       i ? "," : "", i % 2 ? "ioctl" : "prctl", i % 3, i, 3 + i % 3,
				       i * 77);
	strcpy(text + len, "]}");
}

static void limits_are_told(void **state) {
	static char text[PROFILE_SIZE + 1];

	(void)state;
	write_rules(text, 300);
	read_it(text);
	assert_true(length > 3000);
	assert_int_equal(run(SYS_prctl, 0, 0), DENY);
	write_rules(text, 700);
	assert_int_equal(try(text), -1);
	assert_non_null(strstr(e.text, "more than 4096 instructions"));
	memset(text, '[', sizeof(text) - 1);
	assert_int_equal(try(text), -1);
}

static void files_are_named(void **state) {
	char path[] = "/tmp/pintle-test-XXXXXX";
	int fd = mkstemp(path), out = memfd_create("out", MFD_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "{}", 2), 2);
	e = (struct error){ 0 };
	assert_int_equal(profile_compile(path, &machine, out, &e), -1);
	assert_non_null(strstr(e.text, path));
	assert_non_null(strstr(e.text, ": defaultAction is missing"));
	assert_int_equal(ftruncate(fd, PROFILE_SIZE + 1), 0);
	e = (struct error){ 0 };
	assert_int_equal(profile_compile(path, &machine, out, &e), -1);
	assert_non_null(strstr(e.text, "has more than 131072 bytes"));
	assert_int_equal(unlink(path), 0);
	e = (struct error){ 0 };
	assert_int_equal(profile_compile(path, &machine, out, &e), -1);
	assert_non_null(strstr(e.text, "No such file or directory"));
	close(fd);
	close(out);
}

static void the_machine_is_known(void **state) {
	struct profile_machine m = profile_machine(3);

	(void)state;
	assert_true(m.kernel >= 4);
	assert_true(m.architecture[0]);
	assert_int_equal(profile_has_capability(&m, "CAP_CHOWN"), 1);
	assert_int_equal(profile_has_capability(&m, "CAP_KILL"), 0);
	assert_int_equal(profile_has_capability(&m, "CHOWN"), 0);
	assert_int_equal(profile_is_since(&m, "2.6"), 1);
	assert_int_equal(profile_is_since(&m, "200.0"), 0);
	assert_int_equal(profile_is_since(&m, "4"), -1);
	assert_int_equal(profile_is_since(&m, "4."), -1);
	assert_int_equal(profile_is_since(&m, "4.8.1"), -1);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_allowed),
		cmocka_unit_test(actions_are_those_of_the_kernel),
		cmocka_unit_test(arguments_are_compared),
		cmocka_unit_test(arguments_all_have_to_hold),
		cmocka_unit_test(rules_of_one_call_add_up),
		cmocka_unit_test(conditions_are_looked_at),
		cmocka_unit_test(architectures_are_passed_over),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(limits_are_told),
		cmocka_unit_test(files_are_named),
		cmocka_unit_test(the_machine_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
