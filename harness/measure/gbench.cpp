// SPDX-License-Identifier: MIT
// The one C++ file: see gbench.h.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

extern "C" {
#include "measure/gbench.h"
}

namespace {

// Keeps the one run; prints nothing. Only fields that every version from 1.7 on has are read: a run that failed is
// recognised by its absence.
class OneRun : public benchmark::BenchmarkReporter {
  public:
    bool ReportContext(const Context &) override
    {
        return true;
    }

    void ReportRuns(const std::vector<Run> &runs) override
    {
        for (const Run &run : runs) {
            if (run.run_type != Run::RT_Iteration || run.iterations <= 0)
                continue;
            n++;
            iterations = run.iterations;
            real_s = run.real_accumulated_time;
            cpu_s = run.cpu_accumulated_time;
        }
    }

    int n = 0;
    int64_t iterations = 0;
    double real_s = 0, cpu_s = 0;
};

} // namespace

int gbench_run(const char *name, gbench_fn fn, void *arg, int64_t iterations, struct gbench_sample *sample,
                struct err *err)
{
    try {
        OneRun reporter;

        benchmark::ClearRegisteredBenchmarks();
        benchmark::RegisterBenchmark(name,
                                     [fn, arg](benchmark::State &state) {
                                         while (state.KeepRunningBatch(state.max_iterations))
                                             fn(arg, state.max_iterations);
                                     })
            ->Iterations(iterations)
            ->Repetitions(1);
        benchmark::RunSpecifiedBenchmarks(&reporter, ".");
        benchmark::ClearRegisteredBenchmarks();
        if (reporter.n != 1 || reporter.iterations != iterations)
            return err_set(err, ERR_HARNESS, "Google Benchmark reported %d runs of '%s', of %lld iterations", reporter.n,
                           name, static_cast<long long>(reporter.iterations));
        sample->real_ns = reporter.real_s * 1e9 / static_cast<double>(iterations);
        sample->cpu_ns = reporter.cpu_s * 1e9 / static_cast<double>(iterations);
        return 0;
    } catch (const std::exception &e) {
        return err_set(err, ERR_HARNESS, "Google Benchmark: %s", e.what());
    } catch (...) {
        return err_set(err, ERR_HARNESS, "Google Benchmark: an unknown exception");
    }
}

const char *gbench_version(void)
{
    return PAWL_BENCHMARK_VERSION; // benchmark.h has no version before 1.8.2: CMake's package tells
}
