/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Any bytes as text of an XML 1.0 document. */
#ifndef THAG_XML_H
#define THAG_XML_H

/*
 * The text, ready to stand between tags and in attributes of either quote: & < > " ' as references;
 * what XML has no way to say (control characters, U+FFFE, bytes that are not UTF-8) as U+FFFD.
 * Free with g_free().
 */
char *xml_escape(const char *text);

#endif
