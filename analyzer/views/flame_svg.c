/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The file: the static drawing, the data, the scripts. A browser shows the drawing at once, reads
 * the data, and replaces the one by the other.
 */
#include "flame_pack.h"
#include "flame_static.h"
#include "pack.h"
#include "xml.h"

#include <errno.h>

extern const char flame_static_style_sheet[];

/* Whether all since `errno = 0` has been written; to be asked before errno is lost. */
static int
written(FILE *out)
{
	if (!ferror(out))
		return 0;
	return errno ? -errno : -EIO;
}

static int
finish(FILE *out)
{
	if (fflush(out) == EOF)
		return errno ? -errno : -EIO;
	return written(out);
}

static int
write_data(FILE *out, const struct flame *flame, const struct flame_style *style)
{
	struct flame_tree tree;
	int error = flame_tree_init(&tree, flame, NULL);

	if (error)
		return error;
	g_autoptr(GByteArray) pack = flame_pack(flame, &tree, style);
	flame_tree_fini(&tree);
	return pack_write(out, pack);
}

int
flame_write_pack(FILE *out, const struct flame *flame, const struct flame_style *style)
{
	int error;

	errno = 0;
	error = write_data(out, flame, style);
	return error ? error : finish(out);
}

static void
write_head(FILE *out, const struct flame *flame, const struct flame_static *drawing)
{
	const char *what = flame->kind == FLAME_CHART ? "Flamechart" : "Flamegraph";
	g_autofree char *title = xml_escape(flame->title ? flame->title : what);
	g_autofree char *subtitle = xml_escape(flame->subtitle ? flame->subtitle : "");

	fprintf(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%u\" "
		"viewBox=\"0 0 %d %u\" role=\"img\" aria-labelledby=\"thag-title thag-about\">\n"
		"<title id=\"thag-title\">%s</title>\n"
		"<desc id=\"thag-about\">%s of %u call paths. %s</desc>\n",
		STATIC_WIDTH, drawing->height, STATIC_WIDTH, drawing->height, title, what,
		flame->box_count, subtitle);
	fprintf(out, "<style>\n%s%s</style>\n", flame_static_style_sheet, drawing->colours->str);
	fprintf(out, "<g id=\"thag-static\">\n%s</g>\n", drawing->body->str);
}

int
flame_write_svg(FILE *out, const struct flame *flame, const struct flame_style *style)
{
	struct flame_static drawing;
	int error = flame_static_init(&drawing, flame, style);

	if (error)
		return error;
	errno = 0;
	write_head(out, flame, &drawing);
	/* Data that no browser takes for a script: it has a type of its own. */
	fprintf(out,
		"<style><![CDATA[\n%s]]></style>\n"
		"<script id=\"thag-data\" type=\"application/vnd.thag.pack\">",
		flame_style_sheet);
	error = written(out);
	flame_static_fini(&drawing);
	if (error == 0)
		error = write_data(out, flame, style);
	if (error)
		return error;
	fprintf(out, "</script>\n<script><![CDATA[\n%sthag.flame.start();\n]]></script>\n</svg>\n",
		flame_script);
	return finish(out);
}
