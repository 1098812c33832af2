/* What a process does to the files under $RECORD_ROOT, written down in $RECORD_JOURNAL, so that
   a test can tell what a power loss at any moment may leave of them; and, at will, faults.

   cc -shared -fPIC -o recorder.so recorder.c -ldl; LD_PRELOAD=recorder.so ...

   An event is six words (op, file, begin, offset, sizes of two texts) and the texts.  A file is
   known by its inode, a sync covers what was done before it began: the number of the event that
   began it counts from 'p', which begins a process.
   $FAULT = write|sync|alloc, $FAULT_AT = n, $FAULT_ERRNO = an errno, 0 for a short write:
   the n-th such call fails, and event '!' says so.  */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static const char *root, *ledger;
static int journal = -1, fault_at;
static uint64_t events;
static int calls;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static void note(char, uint64_t, uint64_t, uint64_t, const void *, uint64_t, const void *, uint64_t);

__attribute__((constructor)) static void begin(void) {
    root = getenv("RECORD_ROOT");
    ledger = getenv("RECORD_LEDGER");
    const char *path = getenv("RECORD_JOURNAL"), *at = getenv("FAULT_AT");
    if (root && path) journal = REAL(open)(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    fault_at = at ? atoi(at) : 0;
    if (journal >= 0) note('p', 0, 0, 0, 0, 0, 0, 0);
}

static int ours(const char *path) { return journal >= 0 && !strncmp(path, root, strlen(root)); }

static const char *path_of(int fd, char path[PATH_MAX]) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, PATH_MAX - 1);
    path[size < 0 ? 0 : size] = 0;
    return path;
}

static int of_fd(int fd) { /* 1: under the root, 2: the ledger */
    char path[PATH_MAX];
    if (journal < 0) return 0;
    path_of(fd, path);
    return ours(path) ? 1 : ledger && !strcmp(path, ledger) ? 2 : 0;
}

static uint64_t inode(int fd) {
    struct stat found;
    return fstat(fd, &found) ? 0 : found.st_ino;
}

static void note(char op, uint64_t file, uint64_t from, uint64_t offset, const void *one,
                 uint64_t size, const void *two, uint64_t more) {
    int kept = errno;
    uint64_t head[6] = {op, file, from, offset, size, more};
    struct iovec parts[3] = {{head, sizeof head}, {(void *)one, size}, {(void *)two, more}};
    pthread_mutex_lock(&mutex);
    if (writev(journal, parts, 3) < 0) abort();
    events++;
    pthread_mutex_unlock(&mutex);
    errno = kept;
}

static int fails(const char *kind) {
    const char *wanted = getenv("FAULT");
    if (!fault_at || !wanted || strcmp(wanted, kind)) return 0;
    pthread_mutex_lock(&mutex);
    int is_now = ++calls == fault_at;
    pthread_mutex_unlock(&mutex);
    if (is_now) note('!', 0, 0, 0, 0, 0, 0, 0);
    return is_now;
}

static int fault(void) { return atoi(getenv("FAULT_ERRNO")); }

static int opened(const char *path, int flags, int existed, int fd) {
    if (fd >= 0 && ours(path) && (flags & O_CREAT) && !existed)
        note('c', inode(fd), 0, 0, path, strlen(path), 0, 0);
    if (fd >= 0 && ours(path) && (flags & O_TRUNC) && existed)
        note('t', inode(fd), 0, 0, 0, 0, 0, 0);
    return fd;
}

#define OPEN(name)                                                        \
    int name(const char *path, int flags, ...) {                          \
        va_list rest;                                                     \
        va_start(rest, flags);                                            \
        int mode = flags & O_CREAT ? va_arg(rest, int) : 0;               \
        va_end(rest);                                                     \
        int existed = !access(path, F_OK);                                \
        return opened(path, flags, existed, REAL(name)(path, flags, mode)); \
    }
OPEN(open)
OPEN(open64)

ssize_t write(int fd, const void *data, size_t size) {
    int mine = of_fd(fd);
    if (mine == 2) note('a', 0, 0, 0, data, size, 0, 0);
    if (mine == 1 && fails("write")) {
        if (fault()) return errno = fault(), -1;
        size = size / 2;
    }
    off_t at = mine == 1 ? lseek(fd, 0, SEEK_CUR) : 0;
    ssize_t done = REAL(write)(fd, data, size);
    if (mine == 1 && done > 0) note('w', inode(fd), 0, at, data, done, 0, 0);
    return done;
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t at) {
    if (of_fd(fd) != 1) return REAL(pwritev64)(fd, parts, count, at);
    size_t size = 0;
    for (int i = 0; i < count; i++) size += parts[i].iov_len;
    char *data = malloc(size + 1), *end = data;
    for (int i = 0; i < count; i++) end = mempcpy(end, parts[i].iov_base, parts[i].iov_len);
    ssize_t done = -1;
    if (!fails("write")) done = REAL(pwrite64)(fd, data, size, at);
    else if (fault()) errno = fault();
    else done = REAL(pwrite64)(fd, data, size / 2, at);
    if (done > 0) note('w', inode(fd), 0, at, data, done, 0, 0);
    free(data);
    return done;
}
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) {
    return pwritev64(fd, parts, count, at);
}
ssize_t pwritev2(int fd, const struct iovec *parts, int count, off_t at, int flags) {
    return flags ? REAL(pwritev2)(fd, parts, count, at, flags) : pwritev64(fd, parts, count, at);
}
ssize_t pwritev64v2(int fd, const struct iovec *parts, int count, off64_t at, int flags) {
    return pwritev2(fd, parts, count, at, flags);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    struct iovec part = {(void *)data, size};
    return pwritev64(fd, &part, 1, at);
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    return pwrite64(fd, data, size, at);
}

#define SYNC(name)                                                        \
    int name(int fd) {                                                    \
        if (of_fd(fd) != 1) return REAL(name)(fd);                        \
        char path[PATH_MAX];                                              \
        path_of(fd, path);                                                \
        pthread_mutex_lock(&mutex);                                       \
        uint64_t from = events;                                           \
        pthread_mutex_unlock(&mutex);                                     \
        if (fails("sync")) {                                              \
            note('f', inode(fd), from, 0, path, strlen(path), 0, 0);                    \
            return errno = fault(), -1;                                   \
        }                                                                 \
        int done = REAL(name)(fd);                                        \
        if (!done) note('s', inode(fd), from, 0, path, strlen(path), 0, 0);             \
        return done;                                                      \
    }
SYNC(fsync)
SYNC(fdatasync)

#define SIZE(name, type)                                                  \
    int name(int fd, type size) {                                         \
        int done = REAL(name)(fd, size);                                  \
        if (!done && of_fd(fd) == 1) note('t', inode(fd), 0, size, 0, 0, 0, 0); \
        return done;                                                      \
    }
SIZE(ftruncate, off_t)
SIZE(ftruncate64, off64_t)

int posix_fallocate64(int fd, off64_t at, off64_t size) {
    int mine = of_fd(fd) == 1;
    if (mine && fails("alloc")) return fault();
    int done = REAL(posix_fallocate64)(fd, at, size);
    if (!done && mine) note('x', inode(fd), 0, at + size, 0, 0, 0, 0);
    return done;
}
int posix_fallocate(int fd, off_t at, off_t size) { return posix_fallocate64(fd, at, size); }

#define TWO(name, op)                                                     \
    int name(const char *one, const char *two) {                          \
        int done = REAL(name)(one, two);                                  \
        if (!done && (ours(one) || ours(two)))                            \
            note(op, 0, 0, 0, one, strlen(one), two, strlen(two));        \
        return done;                                                      \
    }
TWO(rename, 'r')
TWO(link, 'l')

int unlink(const char *path) {
    int done = REAL(unlink)(path);
    if (!done && ours(path)) note('u', 0, 0, 0, path, strlen(path), 0, 0);
    return done;
}
int mkdir(const char *path, mode_t mode) {
    int done = REAL(mkdir)(path, mode);
    if (!done && ours(path)) note('m', 0, 0, 0, path, strlen(path), 0, 0);
    return done;
}
