/* SPDX-License-Identifier: Apache-2.0 */
/* PID 1's side of the agent: forks it, speaks to it, starts it again when it dies. */
#ifndef INIT_AGENT_PROCESS_H
#define INIT_AGENT_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "init/message.h"
#include "init/probe.h"
#include "init/service.h"

/* Before it is started: what it is to check over the network, and who gets to know the results,
 * from the loop. */
void agent_process_expect(const struct probe_list *,
			  void (*result)(unsigned probe, enum message_result, unsigned detail));

/* The same for its watches: how many there are, what is known of each of them when it is forked,
 * and who gets to know MESSAGE_WATCH and MESSAGE_LIST. */
void agent_process_follow(unsigned watches, const struct message_belief *,
			  void (*tell)(const struct message_list *, unsigned items));

/* Before it is started: who gets the templates that it renders, from the loop: a file that is to be
 * closed, or -1 for one that could not be rendered. */
void agent_process_deliver(void (*rendered)(unsigned template, int file));

/* Forks it, if there is anything for it to do and it does not run yet; it answers withdraw by
 * calling withdrawn, once, from the loop. -1: no process was to be had, errno; it is tried again.
 */
int agent_process_start(const struct config *, const struct service_list *,
			void (*withdrawn)(void));

/* Once it is started: reached is called when the registry answers, from the loop. */
void agent_process_reach(void (*reached)(void));

void agent_process_announce(void); /* nothing, where there is no registry */

/* The application was started, and is to be checked anew; or not any more. */
void agent_process_check(bool on);

/* The templates are to be rendered from now on, each at least once. */
void agent_process_render(void);

/* What the checks of a service come to; before anything was said, it passes. */
void agent_process_judge(unsigned service, bool passes);

/* Where something is announced; withdrawn is called when the registry has confirmed. */
void agent_process_withdraw(void);

/* The services or the checks are others now: one that was forked with them takes the place of the
 * one that runs. */
void agent_process_renew(void);

/* Something is announced, and its withdrawal not confirmed. */
bool agent_process_is_announced(void);

/* Ends it for good. */
void agent_process_dismiss(void);

pid_t agent_process_pid(void); /* 0: it does not run */

/* As the agent told it last. */
enum message_state agent_process_state(unsigned service);

#endif
