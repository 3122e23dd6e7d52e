/* SPDX-License-Identifier: Apache-2.0 */
/* The limit of a C program: an init as small as it can be, linked static against musl. What pintle
 * needs beyond it is the price of what pintle can do. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void become(char **argv, const sigset_t *mask) {
	(void)setpgid(0, 0);
	(void)sigprocmask(SIG_SETMASK, mask, NULL);
	execv(argv[0], argv);
	_exit(127);
}

static void reap(pid_t application) {
	int status;
	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
		if (pid == application)
			_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}

int main(int argc, char **argv) {
	sigset_t all, before;
	pid_t application;

	(void)argc;
	sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &before);
	application = vfork();
	if (application == 0)
		become(argv + 1, &before);
	for (;;) {
		int number = sigwaitinfo(&all, NULL);
		if (number == SIGCHLD)
			reap(application);
		else if (number > 0)
			(void)kill(application, number);
	}
}
