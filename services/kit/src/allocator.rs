//! The allocator of the services: jemalloc, which returns the memory of closed connections to the system.
//!
//! Its background threads do that while the process is idle. `docs/adr/0016-the-services-use-jemalloc.md` has the figures.

use tikv_jemallocator::Jemalloc;

#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;
