// SPDX-License-Identifier: MIT
/* pin.c -- strict binding, each time read back: hwloc reports success for a binding to a model, and a cgroup may change
 * between the plan and the binding. */
#include "machine/pin.h"

#include "machine/topology_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int refuse_model(const struct topology *topology, const char *what, struct err *err)
{
    if (!topology->host)
        return err_set(err, ERR_HOST, "cannot bind %s: the topology is a model, not this host", what);
    return 0;
}

/* Binds the thread, and reads back the binding and where it then runs. */
static int bind_cpus(const struct topology *topology, hwloc_const_bitmap_t set, struct err *err)
{
    hwloc_bitmap_t got = hwloc_bitmap_alloc();
    int ret = -1;

    if (!got) {
        err_set(err, ERR_HARNESS, "no memory for a set of cpus");
    } else if (hwloc_set_cpubind(topology->hwloc, set, HWLOC_CPUBIND_THREAD | HWLOC_CPUBIND_STRICT) < 0) {
        err_set(err, ERR_HOST, "the kernel refuses: %s", strerror(errno));
    } else if (hwloc_get_cpubind(topology->hwloc, got, HWLOC_CPUBIND_THREAD | HWLOC_CPUBIND_STRICT) < 0) {
        err_set(err, ERR_HOST, "cannot read the binding back: %s", strerror(errno));
    } else if (!hwloc_bitmap_isequal(got, set)) {
        err_set(err, ERR_HOST, "bound, but another set of cpus is read back");
    } else if (hwloc_get_last_cpu_location(topology->hwloc, got, HWLOC_CPUBIND_THREAD) < 0) {
        err_set(err, ERR_HOST, "cannot read where the thread runs: %s", strerror(errno));
    } else if (hwloc_bitmap_iszero(got) || !hwloc_bitmap_isincluded(got, set)) {
        err_set(err, ERR_HOST, "bound, but the thread runs on cpu %d", hwloc_bitmap_first(got));
    } else {
        ret = 0;
    }
    hwloc_bitmap_free(got);
    return ret;
}

int pin_thread(const struct topology *topology, int pu, struct err *err)
{
    hwloc_bitmap_t set;
    int ret = -1;

    if (refuse_model(topology, "a thread", err) < 0)
        return -1;
    if (!topology_allows(topology, pu))
        return err_set(err, ERR_HOST, "cpu %d is not among those that this process may use (cgroup, taskset)", pu);
    set = hwloc_bitmap_alloc();
    if (!set || hwloc_bitmap_set(set, (unsigned)pu) < 0)
        err_set(err, ERR_HARNESS, "no memory for a set of cpus");
    else
        ret = bind_cpus(topology, set, err);
    hwloc_bitmap_free(set);
    return ret < 0 ? err_wrap(err, "cannot bind a thread to cpu %d", pu) : 0;
}

/* The NUMA node of `pu` that has memory; the first where there are several, because the kernel numbers ordinary memory
 * before the special kinds (high-bandwidth, CXL). NULL where there is none. */
static hwloc_obj_t node_of(const struct topology *topology, int pu)
{
    for (hwloc_obj_t node = NULL; (node = hwloc_get_next_obj_by_type(topology->hwloc, HWLOC_OBJ_NUMANODE, node));)
        if (hwloc_bitmap_isset(node->cpuset, (unsigned)pu) && node->attr->numanode.local_memory > 0)
            return node;
    return NULL;
}

/* Touches a fresh page and asks the kernel where it is: -1 with errno, 0 elsewhere, 1 in `nodeset`. */
static int page_is_in(const struct topology *topology, hwloc_const_bitmap_t nodeset)
{
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    hwloc_bitmap_t got = hwloc_bitmap_alloc();
    char *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int ret = -1, why = ENOMEM;

    if (got && page != MAP_FAILED) {
        *(volatile char *)page = 1;
        if (hwloc_get_area_memlocation(topology->hwloc, page, size, got, HWLOC_MEMBIND_BYNODESET) == 0)
            ret = !hwloc_bitmap_iszero(got) && hwloc_bitmap_isincluded(got, nodeset);
        else
            why = errno;
    }
    if (page != MAP_FAILED)
        munmap(page, size);
    hwloc_bitmap_free(got);
    errno = why;
    return ret;
}

static int bind_memory(const struct topology *topology, hwloc_const_bitmap_t nodeset, struct err *err)
{
    int flags = HWLOC_MEMBIND_THREAD | HWLOC_MEMBIND_STRICT | HWLOC_MEMBIND_BYNODESET;
    int in;

    if (hwloc_set_membind(topology->hwloc, nodeset, HWLOC_MEMBIND_BIND, flags) < 0)
        return err_set(err, ERR_HOST, "the kernel refuses: %s", strerror(errno));
    in = page_is_in(topology, nodeset);
    if (in < 0)
        return err_set(err, ERR_HOST, "cannot read where a new page is: %s", strerror(errno));
    if (in == 0)
        return err_set(err, ERR_HOST, "bound, but a new page is on another node");
    return 0;
}

int pin_memory(const struct topology *topology, int pu, struct err *err)
{
    /* With one node every page is where it should be, and a container often may not bind memory (ENOSYS, EPERM): it is
     * tried there, so that the path is used on every host, but a refusal means nothing. */
    bool one_node = hwloc_get_nbobjs_by_type(topology->hwloc, HWLOC_OBJ_NUMANODE) <= 1;
    hwloc_obj_t node;

    if (refuse_model(topology, "memory", err) < 0)
        return -1;
    if (!topology_allows(topology, pu))
        return err_set(err, ERR_HOST, "cpu %d is not among those that this process may use (cgroup, taskset)", pu);
    node = node_of(topology, pu);
    if (node && bind_memory(topology, node->nodeset, err) == 0)
        return 0;
    if (one_node) {
        *err = (struct err){ 0 };
        return 0;
    }
    if (!node)
        return err_set(err, ERR_HOST, "cannot bind memory: cpu %d has no NUMA node with memory", pu);
    return err_wrap(err, "cannot bind memory to node %u of cpu %d", node->os_index, pu);
}
