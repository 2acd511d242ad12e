// SPDX-License-Identifier: MIT
/* fingerprint_private.h -- the parts of a fingerprint, for the doctor and the tests. `root` as in sysfile.h. */
#pragma once

#include "machine/fingerprint.h"

#include <stddef.h>

void fingerprint_root(const struct topology *topology, uint32_t isa, const char *root, struct host *host);

/* "AMD Ryzen 9 9950X 16-Core Processor" to "amd-ryzen-9-9950x": without trade marks, clock rates, core counts and the
 * name of a graphics unit, all of which come and go with the version of the firmware or the kernel. */
void fingerprint_slug(const char *model, char *buf, size_t size);

/* "KVM", "Microsoft Hyper-V", ...; "yes" where it does not say which; "" on bare metal. */
const char *fingerprint_hypervisor(const char *root, char *buf, size_t size);
