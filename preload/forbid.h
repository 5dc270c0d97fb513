/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Names of libc that would allocate, lock, print, set errno or end the process. The last include of
 * every file of the preload, so that a slip does not compile.
 */
#ifndef THAG_PRELOAD_FORBID_H
#define THAG_PRELOAD_FORBID_H

#pragma GCC poison calloc realloc strdup strndup asprintf vasprintf
#pragma GCC poison printf fprintf sprintf snprintf vfprintf puts fputs perror
#pragma GCC poison fopen fdopen fclose fread fwrite fgets getline opendir
#pragma GCC poison exit _exit abort raise assert err errx warn
#pragma GCC poison setenv putenv unsetenv system popen fork vfork execve
#pragma GCC poison dl_iterate_phdr backtrace dladdr pthread_mutex_lock pthread_once
#pragma GCC poison errno strerror usleep nanosleep sleep

#endif
