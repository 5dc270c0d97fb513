/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Writes the sample profile to argv[1]: what the golden reports are made from. */
#include <stdio.h>

#include "profile_write.h"
#include "synthetic.h"

int
main(int argc, char **argv)
{
	struct profile *profile = synthetic_sample();
	GError *error = NULL;
	const bool written = argc == 2 && profile_write(profile, argv[1], &error);

	if (error)
		fprintf(stderr, "%s\n", error->message);
	profile_free(profile);
	return written ? 0 : 1;
}
