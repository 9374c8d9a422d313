//! DPM-Solver++: exponential integrators of the data prediction, multistep or singlestep.
//!
//! ```text
//! x' = (σ'/σ) x − α' (e^{−h} − 1) D − ...,   h = λ' − λ
//! ```
//!
//! Lu et al. 2022, Algorithms 1 and 2, <https://arxiv.org/abs/2211.01095>.

use super::dpm_solver::dpm_solver;
use super::exponential::Predicts;
use crate::registry::About;

dpm_solver! {
    /// One evaluation a step. Of order 3, the first and last steps are of lower order, so that the whole converges at order 2.
    Dpmpp of Predicts::Data,
    About {
        summary: "DPM-Solver++, orders 1 to 3, multistep or singlestep, data prediction",
        paper: "Lu et al. 2022, https://arxiv.org/abs/2211.01095",
    }
}
