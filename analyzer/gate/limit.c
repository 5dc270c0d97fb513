/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See limit.h. */
#include "limit.h"

#include <math.h>
#include <string.h>

#include "account_build.h"
#include "statistics/order.h"

enum {
	SITES_MAX = 20, /* call paths that a finding names */
};

static const struct {
	const char *name;
	double factor;
	enum gate_unit unit;
} units[] = {
	{"", 1, GATE_COUNT},
	{"B", 1, GATE_BYTES},
	{"kB", 1e3, GATE_BYTES},
	{"MB", 1e6, GATE_BYTES},
	{"GB", 1e9, GATE_BYTES},
	{"KiB", 1024, GATE_BYTES},
	{"MiB", 1 << 20, GATE_BYTES},
	{"GiB", 1 << 30, GATE_BYTES},
	{"ns", 1, GATE_NS},
	{"us", 1e3, GATE_NS},
	{"ms", 1e6, GATE_NS},
	{"s", 1e9, GATE_NS},
};

void
limit_free(struct limit *limit)
{
	if (!limit)
		return;
	g_free(limit->text);
	g_free(limit->pattern);
	g_free(limit);
}

/* ---- reading ---- */

static bool
parse_bound(const char *text, struct limit *limit)
{
	const enum gate_unit unit = gate_metrics[limit->metric].unit;
	char *end;
	const double value = g_ascii_strtod(text, &end);
	g_autofree char *name = g_strstrip(g_strdup(end));

	if (end == text || !(value >= 0) || isinf(value))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
		if (strcmp(units[i].name, name))
			continue;
		limit->bound = value * units[i].factor;
		/* A plain 0 needs no unit, and plain bytes are usual; plain nanoseconds are not. */
		return units[i].unit == unit || (!*name && (unit == GATE_BYTES || !(value > 0)));
	}
	return false;
}

static bool
parse_operator(const char *text, struct limit *limit, const char **ret_rest)
{
	limit->below = *text == '<';
	if (*text == '<')
		text++;
	else if (!g_str_has_prefix(text, "=="))
		return false;
	limit->equal = *text == '=';
	*ret_rest = text + strspn(text, "=");
	return true;
}

/* The metric's name, with "-per-path", and what is in parentheses. */
static bool
parse_subject(const char *text, struct limit *limit)
{
	g_autofree char *name = g_strstrip(g_strdup(text));
	char *open = strchr(name, '(');
	const size_t length = strlen(name);

	if (open && name[length - 1] == ')') {
		name[length - 1] = 0;
		*open = 0;
		limit->pattern = g_strstrip(g_strdup(open + 1));
		g_strchomp(name);
	}
	if (g_str_has_suffix(name, "-per-path")) {
		limit->per_path = true;
		name[strlen(name) - strlen("-per-path")] = 0;
	}
	if (!strcmp(name, "leak"))
		limit->metric = GATE_LEAKED;
	else if (!gate_metric_parse(name, &limit->metric))
		return false;
	return (int)limit->metric < GATE_EVENT_METRICS || (!limit->pattern && !limit->per_path);
}

static bool
check_pattern(const struct limit *limit, char **ret_why)
{
	const size_t length = limit->pattern ? strlen(limit->pattern) : 0;
	g_autoptr(GError) error = NULL;

	if (length < 2 || limit->pattern[0] != '/' || limit->pattern[length - 1] != '/')
		return true;
	g_autofree char *source = g_strndup(limit->pattern + 1, length - 2);

	g_autoptr(GRegex) regex = g_regex_new(source, 0, 0, &error);

	if (!regex)
		*ret_why = g_strdup_printf("limit '%s': %s", limit->text, error->message);
	return regex != NULL;
}

/* The operator: the first "<" or "==" that is not within the parentheses. */
static const char *
find_operator(const char *text)
{
	const char *from = strrchr(text, ')');
	const char *less = strchr(from ? from : text, '<');

	return less ? less : strstr(from ? from : text, "==");
}

struct limit *
limit_parse(const char *text, char **ret_why)
{
	struct limit *limit = g_new0(struct limit, 1);
	const char *operator= find_operator(text), *rest;

	limit->text = g_strdup(text);
	if (operator) {
		g_autofree char *subject = g_strndup(text, (gsize)(operator- text));

		if (parse_subject(subject, limit) && parse_operator(operator, limit, &rest) &&
			parse_bound(rest, limit) && check_pattern(limit, ret_why))
			return limit;
	}
	if (!*ret_why)
		*ret_why = g_strdup_printf("limit '%s' is not understood; write for instance "
					   "'peak <= 24 MiB' or 'allocations(parse) <= 100'",
			text);
	limit_free(limit);
	return NULL;
}

/* ---- checking ---- */

static bool
is_kept(const struct limit *limit, double value)
{
	return (limit->below && value < limit->bound) ||
	       (limit->equal && fabs(value - limit->bound) < 0.5);
}

static bool
has_node(const struct selection *part, uint32_t count)
{
	for (uint32_t node = 1; node < count; node++) {
		if (part->nodes[node])
			return true;
	}
	return false;
}

/* All call paths that a limit is about, the largest first: compared with nothing at all. */
static struct attribution *
find_sites(const struct limit *limit, const struct account *account, const struct review *review,
	bool *ret_unmatched)
{
	const unsigned set = 1u << limit->metric;
	const struct filter filter = {.function = limit->pattern};
	struct account *nothing = account_builder_end(account_builder_new(), set);
	struct attribution *sites = NULL;
	struct comparison *comparison = NULL;
	struct selection part;

	if (selection_init(&part, account->profile, &filter, NULL))
		comparison = comparison_new(nothing, account, set, &part, NULL);
	if (comparison)
		sites = attribution_find(comparison, limit->metric, 0, 0, NAN, review);
	*ret_unmatched = limit->pattern && !has_node(&part, account_node_count(account));
	comparison_free(comparison);
	selection_fini(&part);
	account_free(nothing);
	return sites;
}

static bool
check_paths(
	struct limit_finding *finding, const struct account *account, const struct review *review)
{
	const struct limit *limit = finding->limit;
	struct attribution *sites = find_sites(limit, account, review, &finding->unmatched);
	double sum = 0, largest = 0;

	if (!sites)
		return false;

	for (guint i = 0; i < sites->entries->len; i++) {
		const struct attribution_entry *entry =
			&g_array_index(sites->entries, struct attribution_entry, i);
		const double value = (double)entry->after;

		sum += value;
		largest = MAX(largest, value);
		if (finding->sites->len < SITES_MAX && (!limit->per_path || !is_kept(limit, value)))
			g_array_append_val(finding->sites, *entry);
	}
	finding->value = limit->per_path ? largest : sum;
	attribution_free(sites);
	return true;
}

/* Of what differs from run to run: the value of each, by the same paths. */
static double
median_of_runs(const struct limit_finding *finding, const struct measurement *now,
	const struct review *review)
{
	g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(double));

	g_array_append_val(values, finding->value);
	for (guint i = 0; i < now->more->len; i++) {
		struct limit_finding other = {.limit = finding->limit,
			.sites = g_array_new(FALSE, FALSE, sizeof(struct attribution_entry))};

		if (check_paths(&other, now->more->pdata[i], review))
			g_array_append_val(values, other.value);
		g_array_unref(other.sites);
	}
	return order_median((const double *)(const void *)values->data, values->len);
}

struct limit_finding *
limit_check(const struct limit *limit, const struct measurement *now, const struct review *review)
{
	struct limit_finding *finding = g_new0(struct limit_finding, 1);

	finding->limit = limit;
	finding->sites = g_array_new(FALSE, FALSE, sizeof(struct attribution_entry));
	if (!measurement_count(now, limit->metric)) {
		finding->state = LIMIT_NOT_MEASURED;
		return finding;
	}
	const struct account *account = now->accounts[ACCOUNT_EVENTS];

	if (account && (int)limit->metric < GATE_EVENT_METRICS &&
		!check_paths(finding, account, review)) {
		finding->state = LIMIT_NOT_MEASURED;
		return finding;
	}
	if (!limit->pattern && !limit->per_path)
		finding->value = measurement_median(now, limit->metric);
	else
		finding->value = median_of_runs(finding, now, review);
	finding->state = is_kept(limit, finding->value) ? LIMIT_KEPT : LIMIT_EXCEEDED;
	return finding;
}

void
limit_finding_free(struct limit_finding *finding)
{
	if (!finding)
		return;
	g_array_unref(finding->sites);
	g_free(finding);
}
