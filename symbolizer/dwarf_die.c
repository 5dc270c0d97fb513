/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <dwarf.h>
#include "dwarf_die.h"

/* Real chains have two links, origin and specification; broken ones may run in a circle. */
#define DWARF_DIE_LINKS_MAX 16

static bool
dwarf_die_follow(Dwarf_Die *die, unsigned attribute, Dwarf_Die *ret_die)
{
	Dwarf_Attribute link;
	Dwarf_Die target;

	if (!dwarf_attr(die, attribute, &link) || !dwarf_formref_die(&link, &target))
		return false;
	*ret_die = target;
	return true;
}

bool
dwarf_die_origin(Dwarf_Die *die, Dwarf_Die *ret_origin)
{
	return dwarf_die_follow(die, DW_AT_abstract_origin, ret_origin);
}

Dwarf_Die
dwarf_die_declaration(Dwarf_Die die)
{
	for (unsigned i = 0; i < DWARF_DIE_LINKS_MAX; i++)
		if (!dwarf_die_follow(&die, DW_AT_abstract_origin, &die) &&
			!dwarf_die_follow(&die, DW_AT_specification, &die))
			break;
	return die;
}

uint64_t
dwarf_die_number(Dwarf_Die *die, unsigned attribute)
{
	Dwarf_Attribute found;
	Dwarf_Word number;

	if (!dwarf_attr(die, attribute, &found) || dwarf_formudata(&found, &number) != 0)
		return 0;
	return number;
}
