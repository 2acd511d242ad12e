// SPDX-License-Identifier: MIT
#include "codecs/blas.h"
#include "codecs/peer_faiss.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FILE_NAME "libpawl_peer_faiss.so"

const char *peer_faiss_absent(void)
{
    return PAWL_HAVE_FAISS ? NULL : "built without faiss: install libfaiss-dev and configure with -DPAWL_FAISS=ON";
}

/* `folder` is as seen from the program's own: an absolute path of the build would make two builds of the same code differ. */
static bool is_near(const char *folder, char path[PATH_MAX])
{
    ssize_t len = readlink("/proc/self/exe", path, PATH_MAX - 1);
    char *slash;

    if (len < 0)
        return false;
    path[len] = '\0';
    slash = strrchr(path, '/');
    if (!slash || (size_t)(slash + 1 - path) + strlen(folder) + sizeof(FILE_NAME) > PATH_MAX)
        return false;
    strcpy(slash + 1, folder);
    strcat(slash + 1, FILE_NAME);
    return access(path, R_OK) == 0;
}

const char *peer_faiss_path(void)
{
    static char path[PATH_MAX];

    if (peer_faiss_absent())
        return "";
    return is_near("", path) || is_near("../../codecs/", path) || is_near("../lib/pawl/", path) ? path : "";
}

static struct peer_faiss_functions functions;

static const struct {
    const char *name;
    void *where;
} symbols[] = {
    { "peer_faiss_version", &functions.version }, { "peer_faiss_free", &functions.free },
    { "peer_faiss_encode", &functions.encode },   { "peer_faiss_decode", &functions.decode },
    { "peer_faiss_side_bytes", &functions.side_bytes }, { "peer_faiss_train", &functions.train },
};

/* OpenBLAS goes first: it chooses its kernels when it is loaded, and blas_load() tells it which. */
const struct peer_faiss_functions *peer_faiss_load(struct err *err)
{
    void *module;

    if (functions.train)
        return &functions;
    if (peer_faiss_absent()) {
        err_set(err, ERR_HOST, "%s", peer_faiss_absent());
        return NULL;
    }
    if (blas_load(err) < 0)
        return NULL;
    if (!*peer_faiss_path()) {
        err_set(err, ERR_HOST, "%s is neither where it was built nor near the program: install both", FILE_NAME);
        return NULL;
    }
    module = dlopen(peer_faiss_path(), RTLD_NOW | RTLD_LOCAL); /* stays for the life of the process */
    if (!module) {
        err_set(err, ERR_HOST, "cannot load faiss: %s", dlerror());
        return NULL;
    }
    for (size_t i = 0; i < ARRAY_LEN(symbols); i++) {
        void *symbol = dlsym(module, symbols[i].name);

        if (!symbol) {
            err_set(err, ERR_HOST, "%s lacks '%s': is it of another build?", FILE_NAME, symbols[i].name);
            return NULL;
        }
        memcpy(symbols[i].where, &symbol, sizeof(symbol)); /* train, the last, tells that all are there */
    }
    return &functions;
}
