/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* An account while it is put together: from text, from samples of several runs, from counts of
 * others. Call paths that are the same, lines included, are one. */
#ifndef THAG_GATE_ACCOUNT_BUILD_H
#define THAG_GATE_ACCOUNT_BUILD_H

#include "account.h"

struct account_builder *account_builder_new(void);
void account_builder_free(struct account_builder *builder);

/* The provisional number of the node below `parent` (0: the root), new or not. */
uint32_t account_builder_child(
	struct account_builder *builder, uint32_t parent, const struct account_frame *frame);

void account_builder_add(
	struct account_builder *builder, uint32_t node, enum gate_metric metric, uint64_t value);

/* Adds the times of one more run's samples. */
void account_builder_add_samples(struct account_builder *builder, const struct account *run);

/* The account of the metrics of `set`; of samples the mean of the runs. The builder is gone. */
struct account *account_builder_end(struct account_builder *builder, unsigned set);

#endif
