/* SPDX-License-Identifier: Apache-2.0 */
/* What the harness and its application agree on. */
#ifndef BENCH_APP_H
#define BENCH_APP_H

/* Commands. Each is answered by the moment at which it was done; APP_EXIT by that of its start. The
 * application also tells the moments of its start and of each SIGTERM. No more commands: exit 0. */
enum { APP_EXIT = 'x', APP_ORPHANS = 'o' };

enum { APP_STATUS = 42, APP_ORPHANS_COUNT = 1000 };

#endif
