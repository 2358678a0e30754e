//! The number of worker threads, and how far they read ahead: Polars reads its own from the environment, once, when
//! its pool is first used.

/// Keeps Polars from reading far ahead, unless the environment says how far: with half as many row groups as there are
/// threads a scan is as fast as with its sixteen, and takes less than half the memory. Must come before Polars or rayon is
/// used.
#[expect(unsafe_code, reason = "Polars reads its number of threads from the environment only")]
pub(super) fn read_less_ahead(workers: usize) {
    const NAME: &str = "POLARS_ROW_GROUP_PREFETCH_SIZE";
    if std::env::var_os(NAME).is_none() {
        // SAFETY: as below.
        unsafe { std::env::set_var(NAME, workers.div_ceil(2).to_string()) };
    }
}

/// Limits Polars and rayon to this many threads. Must come before either is used.
#[expect(unsafe_code, reason = "Polars reads its number of threads from the environment only")]
pub(super) fn limit(threads: u16) {
    // SAFETY: called at the start of a command. The only other thread waits for signals and reads no environment.
    unsafe { std::env::set_var("POLARS_MAX_THREADS", threads.to_string()) };
    rayon::ThreadPoolBuilder::new().num_threads(usize::from(threads)).build_global().ok();
}
