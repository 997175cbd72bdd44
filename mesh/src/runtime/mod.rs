//! What runs: the network, the folder, the processes, and the changes to them.

pub mod folder;
