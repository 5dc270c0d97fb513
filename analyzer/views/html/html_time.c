/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the run did over time, and how blocks are distributed, all processes together. */
#include "html_pack.h"

/* ---- timeline ---- */

static void
add_bin(struct timeline_bin *sum, const struct timeline_bin *bin, uint64_t rss_bytes)
{
	sum->live_bytes += bin->live_bytes;
	/* Of several processes the largest sum within a bin is not known; this is a bound. */
	sum->live_max_bytes += bin->live_max_bytes;
	sum->live_blocks += bin->live_blocks;
	sum->mapped_bytes += bin->mapped_bytes;
	sum->rss_bytes += rss_bytes;
	sum->cpu_ns += bin->cpu_ns;
	sum->allocated.count += bin->allocated.count;
	sum->allocated.bytes += bin->allocated.bytes;
	sum->freed.count += bin->freed.count;
	sum->freed.bytes += bin->freed.bytes;
}

/* What was not measured in an interval is as it was in the one before. */
static void
add_process(const struct profile *profile, const struct profile_process *process,
	struct timeline_bin *sums)
{
	uint64_t rss_bytes = 0;

	for (uint32_t i = 0; i < process->bin_count; i++) {
		const struct timeline_bin *bin = &process->timeline[i];
		const uint32_t at = process->bin_first + i;
		const bool over = (uint64_t)at * profile->run.bin_ns > process->end_ns;

		/* Where it is several, nothing may be there in between. */
		rss_bytes = over				  ? 0
			    : bin->rss_bytes || process->together ? bin->rss_bytes
								  : rss_bytes;
		add_bin(&sums[at], bin, rss_bytes);
	}
}

static void
put_timeline(GByteArray *pack, const struct profile *profile)
{
	static const size_t columns[] = {offsetof(struct timeline_bin, live_bytes),
		offsetof(struct timeline_bin, live_max_bytes),
		offsetof(struct timeline_bin, live_blocks),
		offsetof(struct timeline_bin, mapped_bytes),
		offsetof(struct timeline_bin, rss_bytes),
		offsetof(struct timeline_bin, allocated.count),
		offsetof(struct timeline_bin, allocated.bytes),
		offsetof(struct timeline_bin, freed.count),
		offsetof(struct timeline_bin, freed.bytes), offsetof(struct timeline_bin, cpu_ns)};
	const uint32_t count = profile_bin_end(profile);
	g_autofree struct timeline_bin *sums = g_new0(struct timeline_bin, count + 1);
	g_autoptr(GByteArray) bytes = g_byte_array_new();

	for (guint i = 0; i < profile->processes->len; i++)
		add_process(profile, profile_process(profile, i), sums);
	for (uint32_t i = 0; i < count; i++)
		sums[i].live_max_bytes = MIN(sums[i].live_max_bytes, profile->run.peak_bytes);
	pack_varint(bytes, count);
	for (size_t column = 0; column < G_N_ELEMENTS(columns); column++) {
		for (uint32_t i = 0; i < count; i++)
			pack_varint(
				bytes, *(const uint64_t *)(const void *)((const char *)&sums[i] +
									 columns[column]));
	}
	pack_section(pack, "timeline", bytes);
}

/* ---- spans ---- */

static void
put_spans(GByteArray *pack, const struct profile *profile)
{
	const struct profile_spans *spans = &profile->spans;
	g_autofree uint8_t *thread_spans = profile_thread_spans(profile);
	g_autoptr(GByteArray) bytes = g_byte_array_new();

	pack_varint(bytes, spans->count);
	for (uint32_t i = 0; i < spans->count; i++)
		pack_varint(bytes, spans->rows[i].node - (i ? spans->rows[i - 1].node : 0));
	for (uint32_t i = 0; i < spans->count; i++)
		pack_varint(bytes, spans->rows[i].born);
	for (uint32_t i = 0; i < spans->count; i++)
		pack_varint(bytes, spans->rows[i].gone);
	for (uint32_t i = 0; i < spans->count; i++)
		pack_varint(bytes, spans->rows[i].blocks.count);
	for (uint32_t i = 0; i < spans->count; i++)
		pack_varint(bytes, spans->rows[i].blocks.bytes);
	for (uint32_t i = 0; i < spans->count; i++)
		pack_varint(bytes, spans->rows[i].temporary);
	for (uint32_t i = 0; i < spans->count; i++) {
		const uint8_t end = profile_span_end(&spans->rows[i], thread_spans);

		pack_varint(bytes, end == spans->rows[i].gone ? 0 : end + 1);
	}
	pack_section(pack, "spans", bytes);
}

/* ---- moments ---- */

static void
put_moment_column(GByteArray *bytes, const struct profile *profile, size_t offset)
{
	const GArray *moments = profile->moments;
	g_autofree uint64_t *values = g_new(uint64_t, moments->len + 1);
	bool any = false;

	for (guint i = 0; i < moments->len; i++) {
		const struct profile_moment *moment =
			&g_array_index(moments, struct profile_moment, i);

		values[i] = *(const uint64_t *)(const void *)((const char *)&moment->sums + offset);
		any = any || values[i];
	}
	pack_varint(bytes, any);
	if (any)
		pack_column(bytes, values, moments->len);
}

static void
put_moments(GByteArray *pack, const struct profile *profile)
{
	static const size_t columns[] = {offsetof(struct moment_sums, time_ns[SAMPLE_CPU]),
		offsetof(struct moment_sums, time_ns[SAMPLE_WALL]),
		offsetof(struct moment_sums, self_ns), offsetof(struct moment_sums, calls),
		offsetof(struct moment_sums, kernel_ns)};
	const struct profile_moment *moment =
		(const struct profile_moment *)(const void *)profile->moments->data;
	const guint count = profile->moments->len;
	g_autoptr(GByteArray) bytes = g_byte_array_new();

	pack_varint(bytes, count);
	for (guint i = 0; i < count; i++)
		pack_varint(bytes, moment[i].node - (i ? moment[i - 1].node : 0));
	for (guint i = 0; i < count; i++)
		pack_varint(bytes, moment[i].span);
	for (size_t column = 0; column < G_N_ELEMENTS(columns); column++)
		put_moment_column(bytes, profile, columns[column]);
	pack_section(pack, "moments", bytes);
}

/* ---- distributions ---- */

static void
put_histogram(GByteArray *pack, const char *name, const struct profile *profile,
	enum profile_histogram kind, unsigned buckets)
{
	struct histogram sums = {0};
	g_autoptr(GByteArray) bytes = g_byte_array_new();

	for (guint i = 0; i < profile->processes->len; i++) {
		const struct histogram *one = &profile_process(profile, i)->histograms[kind];

		for (unsigned bucket = 0; bucket < buckets; bucket++) {
			sums.bucket[bucket].count += one->bucket[bucket].count;
			sums.bucket[bucket].bytes += one->bucket[bucket].bytes;
		}
	}
	pack_varint(bytes, buckets);
	for (unsigned bucket = 0; bucket < buckets; bucket++)
		pack_varint(bytes, sums.bucket[bucket].count);
	for (unsigned bucket = 0; bucket < buckets; bucket++)
		pack_varint(bytes, sums.bucket[bucket].bytes);
	pack_section(pack, name, bytes);
}

void
html_put_times(GByteArray *pack, const struct profile *profile)
{
	put_timeline(pack, profile);
	put_spans(pack, profile);
	put_moments(pack, profile);
	put_histogram(pack, "sizes", profile, PROFILE_SIZES_ALLOCATED, SIZE_BUCKETS);
	put_histogram(pack, "lifetimes", profile, PROFILE_LIFETIMES, LIFETIME_BUCKETS);
}
