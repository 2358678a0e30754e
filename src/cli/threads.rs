//! The number of worker threads, and how far they read ahead: Polars reads its own from the environment, once, when
//! its pool is first used.

/// Limits Polars and rayon to this many threads. Must come before either is used.
#[allow(unsafe_code)]
pub(super) fn limit(threads: u16) {
    // SAFETY: called at the start of a command. The only other thread waits for signals and reads no environment.
    unsafe { std::env::set_var("POLARS_MAX_THREADS", threads.to_string()) };
    rayon::ThreadPoolBuilder::new().num_threads(usize::from(threads)).build_global().ok();
}

/// Limits how many row groups Polars reads ahead, unless the environment says so already. Must come before it is used.
#[allow(unsafe_code)]
pub(super) fn limit_row_groups(ahead: usize) {
    const NAME: &str = "POLARS_ROW_GROUP_PREFETCH_SIZE";
    if std::env::var_os(NAME).is_none() {
        // SAFETY: as above.
        unsafe { std::env::set_var(NAME, ahead.to_string()) };
    }
}

/// How many threads this process may use: the limit of its control group, or the machine's processors.
pub(super) fn available() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}
