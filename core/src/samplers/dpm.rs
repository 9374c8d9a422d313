//! DPM-Solver: exponential integrators of the noise prediction, multistep or singlestep.
//!
//! ```text
//! x' = (α'/α) x − σ' (e^h − 1) n̂ − ...,   h = λ' − λ,  n̂ = (x − α D)/σ
//! ```
//!
//! Lu et al. 2022, section 3, <https://arxiv.org/abs/2206.00927>; multistep as in Lu et al. 2022b, <https://arxiv.org/abs/2211.01095>. A step
//! into data is of order 1; the original ends before.

use super::dpm_solver::dpm_solver;
use super::exponential::Predicts;
use crate::registry::About;

dpm_solver! {
    /// One evaluation a step. Of order 3, the first and last steps are of lower order, so that the whole converges at order 2.
    Dpm of Predicts::Noise,
    About {
        summary: "DPM-Solver, orders 1 to 3, multistep or singlestep, noise prediction",
        paper: "Lu et al. 2022, https://arxiv.org/abs/2206.00927",
    }
}
