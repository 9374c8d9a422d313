//! What samplers compute with: tensors, and sums of them that nobody has taken yet.
//!
//! A network's answer is an affine map away from the estimate that a sampler asks for, guidance is a sum of two of them, and a step is
//! a sum again. Each is written where it belongs; what is multiplied out, with weights in double precision, is one pass over the tensors
//! that are there, noise and bounds included. An estimate that is wanted again is written down in the same pass.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use burn::prelude::*;
use kiln_kernels::combine::{Part, Step};
use kiln_kernels::normals::Draws;

/// A weight and what it weighs.
pub type Term = (f64, Vector);

/// Rows of numbers, `[batch, features]`: known, or how to get them. Clones are the same: what one has taken, all know.
#[derive(Clone, Debug)]
pub struct Vector(Rc<RefCell<Form>>);

#[derive(Clone, Debug)]
#[cfg_attr(feature = "gpu", expect(clippy::large_enum_variant, reason = "nearly all are known in the end"))]
enum Form {
    Known(Tensor<2>),
    Sum(Vec<Term>),
    Bounded(Vector, [f64; 2]),
    Noise(Draws, Device),
}

impl From<Tensor<2>> for Vector {
    fn from(x: Tensor<2>) -> Self {
        Self::of(Form::Known(x))
    }
}

impl Vector {
    fn of(form: Form) -> Self {
        Self(Rc::new(RefCell::new(form)))
    }

    /// `Σ w_i v_i`, to be taken when it is wanted; of one shape, and at least one.
    pub fn sum(terms: impl IntoIterator<Item = Term>) -> Self {
        Self::of(Form::Sum(terms.into_iter().collect()))
    }

    /// The same within bounds.
    pub fn within(self, low: f64, high: f64) -> Self {
        Self::of(Form::Bounded(self, [low, high]))
    }

    /// Standard normals, to be drawn when they are wanted.
    pub(super) fn noise(draws: Draws, device: Device) -> Self {
        Self::of(Form::Noise(draws, device))
    }

    /// The numbers, `[batch, features]`.
    pub fn tensor(&self) -> Tensor<2> {
        if let Form::Known(x) = &*self.0.borrow() {
            return x.clone();
        }
        let x = self.0.replace(Form::Sum(Vec::new())).take();
        self.0.replace(Form::Known(x.clone()));
        x
    }

    /// The same where this is the last that is heard of it.
    pub fn into_tensor(self) -> Tensor<2> {
        match Rc::try_unwrap(self.0) {
            Ok(form) => form.into_inner().take(),
            Err(shared) => Self(shared).tensor(),
        }
    }

    fn form(&self) -> Form {
        self.0.borrow().clone()
    }

    fn is_known(&self) -> bool {
        matches!(&*self.0.borrow(), Form::Known(_))
    }

    fn is(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    fn name(&self) -> Name {
        Rc::as_ptr(&self.0)
    }
}

impl Form {
    fn take(self) -> Tensor<2> {
        match self {
            Self::Known(x) => x,
            Self::Noise(draws, device) => draws.tensor(&device),
            Self::Sum(terms) => Plan::of(terms).take(),
            bounded @ Self::Bounded(..) => Plan::of(vec![(1.0, Vector::of(bounded))]).take(),
        }
    }
}

/// The sum, taken at once; what has no weight is not looked at.
pub(super) fn combine(terms: impl IntoIterator<Item = Term>) -> Vector {
    Plan::of(terms.into_iter().collect()).take().into()
}

/// A sum, and another in which it has the weight `share`, taken at once.
pub(super) fn combine_both(
    first: impl IntoIterator<Item = Term>,
    share: f64,
    rest: impl IntoIterator<Item = Term>,
) -> [Vector; 2] {
    let first = Vector::sum(first);
    let own = (share, first.clone());
    let second = combine(rest.into_iter().chain([own]));
    [first, second]
}

/// A sum multiplied out.
#[derive(Default)]
struct Plan {
    /// Tensors that are there, with their weights in the estimate and beside it.
    parts: Vec<(Vector, [f64; 2])>,
    /// What is not a sum of tensors, or is wanted again; and its weight.
    estimate: Option<(f64, Vector)>,
    bounds: Option<[f64; 2]>,
    noise: Option<(f64, Draws, Device)>,
}

/// Where a term belongs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Estimate,
    Beside,
}

impl Plan {
    fn of(mut terms: Vec<Term>) -> Self {
        if terms.iter().any(|(weight, _)| *weight != 0.0) {
            terms.retain(|(weight, _)| *weight != 0.0);
        }
        let mut uses = HashMap::new();
        terms.iter().for_each(|(_, vector)| count(vector, &mut uses));
        let mut plan = Self::default();
        for (weight, vector) in terms {
            plan.add(weight, vector, Side::Beside, &uses);
        }
        plan
    }

    fn add(&mut self, weight: f64, vector: Vector, side: Side, uses: &HashMap<Name, Uses>) {
        let ours = uses.get(&vector.name()).is_some_and(Uses::are_all);
        match vector.form() {
            Form::Known(_) => self.known(weight, vector, side),
            Form::Sum(terms) if ours || terms.len() == 1 => {
                for (own, vector) in terms {
                    self.add(weight * own, vector, side, uses);
                }
            }
            Form::Noise(draws, device) if ours && self.noise.is_none() && side == Side::Beside => {
                self.noise = Some((weight, draws, device));
            }
            form => match (&self.estimate, side, form) {
                (Some((share, there)), Side::Beside, _) if there.is(&vector) => {
                    self.estimate = Some((share + weight, vector));
                }
                (None, Side::Beside, Form::Sum(terms)) => {
                    self.estimate = Some((weight, vector));
                    for (own, vector) in terms {
                        self.add(own, vector, Side::Estimate, uses);
                    }
                }
                (None, Side::Beside, Form::Bounded(inner, bounds)) => {
                    self.estimate = Some((weight, vector));
                    self.bounds = Some(bounds);
                    self.add(1.0, inner, Side::Estimate, uses);
                }
                // Cheaper than a pass of its own.
                (_, Side::Estimate, Form::Sum(terms))
                    if terms.iter().all(|(_, vector)| vector.is_known()) =>
                {
                    for (own, vector) in terms {
                        self.add(weight * own, vector, side, uses);
                    }
                }
                _ => {
                    drop(vector.tensor());
                    self.known(weight, vector, side);
                }
            },
        }
    }

    fn known(&mut self, weight: f64, vector: Vector, side: Side) {
        let at = self.parts.iter().position(|(part, _)| part.is(&vector)).unwrap_or_else(|| {
            self.parts.push((vector, [0.0; 2]));
            self.parts.len() - 1
        });
        self.parts[at].1[side as usize] += weight;
    }

    fn take(mut self) -> Tensor<2> {
        // Its terms are ours now, and theirs whose last use this is.
        let estimate = self.estimate.take().map(|(share, vector)| {
            let wanted = Rc::strong_count(&vector.0) > 1;
            vector.0.replace(Form::Sum(Vec::new()));
            (share, wanted.then_some(vector))
        });
        if self.parts.iter().any(|(_, weights)| *weights != [0.0; 2]) {
            self.parts.retain(|(_, weights)| *weights != [0.0; 2]);
        }
        let parts = self.parts.into_iter();
        let mut parts: Vec<Part> = parts
            .map(|(vector, [estimate, beside])| Part { x: vector.into_tensor(), estimate, beside })
            .collect();
        if let ([Part { beside: 1.0, .. }], None, None) = (&*parts, &estimate, &self.noise) {
            return parts.remove(0).x;
        }
        let mut noise = self.noise.take();
        if parts.is_empty()
            && let Some((weight, draws, device)) = noise.take()
        {
            parts.push(Part { x: draws.tensor(&device), estimate: 0.0, beside: weight });
        }
        let share = estimate.as_ref().map_or(0.0, |(share, _)| *share);
        let noise = noise.map(|(weight, draws, _)| (weight, draws));
        let step = Step { parts, bounds: self.bounds, share, noise };
        match estimate.and_then(|(_, vector)| vector) {
            Some(estimate) => {
                let [y, z] = step.both();
                estimate.0.replace(Form::Known(y));
                z
            }
            None => step.last(),
        }
    }
}

type Name = *const RefCell<Form>;

/// Who refers to a vector.
struct Uses {
    /// Terms of the sum.
    ours: usize,
    /// All.
    all: usize,
}

impl Uses {
    /// Nobody else is left who could want it.
    fn are_all(&self) -> bool {
        self.ours == self.all
    }
}

fn count(vector: &Vector, uses: &mut HashMap<Name, Uses>) {
    let seen = uses.entry(vector.name()).or_insert(Uses { ours: 0, all: Rc::strong_count(&vector.0) });
    seen.ours += 1;
    if seen.ours > 1 {
        return;
    }
    match &*vector.0.borrow() {
        Form::Sum(terms) => terms.iter().for_each(|(_, vector)| count(vector, uses)),
        Form::Bounded(inner, _) => count(inner, uses),
        Form::Known(_) | Form::Noise(..) => {}
    }
}

#[cfg(test)]
mod tests;
