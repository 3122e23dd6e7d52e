/* SPDX-License-Identifier: Apache-2.0 */
#include "config/signal.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct alias {
	char name[8];
	int signal;
};

static const char names[][8] = {
	[SIGHUP] = "HUP",   [SIGINT] = "INT",       [SIGQUIT] = "QUIT", [SIGILL] = "ILL",
	[SIGTRAP] = "TRAP", [SIGABRT] = "ABRT",     [SIGBUS] = "BUS",   [SIGFPE] = "FPE",
	[SIGKILL] = "KILL", [SIGUSR1] = "USR1",     [SIGSEGV] = "SEGV", [SIGUSR2] = "USR2",
	[SIGPIPE] = "PIPE", [SIGALRM] = "ALRM",     [SIGTERM] = "TERM", [SIGSTKFLT] = "STKFLT",
	[SIGCHLD] = "CHLD", [SIGCONT] = "CONT",     [SIGSTOP] = "STOP", [SIGTSTP] = "TSTP",
	[SIGTTIN] = "TTIN", [SIGTTOU] = "TTOU",     [SIGURG] = "URG",   [SIGXCPU] = "XCPU",
	[SIGXFSZ] = "XFSZ", [SIGVTALRM] = "VTALRM", [SIGPROF] = "PROF", [SIGWINCH] = "WINCH",
	[SIGIO] = "IO",     [SIGPWR] = "PWR",       [SIGSYS] = "SYS",
};
enum { NAMES = sizeof(names) / sizeof(names[0]) };

static const struct alias aliases[] = {
	{ "IOT", SIGABRT },
	{ "CLD", SIGCHLD },
	{ "POLL", SIGIO },
};

/* Decimal digits and nothing else, up to SIGNAL_RTMAX; else -1. */
static int digits(const char *text) {
	int n = 0;

	if (*text == '\0')
		return -1;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		n = n * 10 + (*text - '0');
		if (n > SIGNAL_RTMAX)
			return -1;
	}
	return n;
}

/* What follows RTMIN or RTMAX: nothing, or a sign and a number. */
static int from_base(int base, const char *offset, char sign) {
	int n = 0;

	if (*offset != '\0' && (*offset != sign || (n = digits(offset + 1)) < 0))
		return -1;
	n = sign == '+' ? base + n : base - n;
	return n >= SIGNAL_RTMIN && n <= SIGNAL_RTMAX ? n : -1;
}

int signal_number(const char *text) {
	if (text[0] >= '0' && text[0] <= '9')
		return digits(text) > 0 ? digits(text) : -1;
	if (strncasecmp(text, "SIG", 3) == 0)
		text += 3;
	if (strncasecmp(text, "RTMIN", 5) == 0)
		return from_base(SIGNAL_RTMIN, text + 5, '+');
	if (strncasecmp(text, "RTMAX", 5) == 0)
		return from_base(SIGNAL_RTMAX, text + 5, '-');
	for (int i = 1; i < NAMES; i++)
		if (names[i][0] && strcasecmp(text, names[i]) == 0)
			return i;
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
		if (strcasecmp(text, aliases[i].name) == 0)
			return aliases[i].signal;
	return -1;
}

/* The usual ones without printf: each signal that is passed on runs through here before the
 * application gets the CPU. */
const char *signal_text(int signal, char text[static SIGNAL_TEXT]) {
	if (signal > 0 && signal < NAMES && names[signal][0])
		memcpy(text, names[signal], sizeof(names[signal]));
	else if (signal == SIGNAL_RTMIN)
		(void)snprintf(text, SIGNAL_TEXT, "RTMIN");
	else if (signal > SIGNAL_RTMIN && signal <= SIGNAL_RTMAX)
		(void)snprintf(text, SIGNAL_TEXT, "RTMIN+%d", signal - SIGNAL_RTMIN);
	else
		(void)snprintf(text, SIGNAL_TEXT, "%d", signal);
	return text;
}
