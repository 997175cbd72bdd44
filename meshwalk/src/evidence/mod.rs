//! Numbers that the workload and the mesh publish: scraped, parsed and subtracted.
