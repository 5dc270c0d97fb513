/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See screen.h. */
#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <glib.h>
#include <langinfo.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#include "screen.h"

enum {
	RESTORE_MAX = 256,
	ESCAPE_MS = 40, /* how long an escape may be the begin of a key's sequence */
};

static struct {
	bool open;
	bool utf8;
	int attributes[SCREEN_STYLES];
	/* For the signal handler: written by screen_open() before the handler is there. */
	struct termios before;
	char restore[RESTORE_MAX];
	size_t restore_bytes;
} screen;

/* ---- giving the terminal back ---- */

static const int fatal_signals[] = {
	SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGPIPE};

static void
restore_and_die(int signal)
{
	if (write(STDOUT_FILENO, screen.restore, screen.restore_bytes) >= 0)
		tcsetattr(STDOUT_FILENO, TCSANOW, &screen.before);
	else
		tcsetattr(STDIN_FILENO, TCSANOW, &screen.before);
	/* SA_RESETHAND: the next one has its usual effect. */
	raise(signal);
}

static void
append_capability(const char *name)
{
	char capability[16];
	const char *text;
	size_t length;

	g_strlcpy(capability, name, sizeof(capability));
	text = tigetstr(capability);
	if (!text || text == (const char *)-1)
		return;
	length = strlen(text);
	if (screen.restore_bytes + length > RESTORE_MAX)
		return;
	memcpy(screen.restore + screen.restore_bytes, text, length);
	screen.restore_bytes += length;
}

static void
prepare_restore(void)
{
	static const char *const capabilities[] = {"rmkx", "cnorm", "sgr0", "op", "rmcup"};

	screen.restore_bytes = 0;
	for (unsigned i = 0; i < G_N_ELEMENTS(capabilities); i++)
		append_capability(capabilities[i]);
}

static void
catch_signals(void)
{
	struct sigaction action = {.sa_handler = restore_and_die, .sa_flags = (int)SA_RESETHAND};

	sigemptyset(&action.sa_mask);
	for (unsigned i = 0; i < G_N_ELEMENTS(fatal_signals); i++)
		sigaction(fatal_signals[i], &action, NULL);
}

static void
release_signals(void)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(fatal_signals); i++)
		signal(fatal_signals[i], SIG_DFL);
}

/* ---- opening ---- */

static void
choose_attributes(void)
{
	const char *no_colour = getenv("NO_COLOR");
	static const short colours[SCREEN_STYLES] = {[SCREEN_TITLE] = COLOR_CYAN,
		[SCREEN_GOOD] = COLOR_BLUE,
		[SCREEN_BAD] = COLOR_YELLOW,
		[SCREEN_BAR] = COLOR_CYAN};

	screen.attributes[SCREEN_TITLE] = (int)A_BOLD;
	screen.attributes[SCREEN_DIM] = (int)A_DIM;
	screen.attributes[SCREEN_SELECTED] = (int)A_REVERSE;
	screen.attributes[SCREEN_BAD] = (int)A_BOLD;
	if ((no_colour && *no_colour) || !has_colors())
		return;
	start_color();
	use_default_colors();
	for (short i = 0; i < SCREEN_STYLES; i++) {
		if (!colours[i])
			continue;
		init_pair(i, colours[i], -1);
		screen.attributes[i] |= (int)COLOR_PAIR(i);
	}
}

bool
screen_open(const char **ret_why)
{
	int error;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		*ret_why = "the menu wants a terminal";
		return false;
	}
	if (setupterm(NULL, STDOUT_FILENO, &error) != OK ||
		tigetstr((char[]){"cup"}) == (char *)0) {
		*ret_why = "the menu wants a terminal that can move its cursor; TERM says it "
			   "cannot";
		return false;
	}
	tcgetattr(STDOUT_FILENO, &screen.before);
	prepare_restore();
	screen.utf8 = g_str_equal(nl_langinfo(CODESET), "UTF-8");
	initscr();
	screen.open = true;
	catch_signals();
	cbreak();
	noecho();
	keypad(stdscr, TRUE);
	set_escdelay(ESCAPE_MS);
	curs_set(0);
	choose_attributes();
	return true;
}

void
screen_close(void)
{
	if (!screen.open)
		return;
	screen.open = false;
	endwin();
	release_signals();
}

unsigned
screen_width(void)
{
	return (unsigned)MAX(COLS, 20);
}

unsigned
screen_height(void)
{
	return (unsigned)MAX(LINES, 6);
}

unsigned
screen_rows(void)
{
	return screen_height() - SCREEN_TOP - SCREEN_BOTTOM;
}

/* ---- writing ---- */

/* A letter as the terminal can show it. */
static void
append_letter(GString *text, gunichar letter)
{
	if (g_unichar_iscntrl(letter))
		letter = ' ';
	if (screen.utf8 || letter < 0x80) {
		g_string_append_unichar(text, letter);
		return;
	}
	if (letter == 0x2026) /* ellipsis */
		g_string_append_c(text, '~');
	else if (letter >= 0x2580 && letter <= 0x259f) /* blocks */
		g_string_append_c(text, '#');
	else if (letter == 0x25b8 || letter == 0x25be) /* triangles */
		g_string_append_c(text, letter == 0x25b8 ? '+' : '-');
	else if (letter == 0xd7)
		g_string_append_c(text, 'x');
	else
		g_string_append_c(text, '?');
}

static unsigned
letter_columns(gunichar letter)
{
	return g_unichar_iszerowidth(letter) ? 0 : g_unichar_iswide(letter) ? 2 : 1;
}

/* At most `width` columns; an ellipsis where some are cut. */
static char *
fit(const char *text, unsigned width, unsigned *ret_columns)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	GString *fitted = g_string_new(NULL);
	unsigned taken = 0, whole = 0;

	for (char *at = valid; *at; at = g_utf8_next_char(at))
		whole += letter_columns(g_utf8_get_char(at));
	for (char *at = valid; *at; at = g_utf8_next_char(at)) {
		const gunichar letter = g_utf8_get_char(at);
		const unsigned more = letter_columns(letter);

		if (whole > width && taken + more >= width) {
			append_letter(fitted, 0x2026);
			taken++;
			break;
		}
		append_letter(fitted, letter);
		taken += more;
	}
	*ret_columns = taken;
	return g_string_free(fitted, FALSE);
}

void
screen_put(unsigned row, unsigned column, unsigned width, enum screen_style style, const char *text)
{
	g_autofree char *fitted = NULL;
	unsigned taken;

	if (row >= screen_height() || column >= screen_width() || !width)
		return;
	width = MIN(width, screen_width() - column);
	fitted = fit(text, width, &taken);
	attrset(screen.attributes[style]);
	mvaddstr((int)row, (int)column, fitted);
	for (; style == SCREEN_SELECTED && taken < width; taken++)
		addch(' ');
	attrset(A_NORMAL);
}

static void
put_last_row(enum screen_style style, const char *text)
{
	move((int)screen_height() - 1, 0);
	clrtoeol();
	/* The last column of the last row is left alone: some terminals would scroll. */
	screen_put(screen_height() - 1, 0, screen_width() - 1, style, text);
}

void
screen_begin(const char *title, const char *subtitle, const char *keys)
{
	erase();
	screen_put(0, 0, screen_width(), SCREEN_TITLE, title);
	screen_put(1, 0, screen_width(), SCREEN_DIM, subtitle ? subtitle : "");
	put_last_row(SCREEN_DIM, keys);
}

/* ---- keys ---- */

static int
translate(int key)
{
	static const struct {
		int curses, ours;
	} table[] = {{KEY_UP, SCREEN_UP}, {KEY_DOWN, SCREEN_DOWN}, {KEY_LEFT, SCREEN_LEFT},
		{KEY_RIGHT, SCREEN_RIGHT}, {KEY_PPAGE, SCREEN_PAGE_UP},
		{KEY_NPAGE, SCREEN_PAGE_DOWN}, {KEY_HOME, SCREEN_HOME}, {KEY_END, SCREEN_END},
		{KEY_ENTER, SCREEN_ENTER}, {KEY_BACKSPACE, SCREEN_ERASE},
		{KEY_RESIZE, SCREEN_RESIZED}};

	for (unsigned i = 0; i < G_N_ELEMENTS(table); i++) {
		if (table[i].curses == key)
			return table[i].ours;
	}
	return KEY_NONE_OF_THESE;
}

static int
read_key(void)
{
	wint_t letter;
	const int kind = get_wch(&letter);

	if (kind == ERR)
		return SCREEN_CLOSED;
	if (kind == KEY_CODE_YES)
		return translate((int)letter);
	switch (letter) {
	case '\r':
	case '\n':
		return SCREEN_ENTER;
	case 27:
		return SCREEN_ESCAPE;
	case 8:
	case 127:
		return SCREEN_ERASE;
	default:
		return (int)letter;
	}
}

int
screen_key(void)
{
	refresh();
	return read_key();
}

void
screen_say(const char *text)
{
	put_last_row(SCREEN_BAD, text);
}

void
screen_busy(const char *text)
{
	put_last_row(SCREEN_DIM, text);
	refresh();
}

char *
screen_ask(const char *question, const char *first)
{
	GString *answer = g_string_new(first ? first : "");

	curs_set(1);
	for (;;) {
		g_autofree char *line = g_strconcat(question, answer->str, NULL);

		put_last_row(SCREEN_TITLE, line);
		const int key = screen_key();

		if (key == SCREEN_ENTER || key == SCREEN_ESCAPE || key == SCREEN_CLOSED) {
			curs_set(0);
			return g_string_free(answer, key != SCREEN_ENTER);
		}
		if (key == SCREEN_ERASE && answer->len) {
			const char *last =
				g_utf8_find_prev_char(answer->str, answer->str + answer->len);

			g_string_truncate(answer, last ? (gsize)(last - answer->str) : 0);
		} else if (key == 21) { /* Ctrl-U */
			g_string_truncate(answer, 0);
		} else if (key >= ' ' && key < KEY_NONE_OF_THESE) {
			g_string_append_unichar(answer, (gunichar)key);
		}
	}
}
