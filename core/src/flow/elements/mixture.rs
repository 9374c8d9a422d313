//! Mixtures of logistic distributions, of which both tails are kept.

use burn::prelude::*;
use burn::tensor::activation::{log_sigmoid, log_softmax, sigmoid, softmax};

/// `F(x) = Σ_k w_k σ(a_k x + b_k)` with positive `a` and weights that are a softmax's; all are `[batch, features, K]`.
#[derive(Clone)]
pub(in crate::flow) struct Mixture {
    pub logits: Tensor<3>,
    pub scales: Tensor<3>,
    pub shifts: Tensor<3>,
}

/// A distribution at a number, `f` its density. None of them rounds to nothing in its own tail.
pub(in crate::flow) struct Tails {
    /// `ln F` and `ln (1 − F)`.
    pub logs: [Tensor<2>; 2],
    /// `f/F` and `f/(1 − F)`.
    pub rates: [Tensor<2>; 2],
}

impl Mixture {
    /// The distribution at `x`, `[batch, features]`.
    pub(in crate::flow) fn at(&self, x: Tensor<2>) -> Tails {
        let u = self.scales.clone() * x.unsqueeze_dim(2) + self.shifts.clone();
        let weights = log_softmax(self.logits.clone(), 2);
        // Of those below the number, and of those above, how much is each component's: both sums are of positive numbers.
        let side = |u: Tensor<3>| {
            let logs = weights.clone() + log_sigmoid(u.clone());
            let rate = (softmax(logs.clone(), 2) * self.scales.clone() * sigmoid(-u)).sum_dim(2);
            [log_sum(logs), rate.squeeze_dim(2)]
        };
        let [below, rate_below] = side(u.clone());
        let [above, rate_above] = side(-u);
        Tails { logs: [below, above], rates: [rate_below, rate_above] }
    }

    /// `logit F(x)` and the logarithm of its slope, `f/(F (1 − F)) = f/F + f/(1 − F)`.
    pub(in crate::flow) fn logit(&self, x: Tensor<2>) -> [Tensor<2>; 2] {
        let Tails { logs: [below, above], rates: [left, right] } = self.at(x);
        [below - above, (left + right).log()]
    }

    /// Between which numbers `logit F` is `y`: where every component by itself would be.
    pub(in crate::flow) fn bracket(&self, y: &Tensor<2>) -> [Tensor<2>; 2] {
        let each = (y.clone().unsqueeze_dim(2) - self.shifts.clone()) / self.scales.clone();
        [each.clone().min_dim(2).squeeze_dim(2), each.max_dim(2).squeeze_dim(2)]
    }
}

/// `ln Σ_k e^{l_k}`.
fn log_sum(logs: Tensor<3>) -> Tensor<2> {
    let most = logs.clone().detach().max_dim(2);
    (most.clone() + (logs - most).exp().sum_dim(2).log()).squeeze_dim(2)
}
