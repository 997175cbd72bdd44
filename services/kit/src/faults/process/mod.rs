//! What rules take of the process as a whole: memory, processors, its life.

mod asked;
mod budget;
mod burn;
mod conduct;
mod exit;
mod leak;
mod work;

pub(crate) use asked::Probe;
pub(crate) use conduct::Conduct;
pub(super) use exit::Exit;
pub(super) use work::Processors;
