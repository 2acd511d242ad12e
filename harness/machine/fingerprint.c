// SPDX-License-Identifier: MIT
#include "machine/fingerprint_private.h"

#include "base/text.h"
#include "declare/isa.h"
#include "machine/sysfile.h"
#include "machine/topology_private.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

enum { MODEL_MAX = 48 }; /* of the class's 96 characters; the rest takes some 40 */

/* "16-Core", "32-Cores", "CPU", "Processor". */
static bool is_noise(const char *word, size_t len)
{
    size_t digits = 0;

    while (digits < len && isdigit((unsigned char)word[digits]))
        digits++;
    if (digits > 0 && len - digits >= 5 && strncasecmp(word + digits, "-core", 5) == 0)
        return true;
    return (len == 3 && strncasecmp(word, "CPU", 3) == 0) || (len == 9 && strncasecmp(word, "Processor", 9) == 0);
}

/* Spaces over every `what`, in place. */
static void blank(char *s, const char *what)
{
    for (char *at = s; (at = strcasestr(at, what));)
        memset(at, ' ', strlen(what));
}

void fingerprint_slug(const char *model, char *buf, size_t size)
{
    static const char *const ends[] = { "@", " w/ ", " with " };
    char name[256];
    size_t n = 0;

    text_copy(name, sizeof(name), model);
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        char *end = strcasestr(name, ends[i]);

        if (end)
            *end = '\0';
    }
    blank(name, "(R)");
    blank(name, "(TM)");

    for (const char *word = name; *word;) {
        size_t len = strcspn(word, " \t");

        if (!is_noise(word, len)) {
            for (size_t i = 0; i <= len && n + 1 < size; i++) {
                bool plain = i < len && isalnum((unsigned char)word[i]) && (unsigned char)word[i] < 128;

                if (plain)
                    buf[n++] = (char)tolower((unsigned char)word[i]);
                else if (n > 0 && buf[n - 1] != '-')
                    buf[n++] = '-';
            }
        }
        word += len;
        word += strspn(word, " \t");
    }
    while (n > 0 && buf[n - 1] == '-')
        n--;
    buf[n] = '\0';
    if (n == 0)
        text_copy(buf, size, "unknown-cpu");
}

/* The most capable level of the mask: what decides which variants a baseline of this class can hold. */
static const char *isa_level(uint32_t isa)
{
    static const struct {
        uint32_t bit;
        const char *name;
    } levels[] = {
        { ISA_AVX512VNNI, "avx512vnni" },
        { ISA_AVX512F, "avx512f" },
        { ISA_AVXVNNI, "avxvnni" },
        { ISA_AVX2, "avx2" },
    };

    for (size_t i = 0; i < ARRAY_LEN(levels); i++)
        if (isa & levels[i].bit)
            return levels[i].name;
    return "base";
}

/* The vendor's name that CPUID leaf 4000_0000h gives to guests; "" where there is none. */
static void hypervisor_vendor(char *buf, size_t size)
{
    buf[0] = '\0';
#if defined(__x86_64__)
    static const struct {
        const char *signature, *name;
    } vendors[] = {
        { "KVMKVMKVM", "KVM" },      { "Microsoft Hv", "Microsoft Hyper-V" }, { "VMwareVMware", "VMware" },
        { "XenVMMXenVMM", "Xen" },   { "VBoxVBoxVBox", "VirtualBox" },        { "TCGTCGTCGTCG", "QEMU without KVM" },
        { "bhyve bhyve ", "bhyve" },
    };
    unsigned eax, ebx, ecx, edx;
    char signature[13] = "";

    if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !(ecx & (1u << 31)))
        return;
    __cpuid(0x40000000, eax, ebx, ecx, edx);
    memcpy(signature, &ebx, 4);
    memcpy(signature + 4, &ecx, 4);
    memcpy(signature + 8, &edx, 4);
    for (size_t i = 0; i < ARRAY_LEN(vendors); i++)
        if (strcmp(signature, vendors[i].signature) == 0)
            text_copy(buf, size, vendors[i].name);
#else
    (void)size;
#endif
}

const char *fingerprint_hypervisor(const char *root, char *buf, size_t size)
{
    buf[0] = '\0';
    if (!sysfile_has_flag(root, "hypervisor"))
        return buf;
    if (!*root) /* a made-up tree has no CPUID of its own */
        hypervisor_vendor(buf, size);
    if (!*buf)
        text_copy(buf, size, "yes");
    return buf;
}

/* MemTotal is what firmware and kernel leave over, so it wanders by a few MiB: the nearest power of two, in GiB. 0
 * where it is not shown. */
static unsigned long memory_gib(const char *root)
{
    char kib[64];
    double gib;

    sysfile_value(root, "proc/meminfo", "MemTotal", kib, sizeof(kib));
    if (sscanf(kib, "%lf", &gib) != 1 || !(gib > 0 && gib < 1e15))
        return 0;
    gib /= 1024 * 1024;
    return gib < 1 ? 1 : (unsigned long)exp2(round(log2(gib)));
}

static void add_if(struct host *host, const char *key, const char *value)
{
    if (*value)
        host_add(host, key, "%s", value);
}

static void add_governor(const char *root, int cpu, struct host *host)
{
    char governor[64], preference[64];

    sysfile_cpu(root, cpu, "cpufreq/scaling_governor", governor, sizeof(governor));
    sysfile_cpu(root, cpu, "cpufreq/energy_performance_preference", preference, sizeof(preference));
    if (*governor && *preference)
        host_add(host, "governor", "%s, preference %s", governor, preference);
    else
        add_if(host, "governor", governor);
}

static void add_cores(const struct topology *topology, struct host *host)
{
    const struct domain *domain = topology_domain(topology);
    int cores = hwloc_get_nbobjs_by_type(topology->hwloc, HWLOC_OBJ_CORE);
    char pus[128];

    if (cores > 0)
        host_add(host, "cores", "%d", cores);
    if (topology->class_bytes)
        host_add(host, "l3", "%.4g MiB", (double)topology->class_bytes / (1 << 20));
    else
        host_add(host, "l3", "not shown");
    /* The class names the machine's domain; this one is what the affinity mask left of it for this run. */
    host_add(host, "domain", "%d cores, L3 %.4g MiB, cpus %s", domain->n_pus, (double)domain->l3_bytes / (1 << 20),
             topology_list(domain, pus, sizeof(pus)));
}

/* "gcc12": the code it makes decides the times as much as the CPU does; minor versions only mend it. */
#define COMPILER_TEXT(name, major) name STRINGIFY(major)
#define STRINGIFY(x)               #x
#if defined(__clang__)
static const char compiler[] = COMPILER_TEXT("clang", __clang_major__);
#elif defined(__GNUC__)
static const char compiler[] = COMPILER_TEXT("gcc", __GNUC__);
#else
static const char compiler[] = "cc";
#endif

static void add_class(const struct topology *topology, const char *model, unsigned long gib, uint32_t isa,
                      struct host *host)
{
    char slug[MODEL_MAX], l3[24] = "no-l3", memory[24] = "";

    fingerprint_slug(model, slug, sizeof(slug));
    if (topology->class_bytes)
        snprintf(l3, sizeof(l3), "l3-%llum", (unsigned long long)(topology->class_bytes >> 20));
    if (gib)
        snprintf(memory, sizeof(memory), "-%lug", gib);
    /* The bounds are beyond any host; with them the whole is known to fit. */
    snprintf(host->class, sizeof(host->class), "%s-%huc-%.9s%.9s-%s-%s", slug, (unsigned short)topology->class_cores,
             l3, memory, compiler, isa_level(isa));
}

void fingerprint_epoch(const struct host *host, char *buf, size_t size)
{
    uint32_t hash = 2166136261u; /* FNV-1a, 32 bits: offset basis and prime of draft-eastlake-fnv */

    for (const char *const *key = host_epoch_keys; *key; key++) {
        const char *parts[] = { *key, "=", host_fact(host, *key), "\n" };

        for (size_t j = 0; j < ARRAY_LEN(parts); j++)
            for (const char *c = parts[j]; *c; c++)
                hash = (hash ^ (unsigned char)*c) * 16777619u;
    }
    snprintf(buf, size, "%08x", hash);
}

/* Which cores the firmware prefers, best first by number. It may change while the host runs, so it is told, not used.
 */
static void add_ranking(const char *root, const struct domain *domain, struct host *host)
{
    char list[160] = "", rank[16];
    size_t len = 0;

    for (int i = 0; i < domain->n_pus && len < sizeof(list); i++)
        if (*sysfile_cpu(root, domain->pus[i], "cpufreq/amd_pstate_prefcore_ranking", rank, sizeof(rank)))
            len += (size_t)snprintf(list + len, sizeof(list) - len, "%scpu %d: %s", len ? ", " : "", domain->pus[i],
                                    rank);
    add_if(host, "ranking", list);
}

void fingerprint_root(const struct topology *topology, uint32_t isa, const char *root, struct host *host)
{
    int cpu = topology_domain(topology)->pus[0];
    const char *version = hwloc_obj_get_info_by_name(hwloc_get_root_obj(topology->hwloc), "hwlocVersion");
    unsigned long gib = memory_gib(root);
    char buf[192], isa_text[ISA_TEXT];

    memset(host, 0, sizeof(*host));
    sysfile_value(root, "proc/cpuinfo", "model name", buf, sizeof(buf));
    add_class(topology, buf, gib, isa, host);
    add_if(host, "cpu", buf);
    add_cores(topology, host);
    host_add(host, "isa", "%s", isa_format(isa, isa_text));
    if (gib)
        host_add(host, "memory", "%lu GiB", gib);
    add_if(host, "kernel", sysfile_line(root, "proc/sys/kernel/osrelease", buf, sizeof(buf)));
    add_if(host, "microcode", sysfile_value(root, "proc/cpuinfo", "microcode", buf, sizeof(buf)));
    fingerprint_hypervisor(root, buf, sizeof(buf));
    host_add(host, "virtualised", "%s", *buf ? buf : "no");
    add_governor(root, cpu, host);
    add_if(host, "boost", sysfile_boost(root, cpu, buf, sizeof(buf)));
    add_if(host, "smt", sysfile_line(root, "sys/devices/system/cpu/smt/control", buf, sizeof(buf)));
    add_ranking(root, topology_domain(topology), host);
    add_if(host, "clocksource",
           sysfile_line(root, "sys/devices/system/clocksource/clocksource0/current_clocksource", buf, sizeof(buf)));
    add_if(host, "hwloc", version ? version : "");
    fingerprint_epoch(host, buf, sizeof(buf));
    host_add(host, "epoch", "%s", buf);
}

void fingerprint_host(const struct topology *topology, uint32_t isa, struct host *host)
{
    fingerprint_root(topology, isa, "", host);
}

#if defined(__x86_64__) && !defined(PAWL_SANITIZERS) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
/* Seconds for 64 * n adds, each of which needs the one before. Register + register: Golden Cove and later do
 * register + constant while renaming, several a cycle. */
static double chain_seconds(int64_t n)
{
    struct timespec start, end;
    uint64_t x = 1;

    clock_gettime(CLOCK_MONOTONIC_RAW, &start);
    __asm__ volatile("1:\n\t"
                     ".rept 64\n\t"
                     "addq %[one], %[x]\n\t"
                     ".endr\n\t"
                     "decq %[n]\n\t"
                     "jnz 1b"
                     : [x] "+r"(x), [n] "+r"(n)
                     : [one] "r"(UINT64_C(1))
                     : "cc");
    clock_gettime(CLOCK_MONOTONIC_RAW, &end);
    return (double)(end.tv_sec - start.tv_sec) + 1e-9 * (double)(end.tv_nsec - start.tv_nsec);
}

/* The fastest of four, so that an interrupt in one does not pass for a slow core; the difference of two lengths, so
 * that the cost of reading the clock drops out. Together about 30 us at 4 GHz. */
double fingerprint_mhz(void)
{
    enum { SHORT = 64, LONG = 448 };
    double fastest[2] = { INFINITY, INFINITY };

    for (int i = 0; i < 4; i++) {
        fastest[0] = fmin(fastest[0], chain_seconds(SHORT));
        fastest[1] = fmin(fastest[1], chain_seconds(LONG));
    }
    if (fastest[1] <= fastest[0])
        return NAN;
    return 64.0 * (LONG - SHORT) / (fastest[1] - fastest[0]) / 1e6;
}
#else
double fingerprint_mhz(void)
{
    return NAN;
}
#endif
