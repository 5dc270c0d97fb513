/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The pool as a file, and who uses it. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "pool_file.h"

static struct pool_file
create(void)
{
	struct options options;
	struct pool_file file;
	char *why = NULL;

	options_init(&options);
	options.min_size_bytes = 77;
	cr_assert_eq(pool_file_create(&options, &file, &why), 0, "%s", why);
	return file;
}

Test(pool_file, a_new_one_is_private_valid_and_backed)
{
	struct pool_file file = create();
	struct stat status;

	cr_assert_eq(fstat(file.fd, &status), 0);
	cr_expect_eq(status.st_mode & 0777, 0600);
	cr_expect_eq((uint64_t)status.st_size, pool_file_bytes());
	cr_expect(pool_is_valid(file.pool));
	cr_expect_eq(file.pool->options.min_size_bytes, 77);
	cr_expect_geq((uint64_t)status.st_blocks * 512,
		pool_header_bytes() + (uint64_t)POOL_CHUNKS_INITIAL * POOL_CHUNK_BYTES);
	pool_file_fini(&file);
}

Test(pool_file, it_is_found_by_its_path_and_gone_at_the_end)
{
	struct pool_file file = create(), other;
	g_autofree char *path = g_strdup(file.path);
	char *why = NULL;

	cr_assert_eq(pool_file_open(path, &other, &why), 0);
	other.pool->options.min_size_bytes = 78;
	cr_expect_eq(file.pool->options.min_size_bytes, 78);
	pool_file_fini(&other);
	cr_expect_eq(access(path, F_OK), -1);
	pool_file_fini(&file);
}

Test(pool_file, what_is_no_pool_is_refused)
{
	struct pool_file file;
	g_autofree char *why = NULL;
	g_autofree char *absent = NULL;

	cr_expect_eq(pool_file_open("/proc/self/exe", &file, &why), -ELOOP);
	cr_expect_eq(pool_file_open("/no/such/pool", &file, &absent), -ENOENT);
	cr_expect_str_eq(absent, "/no/such/pool: No such file or directory");

	struct pool_file made = create();
	g_autofree char *version = NULL;

	made.pool->version++;
	cr_expect_eq(pool_file_open(made.path, &file, &version), -EPROTO);
	pool_file_fini(&made);
}

Test(pool_file, a_mapping_in_another_process_counts_as_use_until_it_ends)
{
	struct pool_file file = create();
	int ready[2], leave[2];
	char byte;

	if (pool_file_users(&file) == POOL_FILE_UNKNOWN) {
		pool_file_fini(&file);
		cr_skip_test("this file system has no leases");
	}
	cr_expect_eq(pool_file_users(&file), POOL_FILE_UNUSED);
	cr_assert_eq(pipe(ready) | pipe(leave), 0);
	const pid_t pid = fork();

	if (!pid) {
		const int fd = open(file.path, O_RDWR);
		const void *memory = mmap(NULL, pool_file_bytes(), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_NORESERVE, fd, 0);

		/* The mapping alone stays, as in a profiled program. */
		close(fd);
		munmap(file.pool, pool_file_bytes());
		close(file.fd);
		if (memory == MAP_FAILED || write(ready[1], "r", 1) != 1)
			_exit(1);
		close(leave[1]);
		_exit(read(leave[0], &byte, 1) == 1);
	}
	cr_assert_eq(read(ready[0], &byte, 1), 1);
	cr_expect_eq(pool_file_users(&file), POOL_FILE_USED);
	close(leave[1]);
	waitpid(pid, NULL, 0);
	cr_expect_eq(pool_file_users(&file), POOL_FILE_UNUSED);
	pool_file_fini(&file);
}

Test(pool_file, a_limit_on_file_sizes_is_an_error_and_no_signal)
{
	const struct rlimit limit = {1 << 20, 1 << 20};
	struct options options;
	struct pool_file file;
	g_autofree char *why = NULL;

	options_init(&options);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	cr_expect_eq(pool_file_create(&options, &file, &why), -EFBIG);
	cr_expect(strstr(why, "ulimit -f"), "%s", why);
}
