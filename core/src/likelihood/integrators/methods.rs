//! The methods: a table each, those of the samplers of the same name where there is one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Integrator, Table};
use crate::Result;
use crate::config::check::within;
use crate::registry::{About, Member};
use crate::samplers::{BOSH3, DOPRI5, MIDPOINT, RALSTON, RK4};

/// A method of equal steps.
macro_rules! method {
    ($file:ident, $Type:ident of order $order:literal, $table:expr, $doc:literal, $summary:literal, $paper:literal) => {
        pub(super) mod $file {
            use super::*;

            #[doc = $doc]
            #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
            #[serde(default, deny_unknown_fields)]
            pub struct $Type {}

            impl Member for $Type {
                const ABOUT: About = About { summary: $summary, paper: $paper };
            }

            const TABLE: Table = $table;

            impl Integrator for $Type {
                fn table(&self) -> &'static Table {
                    &TABLE
                }
                fn order(&self) -> u32 {
                    $order
                }
            }
        }
    };
}

/// A method that judges its steps by another, and makes as many as the tolerance asks for.
macro_rules! pair {
    ($file:ident, $Type:ident of order $order:literal, $pair:expr, $doc:literal, $summary:literal, $paper:literal) => {
        pub(super) mod $file {
            use super::*;

            #[doc = $doc]
            ///
            /// One step is taken for the whole batch, and its error read from the device.
            #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
            #[serde(default, deny_unknown_fields)]
            pub struct $Type {
                /// Error that a step may make, absolute and relative.
                #[schemars(range(min = 1e-10, max = 1.0))]
                pub tolerance: f64,
            }

            impl Default for $Type {
                fn default() -> Self {
                    Self { tolerance: 1e-4 }
                }
            }

            impl Member for $Type {
                const ABOUT: About = About { summary: $summary, paper: $paper };
            }

            const TABLE: Table = Table::pair(&$pair);

            impl Integrator for $Type {
                fn table(&self) -> &'static Table {
                    &TABLE
                }
                fn order(&self) -> u32 {
                    $order
                }
                fn tolerance(&self) -> Option<f64> {
                    Some(self.tolerance)
                }
                fn check(&self) -> Result<()> {
                    within("tolerance", self.tolerance, 1e-10, 1.0)
                }
            }
        }
    };
}

method!(
    euler,
    Euler of order 1,
    Table { nodes: &[], stages: &[], weights: &[1.0], error: &[], first_same_as_last: false },
    "First order, one evaluation a step: along the slope at the beginning.",
    "Euler, first order, one evaluation a step",
    "Euler 1768, Institutiones calculi integralis"
);

method!(
    heun,
    Heun of order 2,
    Table { nodes: &[1.0], stages: &[&[1.0]], weights: &[0.5, 0.5], error: &[], first_same_as_last: false },
    "Second order, two evaluations a step: the mean of the slopes at both ends of an Euler step.",
    "Heun, second order, two evaluations a step",
    "Heun 1900, Z. Math. Phys. 45"
);

method!(
    midpoint,
    Midpoint of order 2,
    Table::plain(&MIDPOINT),
    "Second order, two evaluations a step: along the slope found half-way.",
    "Midpoint, second order, two evaluations a step",
    "Runge 1895, https://doi.org/10.1007/BF01446807"
);

method!(
    ralston,
    Ralston of order 2,
    Table::plain(&RALSTON),
    "Second order, two evaluations a step: of such methods, that of the least error bound.",
    "Ralston, second order with the least error bound",
    "Ralston 1962, https://doi.org/10.1090/S0025-5718-1962-0150954-0"
);

method!(
    rk4,
    Rk4 of order 4,
    Table::plain(&RK4),
    "Fourth order, four evaluations a step: the classical Runge-Kutta method.",
    "Runge-Kutta, fourth order, four evaluations a step",
    "Kutta 1901, Z. Math. Phys. 46"
);

pair!(
    dopri5,
    Dopri5 of order 5,
    DOPRI5,
    "Fifth order, six evaluations a step, as many steps as the tolerance asks for.",
    "Dormand-Prince 5(4), adaptive",
    "Dormand and Prince 1980, https://doi.org/10.1016/0771-050X(80)90013-3"
);

pair!(
    bosh3,
    Bosh3 of order 3,
    BOSH3,
    "Third order, three evaluations a step, as many steps as the tolerance asks for.",
    "Bogacki-Shampine 3(2), adaptive",
    "Bogacki and Shampine 1989, https://doi.org/10.1016/0893-9659(89)90079-7"
);
