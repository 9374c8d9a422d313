//! What DPM-Solver and DPM-Solver++ have in common: all but what they interpolate.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Sampler;
use super::exponential::Predicts;
use super::multistep::{Last, Multistep, Rule, Second};
use super::singlestep::Singlestep;

/// How a step of higher order gets its predictions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// From the steps before.
    #[default]
    Multistep,
    /// From within its group of `order` steps.
    Singlestep,
}

impl Method {
    pub(super) fn build(
        self,
        predicts: Predicts,
        second: Second,
        order: usize,
        last: Last,
    ) -> Box<dyn Sampler> {
        match self {
            Self::Multistep => Box::new(Multistep::new(predicts, Rule::Published(second), order, last)),
            Self::Singlestep => Box::new(Singlestep::new(predicts, second, order, last)),
        }
    }

    /// State tensors of a walker of that order.
    pub(super) fn memory(self, order: usize) -> usize {
        match self {
            Self::Multistep => order - 1,
            // The group's beginning, and the predictions since.
            Self::Singlestep if order == 1 => 0,
            Self::Singlestep => order,
        }
    }
}

/// The solver that interpolates that.
macro_rules! dpm_solver {
    ($(#[$doc:meta])* $Type:ident of $predicts:expr, $about:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, ::serde::Serialize, ::serde::Deserialize, ::schemars::JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        pub struct $Type {
            /// 1, 2 or 3.
            #[schemars(range(min = 1, max = 3))]
            pub order: usize,
            /// From the steps before, or from within groups of `order` steps.
            pub method: $crate::samplers::Method,
            /// How the second-order term is weighted.
            pub second: $crate::samplers::Second,
            /// What the last steps do.
            pub last: $crate::samplers::Last,
        }

        impl Default for $Type {
            fn default() -> Self {
                Self {
                    order: 2,
                    method: $crate::samplers::Method::default(),
                    second: $crate::samplers::Second::default(),
                    last: $crate::samplers::Last::default(),
                }
            }
        }

        impl $crate::registry::Member for $Type {
            const ABOUT: $crate::registry::About = $about;
        }

        impl $crate::samplers::Solver for $Type {
            fn order(&self) -> u32 {
                self.order.min(2) as u32
            }
            fn memory(&self) -> usize {
                self.method.memory(self.order)
            }
            fn check(&self) -> $crate::Result<()> {
                $crate::samplers::exponential::has_order("order", self.order, [1, 3])
            }
            fn build(&self) -> Box<dyn $crate::samplers::Sampler> {
                self.method.build($predicts, self.second, self.order, self.last)
            }
        }
    };
}
pub(super) use dpm_solver;
