/* SPDX-License-Identifier: Apache-2.0 */
/* The files that say who is called what, before the network: if they can't be written, nothing is
 * to be taken back there. */
#ifndef INIT_NAMES_H
#define INIT_NAMES_H

struct config;
struct error;

/* What verifies changes nothing, and what is to be left alone is. 0 or -1; what [net] on-error
 * makes a warning is told, and no failure. */
int names_set_up(const struct config *, struct error *);

/* After a change of a service's members. What fails is told once. */
void names_follow(const struct config *);

#endif
