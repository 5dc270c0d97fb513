/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See pager.h. */
#include <stdlib.h>
#include <string.h>

#include "pager.h"
#include "screen.h"

struct page {
	const struct pager *pager;
	GStrv lines;
	unsigned count, width, top;
	char *wanted;	/* what is searched for */
	unsigned found; /* the line it is in, from 1; 0: none */
};

static void
print(struct page *page)
{
	char *buffer = NULL;
	size_t length = 0;
	FILE *file = open_memstream(&buffer, &length);
	struct text text;

	g_strfreev(page->lines);
	page->width = screen_width();
	text_init(&text, file);
	text.width = MAX(page->width, 60);
	text.screen = true;
	page->pager->print(&text, page->pager->context);
	fclose(file);
	page->lines = g_strsplit(g_strchomp(buffer) + (*buffer == '\n'), "\n", -1);
	page->count = g_strv_length(page->lines);
	free(buffer);
}

static void
fit(struct page *page)
{
	const unsigned rows = screen_rows();

	page->top = MIN(page->top, page->count > rows ? page->count - rows : 0);
}

static void
draw(const struct page *page)
{
	const struct pager *pager = page->pager;
	const unsigned rows = screen_rows();

	screen_begin(pager->title, pager->subtitle,
		"arrows and pages scroll  / search  n next  Esc back");
	for (unsigned row = 0; row < rows && page->top + row < page->count; row++) {
		const unsigned line = page->top + row + 1;

		screen_put(SCREEN_TOP + row, 0, screen_width(),
			line == page->found || line == pager->mark ? SCREEN_SELECTED : SCREEN_PLAIN,
			page->lines[line - 1]);
	}
}

static bool
holds(const char *line, const char *wanted)
{
	g_autofree char *text = g_utf8_casefold(line, -1);
	g_autofree char *folded = g_utf8_casefold(wanted, -1);

	return strstr(text, folded) != NULL;
}

/* The next line with the text, round the end. */
static void
search(struct page *page)
{
	for (unsigned i = 0; page->wanted && *page->wanted && i < page->count; i++) {
		const unsigned line = (page->found + i) % page->count;

		if (holds(page->lines[line], page->wanted)) {
			page->found = line + 1;
			page->top = line > screen_rows() / 2 ? line - screen_rows() / 2 : 0;
			return;
		}
	}
	page->found = 0;
	screen_say("not found");
	screen_key();
}

static void
scroll_by(struct page *page, int lines)
{
	page->top = lines < 0 && page->top < (unsigned)-lines ? 0 : page->top + (unsigned)lines;
}

static bool
act(struct page *page, int key)
{
	const int rows = (int)screen_rows();

	switch (key) {
	case SCREEN_UP:
	case 'k':
		scroll_by(page, -1);
		return true;
	case SCREEN_DOWN:
	case 'j':
		scroll_by(page, 1);
		return true;
	case SCREEN_PAGE_UP:
		scroll_by(page, -rows);
		return true;
	case SCREEN_PAGE_DOWN:
	case ' ':
		scroll_by(page, rows);
		return true;
	case SCREEN_HOME:
	case 'g':
		page->top = 0;
		return true;
	case SCREEN_END:
	case 'G':
		page->top = page->count;
		return true;
	case '/':
		g_free(page->wanted);
		page->wanted = screen_ask("search: ", NULL);
		page->found = 0;
		search(page);
		return true;
	case 'n':
		search(page);
		return true;
	default:
		return key != SCREEN_ESCAPE && key != 'q' && key != SCREEN_ERASE &&
		       key != SCREEN_LEFT && key != SCREEN_CLOSED;
	}
}

bool
pager_run(const struct pager *pager)
{
	struct page page = {.pager = pager, .top = pager->first};
	int key;

	do {
		if (page.width != screen_width())
			print(&page);
		fit(&page);
		draw(&page);
		key = screen_key();
	} while (act(&page, key));
	g_strfreev(page.lines);
	g_free(page.wanted);
	return key != SCREEN_CLOSED;
}
