/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The terminal while the menu has it: ncurses behind the few things that the menu needs.
 *
 *	+---------------------------------------------------------------+ row 0
 *	| title                                                          |
 *	| what it is about                                               |
 *	+---------------------------------------------------------------+ SCREEN_TOP
 *	| the page's rows                                                |
 *	+---------------------------------------------------------------+ last row
 *	| keys                                                           |
 *
 * Whatever ends the program, the terminal is given back as it was: the handlers of fatal signals
 * write what they need from memory prepared before, call nothing but write() and tcsetattr(), and
 * let the signal do its work. Works without colour (NO_COLOR, TERM=vt100) and outside of UTF-8,
 * where blocks and dots are drawn with ASCII.
 */
#ifndef THAG_MENU_SCREEN_H
#define THAG_MENU_SCREEN_H

#include <stdbool.h>

enum {
	SCREEN_TOP = 3,
	SCREEN_BOTTOM = 1,
};

enum screen_style {
	SCREEN_PLAIN,
	SCREEN_TITLE,
	SCREEN_DIM,
	SCREEN_SELECTED,
	SCREEN_GOOD,
	SCREEN_BAD,
	SCREEN_BAR,
	SCREEN_STYLES,
};

/* Keys beside characters, which are themselves. */
enum screen_key {
	KEY_NONE_OF_THESE = 0x110000,
	SCREEN_UP,
	SCREEN_DOWN,
	SCREEN_LEFT,
	SCREEN_RIGHT,
	SCREEN_PAGE_UP,
	SCREEN_PAGE_DOWN,
	SCREEN_HOME,
	SCREEN_END,
	SCREEN_ENTER,
	SCREEN_ESCAPE,
	SCREEN_ERASE,
	SCREEN_RESIZED,
	SCREEN_CLOSED, /* the terminal is gone */
};

/* Takes the terminal. Returns false where it cannot do what is needed; `ret_why` says why. */
bool screen_open(const char **ret_why);

/* Gives it back; may be called again, and when it was never opened. */
void screen_close(void);

unsigned screen_width(void);
unsigned screen_height(void);

/* Rows between title and keys. */
unsigned screen_rows(void);

/* Begins a page: nothing on it but title, subtitle and the line of keys. */
void screen_begin(const char *title, const char *subtitle, const char *keys);

/*
 * Writes text, at most `width` columns of it, and blanks up to there where the style is that of
 * what is selected. UTF-8; control characters are blanks.
 */
void screen_put(
	unsigned row, unsigned column, unsigned width, enum screen_style style, const char *text);

/* Shows the page and waits for a key: a character, or enum screen_key. */
int screen_key(void);

/* Asks for a line of text in the last row. NULL: given up. g_free() it. */
char *screen_ask(const char *question, const char *first);

/* Says something in the last row, until the next key. */
void screen_say(const char *text);

/* Something takes long: in the last row, at once. */
void screen_busy(const char *text);

#endif
