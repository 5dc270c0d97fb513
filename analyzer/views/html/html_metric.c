/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the page can show of a call path, one row each. */
#include "html_pack.h"

const struct html_metric html_metrics[] = {
	{"peak", "Live at the peak", "At peak", "bytes", "", "peak", METRIC_PEAK, false},
	{"bytes", "Allocated bytes", "Allocated", "bytes", "", "bytes", METRIC_BYTES, true},
	{"allocations", "Allocations", "Allocations", "count", "allocations", "allocations",
		METRIC_ALLOCATIONS, true},
	{"leaked", "Leaked bytes", "Leaked", "bytes", "", "live", METRIC_LEAKED, false},
	{"leaked-blocks", "Leaked blocks", "Leaked blocks", "count", "blocks", "blocks",
		METRIC_LEAKED_BLOCKS, false},
	{"temporary", "Temporary allocations", "Temporary", "count", "allocations", "temporary",
		METRIC_TEMPORARY, false},
	{"time", "Time in traced calls", "Time", "ns", "", "self", METRIC_TIME, true},
	{"calls", "Traced calls", "Calls", "count", "calls", "calls", METRIC_CALLS, true},
	{"cpu", "CPU time", "CPU time", "ns", "", "cpu", METRIC_CPU, true},
	{"kernel", "CPU time in the kernel", "In kernel", "ns", "", "kernel", METRIC_KERNEL, true},
	{"wall", "Wall time", "Wall time", "ns", "", "wall", METRIC_WALL, true},
};
const unsigned html_metric_count = G_N_ELEMENTS(html_metrics);
