/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The file: a head that forbids everything but what the file itself holds, the headline numbers for
 * readers without JavaScript, the data, the scripts.
 */
#include "html.h"

#include <errno.h>
#include <string.h>

#include "amount.h"
#include "html_pack.h"
#include "xml.h"

extern const char html_script[];
extern const char html_style_sheet[];

static const char start_script[] = "thag.report.start();\n";

/* 'sha256-...' of all the texts one after the other, as Content-Security-Policy wants it. */
static char *
hash_of(const char *const *texts)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	guint8 digest[32];
	gsize length = sizeof(digest);

	for (; *texts; texts++)
		g_checksum_update(sum, (const guchar *)*texts, (gssize)strlen(*texts));
	g_checksum_get_digest(sum, digest, &length);
	g_autofree char *base64 = g_base64_encode(digest, length);

	return g_strdup_printf("'sha256-%s'", base64);
}

static void
write_texts(FILE *out, const char *const *texts)
{
	for (; *texts; texts++)
		fputs(*texts, out);
}

/* ---- without JavaScript ---- */

static void
write_row(FILE *out, const char *name, char *value)
{
	g_autofree char *text = value;
	g_autofree char *escaped = xml_escape(text);

	fprintf(out, "<tr><th>%s</th><td>%s</td></tr>\n", name, escaped);
}

static void
write_headlines(FILE *out, const struct selection *selection)
{
	const struct profile_run *run = &selection->profile->run;
	const struct memory_sums *heap = &selection->totals[MEMORY_HEAP];

	fputs("<noscript>\n<p>This report needs JavaScript for its views. In short:</p>\n<table>\n",
		out);
	write_row(out, "Command", g_strdup(run->command));
	write_row(out, "Duration", amount_format(run->duration_ns, FLAME_NS, NULL));
	if (!run->summary) {
		write_row(out, "Peak", amount_format(run->peak_bytes, FLAME_BYTES, NULL));
		write_row(out, "Leaked", amount_format(heap->leaked.bytes, FLAME_BYTES, NULL));
	}
	write_row(out, "Allocated", amount_format(heap->allocated.bytes, FLAME_BYTES, NULL));
	write_row(out, "Allocations", amount_count(heap->allocated.count));
	write_row(out, "Events lost", amount_count(run->lost_events));
	fputs("</table>\n</noscript>\n", out);
}

/* ---- the file ---- */

static void
write_head(FILE *out, const struct profile *profile, const struct html_options *options,
	const char *const *styles, const char *const *scripts)
{
	g_autofree char *program = g_path_get_basename(profile->run.program);
	g_autofree char *title = xml_escape(options->title ? options->title : program);
	g_autofree char *style_hash = hash_of(styles);
	g_autofree char *script_hash = hash_of(scripts);

	fprintf(out,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		"script-src %s; style-src %s; base-uri 'none'; form-action 'none'\">\n"
		"<meta name=\"referrer\" content=\"no-referrer\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<meta name=\"color-scheme\" content=\"light dark\">\n"
		"<meta name=\"generator\" content=\"thag\">\n"
		"<title>%s - thag</title>\n<style>",
		script_hash, style_hash, title);
	write_texts(out, styles);
	fputs("</style>\n</head>\n<body>\n", out);
}

static int
error_of(FILE *out)
{
	if (fflush(out) == 0 && !ferror(out))
		return 0;
	return errno ? -errno : -EIO;
}

static int
write_file(FILE *out, const struct selection *selection, const struct html_options *options)
{
	const char *const styles[] = {flame_style_sheet, html_style_sheet, NULL};
	const char *const scripts[] = {flame_script, html_script, start_script, NULL};
	g_autoptr(GByteArray) pack = html_pack(selection, options);
	int error;

	errno = 0;
	write_head(out, selection->profile, options, styles, scripts);
	fputs("<div id=\"thag-loading\" role=\"status\"></div>\n", out);
	write_headlines(out, selection);
	fputs("<script id=\"thag-data\" type=\"application/vnd.thag.pack\">", out);
	error = pack_write(out, pack);
	fputs("</script>\n<script>", out);
	write_texts(out, scripts);
	fputs("</script>\n</body>\n</html>\n", out);
	return error ? error : error_of(out);
}

int
html_write(FILE *out, const struct profile *profile, const struct html_options *options)
{
	const struct html_options none = {.title = NULL};
	const struct filter everything = {.function = NULL};
	struct selection selection;

	selection_init(&selection, profile, &everything, NULL);
	const int error = write_file(out, &selection, options ? options : &none);

	selection_fini(&selection);
	return error;
}
