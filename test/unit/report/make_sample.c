/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Writes the sample profiles, of memory to argv[1] and of time to argv[2]: what the golden reports
 * are made from. */
#include <stdio.h>

#include "profile_write.h"
#include "synthetic.h"

static bool
write_profile(struct profile *profile, const char *path)
{
	GError *error = NULL;
	const bool written = profile_write(profile, path, &error);

	if (error)
		fprintf(stderr, "%s\n", error->message);
	profile_free(profile);
	return written;
}

int
main(int argc, char **argv)
{
	if (argc != 3)
		return 1;
	return write_profile(synthetic_sample(), argv[1]) &&
			       write_profile(synthetic_time_sample(), argv[2])
		       ? 0
		       : 1;
}
