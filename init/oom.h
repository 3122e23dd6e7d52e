/* SPDX-License-Identifier: Apache-2.0 */
/* Whether it was the kernel that killed, for want of memory: what the container's memory cgroup
 * counts, of either version. Nothing is kept open. */
#ifndef INIT_OOM_H
#define INIT_OOM_H

#include <stdbool.h>

/* What was counted before does not count. Where it is not called, nothing was, as in a container's
 * new cgroup. */
void oom_begin(void);

/* Something was killed since the last call. */
bool oom_struck(void);

#endif
