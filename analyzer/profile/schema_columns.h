/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* How the descriptions of profile_schema.h are written: for the files that state tables. */
#ifndef THAG_SCHEMA_COLUMNS_H
#define THAG_SCHEMA_COLUMNS_H

#include "profile_schema.h"

/* A column that is called as the member that it is. */
#define COLUMN(kind, type, member) NAMED(kind, type, #member, member)

#define NAMED(kind, type, name, member) ADDED(0, kind, type, name, member)

/* One that files have since minor version `minor`. */
#define ADDED(minor, kind, type, name, member)                                                     \
	{                                                                                          \
		name, SCHEMA_##kind, offsetof(struct type, member), minor                          \
	}

#define COLUMNS(array)                                                                             \
	{                                                                                          \
		array, G_N_ELEMENTS(array)                                                         \
	}

/* `member` of struct profile has its rows, of which the first has number `from`. */
#define TABLE(table, array, member, from)                                                          \
	{                                                                                          \
		table, COLUMNS(array), offsetof(struct profile, member), from                      \
	}

#endif
