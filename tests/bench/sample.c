/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/bench.h"

static struct samples {
	unsigned count;
	double values[SAMPLES_MAX];
} samples[METRICS][CANDIDATES];

void sample_add(enum metric m, enum candidate_id c, double value) {
	struct samples *s = &samples[m][c];
	if (s->count < SAMPLES_MAX)
		s->values[s->count++] = value;
}

unsigned sample_count(enum metric m, enum candidate_id c) {
	return samples[m][c].count;
}

static int compare(const void *a, const void *b) {
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

double sample_quantile(enum metric m, enum candidate_id c, double share) {
	struct samples *s = &samples[m][c];
	if (s->count == 0)
		return NAN;
	qsort(s->values, s->count, sizeof *s->values, compare);
	return s->values[(unsigned)(share * (s->count - 1) + 0.5)];
}

unsigned sample_shuffle(const enum candidate_id *list, enum candidate_id order[CANDIDATES]) {
	unsigned n = 0;
	for (; *list != CANDIDATES; list++)
		if (candidate_usable(*list))
			order[n++] = *list;
	for (unsigned i = n; i > 1; i--) {
		unsigned j = (unsigned)random() % i;
		enum candidate_id swapped = order[j];
		order[j] = order[i - 1];
		order[i - 1] = swapped;
	}
	return n;
}
