/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <dwarf.h>
#include <stdlib.h>
#include <string.h>
#include "demangle.h"
#include "dwarf_die.h"
#include "dwarf_scopes.h"

enum {
	SCOPES_DEPTH_MAX = 256, /* levels of entries from a unit to a declaration */
	SCOPES_LOCAL_MAX = 8,	/* functions within functions within ... a name is made of */
};

/* An entry that may have others in it. */
struct scope {
	Dwarf_Die die;
	GArray *children; /* struct scope, by position; NULL: not listed yet */
};

struct dwarf_scopes {
	struct symbol_names *names;
	GHashTable *units;     /* position of a unit's first entry -> struct scope */
	GHashTable *functions; /* position of an entry -> its name */
};

static void
scope_clear(void *scope_)
{
	struct scope *scope = scope_;

	g_clear_pointer(&scope->children, g_array_unref);
}

static void
scope_free(void *scope)
{
	scope_clear(scope);
	g_free(scope);
}

struct dwarf_scopes *
dwarf_scopes_new(struct symbol_names *names)
{
	struct dwarf_scopes *scopes = g_new0(struct dwarf_scopes, 1);

	scopes->names = names;
	scopes->units = g_hash_table_new_full(NULL, NULL, NULL, scope_free);
	scopes->functions = g_hash_table_new(NULL, NULL);
	return scopes;
}

void
dwarf_scopes_free(struct dwarf_scopes *scopes)
{
	if (!scopes)
		return;
	g_hash_table_unref(scopes->units);
	g_hash_table_unref(scopes->functions);
	g_free(scopes);
}

static struct scope *
scopes_unit(struct dwarf_scopes *scopes, Dwarf_Die *die)
{
	Dwarf_Die unit;
	struct scope *scope;

	if (!dwarf_diecu(die, &unit, NULL, NULL))
		return NULL;
	scope = g_hash_table_lookup(scopes->units, unit.addr);
	if (!scope) {
		scope = g_new0(struct scope, 1);
		scope->die = unit;
		g_hash_table_insert(scopes->units, unit.addr, scope);
	}
	return scope;
}

static void
scope_list_children(struct scope *scope)
{
	Dwarf_Die child;

	scope->children = g_array_new(FALSE, FALSE, sizeof(struct scope));
	g_array_set_clear_func(scope->children, scope_clear);
	for (bool more = dwarf_die_child(&scope->die, &child); more;
		more = dwarf_die_sibling(&child, &child)) {
		const struct scope listed = {.die = child};

		g_array_append_val(scope->children, listed);
	}
}

/* The child that is, or has somewhere in it, the entry at `position`. */
static struct scope *
scope_towards(struct scope *scope, const char *position)
{
	guint low = 0, high;

	if (!scope->children)
		scope_list_children(scope);
	high = scope->children->len;
	while (low < high) {
		const guint middle = low + (high - low) / 2;

		if ((const char *)g_array_index(scope->children, struct scope, middle).die.addr <=
			position)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &g_array_index(scope->children, struct scope, low - 1) : NULL;
}

static const char *scopes_name(struct dwarf_scopes *scopes, Dwarf_Die *function, unsigned local);

static const char *
scopes_unnamed(int tag, const char *function)
{
	if (tag == DW_TAG_namespace)
		return "(anonymous namespace)";
	return strcmp(function, "operator()") == 0 ? "{lambda}" : "{unnamed}";
}

/* What an entry around the declaration of `function` adds to its name; NULL: nothing. */
static const char *
scopes_part(struct dwarf_scopes *scopes, Dwarf_Die *die, const char *function, unsigned local)
{
	const int tag = dwarf_tag(die);
	const char *name;

	switch (tag) {
	case DW_TAG_subprogram:
		return local < SCOPES_LOCAL_MAX ? scopes_name(scopes, die, local + 1) : NULL;
	case DW_TAG_namespace:
	case DW_TAG_module:
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_union_type:
	case DW_TAG_interface_type:
	case DW_TAG_enumeration_type:
		name = dwarf_diename(die);
		return name && *name ? name : scopes_unnamed(tag, function);
	default:
		return NULL;
	}
}

/* "outer::inner::" before `name`. */
static char *
scopes_qualify(
	struct dwarf_scopes *scopes, Dwarf_Die *declaration, const char *name, unsigned local)
{
	GString *text = g_string_new(NULL);
	struct scope *scope = scopes_unit(scopes, declaration);

	for (unsigned depth = 0; scope && depth < SCOPES_DEPTH_MAX; depth++) {
		const char *part;

		scope = scope_towards(scope, declaration->addr);
		if (!scope || scope->die.addr == declaration->addr)
			break;
		part = scopes_part(scopes, &scope->die, name, local);
		if (!part)
			continue;
		if (dwarf_tag(&scope->die) == DW_TAG_subprogram)
			g_string_truncate(text, 0);
		g_string_append_printf(text, "%s::", part);
	}
	g_string_append(text, name);
	return g_string_free(text, FALSE);
}

static const char *
scopes_linkage_name(Dwarf_Die *function)
{
	Dwarf_Attribute attribute;

	if (!dwarf_attr_integrate(function, DW_AT_linkage_name, &attribute) &&
		!dwarf_attr_integrate(function, DW_AT_MIPS_linkage_name, &attribute))
		return NULL;
	return dwarf_formstring(&attribute);
}

static const char *
scopes_make_name(struct dwarf_scopes *scopes, Dwarf_Die *function, unsigned local)
{
	const char *linkage_name = scopes_linkage_name(function);
	const char *name, *interned;
	Dwarf_Die declaration;
	char *text = linkage_name ? demangle_name(linkage_name) : NULL;

	if (text) {
		interned = symbol_names_intern(scopes->names, text);
		free(text);
		return interned;
	}
	if (!(name = dwarf_diename(function)))
		return linkage_name ? symbol_names_intern(scopes->names, linkage_name) : NULL;
	declaration = dwarf_die_declaration(*function);
	text = scopes_qualify(scopes, &declaration, name, local);
	interned = symbol_names_intern(scopes->names, text);
	g_free(text);
	return interned;
}

static const char *
scopes_name(struct dwarf_scopes *scopes, Dwarf_Die *function, unsigned local)
{
	void *known;
	const char *name;

	if (g_hash_table_lookup_extended(scopes->functions, function->addr, NULL, &known))
		return known;
	name = scopes_make_name(scopes, function, local);
	g_hash_table_insert(scopes->functions, function->addr, (gpointer)(uintptr_t)name);
	return name;
}

const char *
dwarf_scopes_function(struct dwarf_scopes *scopes, Dwarf_Die *function)
{
	Dwarf_Die origin;

	/* Of an inlined body all is in its origin, which all its places share. */
	if (dwarf_tag(function) == DW_TAG_inlined_subroutine && dwarf_die_origin(function, &origin))
		return scopes_name(scopes, &origin, 0);
	return scopes_name(scopes, function, 0);
}
