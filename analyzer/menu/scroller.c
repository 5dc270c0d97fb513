/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* See scroller.h. */
#include <glib.h>

#include "screen.h"
#include "scroller.h"

void
scroller_fit(struct scroller *scroller, unsigned rows)
{
	if (scroller->at >= scroller->count)
		scroller->at = scroller->count ? scroller->count - 1 : 0;
	if (scroller->at < scroller->top)
		scroller->top = scroller->at;
	if (rows && scroller->at >= scroller->top + rows)
		scroller->top = scroller->at - rows + 1;
	/* No blank rows at the end while there are rows above. */
	if (scroller->top + rows > scroller->count)
		scroller->top = scroller->count > rows ? scroller->count - rows : 0;
}

bool
scroller_key(struct scroller *scroller, int key, unsigned rows)
{
	const unsigned last = scroller->count ? scroller->count - 1 : 0;
	const unsigned at = scroller->at;

	switch (key) {
	case SCREEN_UP:
	case 'k':
		scroller->at = at ? at - 1 : 0;
		return true;
	case SCREEN_DOWN:
	case 'j':
		scroller->at = MIN(at + 1, last);
		return true;
	case SCREEN_PAGE_UP:
		scroller->at = at > rows ? at - rows : 0;
		return true;
	case SCREEN_PAGE_DOWN:
	case ' ':
		scroller->at = MIN(at + rows, last);
		return true;
	case SCREEN_HOME:
	case 'g':
		scroller->at = 0;
		return true;
	case SCREEN_END:
	case 'G':
		scroller->at = last;
		return true;
	default:
		return false;
	}
}
