//! What rules take of the process as a whole: memory, processors, its life.

mod asked;
mod budget;
mod burn;
mod conduct;
mod leak;
mod work;

pub(crate) use conduct::Conduct;
pub(super) use work::Processors;
