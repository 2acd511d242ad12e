// SPDX-License-Identifier: MIT
/* topology.c -- loads hwloc's view once and cuts it into domains.
 *
 * The whole machine is loaded (INCLUDE_DISALLOWED) and the allowed set is kept beside it. That gives two answers from
 * one load: the plan, which stays inside the cgroup and the `taskset` mask, and the size of the machine's own domain,
 * which names the host class and must stay the same under any mask. IS_THISSYSTEM is not set on purpose: with it, a
 * HWLOC_XMLFILE in the environment would pass for this host. */
#include "machine/topology_private.h"

#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Only cores, caches and what cannot be left out: less to read in /sys, and no PCI bus to walk. */
static int load(hwloc_topology_t hwloc)
{
    unsigned long flags = HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED | HWLOC_TOPOLOGY_FLAG_NO_DISTANCES |
                          HWLOC_TOPOLOGY_FLAG_NO_MEMATTRS | HWLOC_TOPOLOGY_FLAG_NO_CPUKINDS;

    if (hwloc_topology_set_all_types_filter(hwloc, HWLOC_TYPE_FILTER_KEEP_NONE) < 0 ||
        hwloc_topology_set_type_filter(hwloc, HWLOC_OBJ_L3CACHE, HWLOC_TYPE_FILTER_KEEP_ALL) < 0 ||
        hwloc_topology_set_type_filter(hwloc, HWLOC_OBJ_L2CACHE, HWLOC_TYPE_FILTER_KEEP_ALL) < 0 ||
        hwloc_topology_set_type_filter(hwloc, HWLOC_OBJ_L1CACHE, HWLOC_TYPE_FILTER_KEEP_ALL) < 0 ||
        hwloc_topology_set_type_filter(hwloc, HWLOC_OBJ_CORE, HWLOC_TYPE_FILTER_KEEP_ALL) < 0 ||
        hwloc_topology_set_flags(hwloc, flags) < 0)
        return -1;
    return hwloc_topology_load(hwloc);
}

/* The PUs of `cpuset`, in hwloc's logical order (package, L3, core), with those of PU 0's core moved to the end.
 * OS numbers may alternate between packages; the logical order does not. */
static void order_pus(hwloc_topology_t hwloc, hwloc_const_bitmap_t cpuset, struct domain *domain)
{
    hwloc_obj_t pu0 = hwloc_get_pu_obj_by_os_index(hwloc, 0);
    hwloc_obj_t core0 = pu0 ? hwloc_get_ancestor_obj_by_type(hwloc, HWLOC_OBJ_CORE, pu0) : NULL;
    hwloc_obj_t last = core0 ? core0 : pu0;
    int n = 0;

    domain->pus = mem_array((size_t)hwloc_bitmap_weight(cpuset), sizeof(int));
    for (int housekeeping = 0; housekeeping < 2; housekeeping++) {
        for (hwloc_obj_t pu = NULL; (pu = hwloc_get_next_obj_by_type(hwloc, HWLOC_OBJ_PU, pu));) {
            bool of_pu0 = last && hwloc_bitmap_isset(last->cpuset, pu->os_index);

            if (of_pu0 == (housekeeping == 1) && hwloc_bitmap_isset(cpuset, pu->os_index))
                domain->pus[n++] = (int)pu->os_index;
        }
    }
    domain->n_pus = n;
}

/* One PU per core of what `usable` leaves of `whole`. False where that is nothing: an L3 may lie outside the mask. */
static bool make_domain(hwloc_topology_t hwloc, hwloc_const_bitmap_t whole, hwloc_const_bitmap_t usable,
                        uint64_t l3_bytes, struct domain *domain)
{
    hwloc_bitmap_t cpuset = hwloc_bitmap_alloc();
    bool some;

    if (!cpuset || hwloc_bitmap_and(cpuset, whole, usable) < 0 || hwloc_bitmap_singlify_per_core(hwloc, cpuset, 0) < 0)
        BUG("hwloc has no memory for a set of cpus");
    some = !hwloc_bitmap_iszero(cpuset);
    if (some) {
        *domain = (struct domain){ .l3_bytes = l3_bytes };
        order_pus(hwloc, cpuset, domain);
    }
    hwloc_bitmap_free(cpuset);
    return some;
}

/* All domains of `usable`; *chosen is the one to measure in. Where no L3 is shown, or none has a usable PU (the
 * low-power cores of some laptops have no L3), all that is usable is one domain. */
static struct domain *make_domains(hwloc_topology_t hwloc, hwloc_const_bitmap_t usable, int *n_domains, int *chosen)
{
    int n_l3 = hwloc_get_nbobjs_by_type(hwloc, HWLOC_OBJ_L3CACHE);
    struct domain *domains = mem_array(n_l3 > 0 ? (size_t)n_l3 : 1, sizeof(*domains));
    int n = 0;

    for (int i = 0; i < n_l3; i++) {
        hwloc_obj_t l3 = hwloc_get_obj_by_type(hwloc, HWLOC_OBJ_L3CACHE, (unsigned)i);

        if (make_domain(hwloc, l3->cpuset, usable, l3->attr->cache.size, &domains[n]))
            n++;
    }
    if (n == 0 && make_domain(hwloc, hwloc_get_root_obj(hwloc)->cpuset, usable, 0, &domains[0]))
        n = 1;

    *chosen = 0;
    for (int i = 1; i < n; i++) {
        const struct domain *best = &domains[*chosen];

        if (domains[i].n_pus > best->n_pus || (domains[i].n_pus == best->n_pus && domains[i].l3_bytes > best->l3_bytes))
            *chosen = i;
    }
    *n_domains = n;
    return domains;
}

static void free_domains(struct domain *domains, int n)
{
    for (int i = 0; i < n; i++)
        free(domains[i].pus);
    free(domains);
}

/* Fills what is derived from a loaded handle. */
static int derive(struct topology *topology, struct err *err)
{
    hwloc_topology_t hwloc = topology->hwloc;
    struct domain *all;
    int n_all, chosen;

    topology->allowed = hwloc_bitmap_dup(hwloc_topology_get_allowed_cpuset(hwloc));
    if (!topology->allowed)
        return err_set(err, ERR_HARNESS, "no memory for a set of cpus");
    if (topology->host) {
        hwloc_bitmap_t mask = hwloc_bitmap_alloc();
        int ret = mask ? hwloc_get_cpubind(hwloc, mask, HWLOC_CPUBIND_THREAD) : -1;

        if (ret == 0)
            hwloc_bitmap_and(topology->allowed, topology->allowed, mask);
        hwloc_bitmap_free(mask);
        if (ret < 0)
            return err_set(err, ERR_HOST, "cannot read which cpus this process may use: %s", strerror(errno));
    }

    topology->domains = make_domains(hwloc, topology->allowed, &topology->n_domains, &topology->chosen);
    if (topology->n_domains == 0)
        return err_set(err, ERR_HOST, "no cpu that this process may use");

    all = make_domains(hwloc, hwloc_topology_get_topology_cpuset(hwloc), &n_all, &chosen);
    topology->class_bytes = all[chosen].l3_bytes;
    topology->class_cores = all[chosen].n_pus;
    free_domains(all, n_all);
    return 0;
}

struct topology *topology_host(struct err *err)
{
    struct topology *topology = mem_array(1, sizeof(*topology));

    topology->host = true;
    /* hwloc prints of its own accord, as in a chroot without /sys, where it then asks CPUID: the doctor says what was
     * found. */
    setenv("HWLOC_HIDE_ERRORS", "2", 0);
    if (hwloc_topology_init(&topology->hwloc) < 0 || load(topology->hwloc) < 0) {
        err_set(err, ERR_HOST, "hwloc cannot read the topology of this host: %s", strerror(errno));
        goto fail;
    }
    if (!hwloc_topology_is_thissystem(topology->hwloc)) {
        err_set(err, ERR_HOST,
                "hwloc shows a model, not this host: unset HWLOC_XMLFILE, HWLOC_SYNTHETIC, HWLOC_FSROOT and "
                "HWLOC_THISSYSTEM");
        goto fail;
    }
    if (derive(topology, err) < 0)
        goto fail;
    return topology;
fail:
    topology_free(topology);
    return NULL;
}

struct topology *topology_file(const char *xml_path, struct err *err)
{
    struct topology *topology = mem_array(1, sizeof(*topology));

    if (hwloc_topology_init(&topology->hwloc) < 0) {
        err_set(err, ERR_HARNESS, "cannot start hwloc: %s", strerror(errno));
        goto fail;
    }
    if (hwloc_topology_set_xml(topology->hwloc, xml_path) < 0 || load(topology->hwloc) < 0) {
        err_set(err, ERR_CONFIG, "cannot read topology '%s': missing, or not an XML file of hwloc", xml_path);
        goto fail;
    }
    if (derive(topology, err) < 0) {
        err_wrap(err, "topology '%s'", xml_path);
        goto fail;
    }
    return topology;
fail:
    topology_free(topology);
    return NULL;
}

void topology_free(struct topology *topology)
{
    if (!topology)
        return;
    free_domains(topology->domains, topology->n_domains);
    hwloc_bitmap_free(topology->allowed);
    if (topology->hwloc)
        hwloc_topology_destroy(topology->hwloc);
    free(topology);
}

bool topology_is_host(const struct topology *topology)
{
    return topology->host;
}

const struct domain *topology_domain(const struct topology *topology)
{
    return &topology->domains[topology->chosen];
}

/* Ten percent are one tick of a probe of 100 ms: finer steps would be noise. */
static int busyness(double percent)
{
    return percent > TOPOLOGY_QUIET_PERCENT ? (int)(percent / 10) : 0;
}

void topology_prefer_quiet(struct topology *topology, const double *busy_percent)
{
    struct domain *domain = &topology->domains[topology->chosen];
    int *rank = mem_array((size_t)domain->n_pus, sizeof(*rank));

    for (int i = 0; i < domain->n_pus; i++) { /* insertion: few cores, and equal ones keep their order */
        int pu = domain->pus[i], its = busyness(busy_percent[i]), j = i;

        for (; j > 0 && rank[j - 1] > its; j--) {
            rank[j] = rank[j - 1];
            domain->pus[j] = domain->pus[j - 1];
        }
        rank[j] = its;
        domain->pus[j] = pu;
    }
    free(rank);
}

int topology_n_domains(const struct topology *topology)
{
    return topology->n_domains;
}

bool topology_allows(const struct topology *topology, int pu)
{
    return pu >= 0 && hwloc_bitmap_isset(topology->allowed, (unsigned)pu);
}

int topology_siblings(const struct topology *topology, int pu, int *pus, int max)
{
    hwloc_obj_t obj = pu < 0 ? NULL : hwloc_get_pu_obj_by_os_index(topology->hwloc, (unsigned)pu);
    hwloc_obj_t core = obj ? hwloc_get_ancestor_obj_by_type(topology->hwloc, HWLOC_OBJ_CORE, obj) : NULL;
    hwloc_const_bitmap_t cpuset = core ? core->cpuset : obj ? obj->cpuset : NULL;
    int n = 0;

    if (!cpuset)
        return 0;
    for (int i = hwloc_bitmap_first(cpuset); i >= 0 && n < max; i = hwloc_bitmap_next(cpuset, i))
        pus[n++] = i;
    return n;
}

static int64_t cache_bytes(hwloc_obj_t pu, hwloc_obj_type_t type)
{
    hwloc_obj_t cache = NULL;

    for (hwloc_obj_t o = pu; o && !cache; o = o->parent)
        if (o->type == type)
            cache = o;
    return cache ? (int64_t)cache->attr->cache.size : 0;
}

struct caches topology_caches(const struct topology *topology, int pu)
{
    hwloc_obj_t obj = topology && pu >= 0 ? hwloc_get_pu_obj_by_os_index(topology->hwloc, (unsigned)pu) : NULL;

    return (struct caches){ cache_bytes(obj, HWLOC_OBJ_L1CACHE), cache_bytes(obj, HWLOC_OBJ_L2CACHE),
                            cache_bytes(obj, HWLOC_OBJ_L3CACHE) };
}

const char *topology_list(const struct domain *domain, char *buf, size_t size)
{
    size_t len = 0;

    buf[0] = '\0';
    for (int i = 0; i < domain->n_pus && len < size; i++)
        len += (size_t)snprintf(buf + len, size - len, "%s%d", i ? "," : "", domain->pus[i]);
    return buf;
}
