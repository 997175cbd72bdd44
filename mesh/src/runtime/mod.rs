//! What runs: the network, the folder, the processes, and the changes to them.

pub mod child;
pub mod folder;
pub mod network;
pub mod spawner;
pub mod supervise;
