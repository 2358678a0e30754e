//! The program: everything is in the library, so that tests reach it, too.

/// Chosen by measurement: see `docs/decisions/allocator.md`.
#[cfg(unix)]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> std::process::ExitCode {
    tiermill::cli::main()
}
