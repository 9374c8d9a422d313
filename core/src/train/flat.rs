//! Parameters as one flat vector, and back. What is frozen lies beside the vector: no optimizer and no average sees it.

use burn::prelude::*;

use crate::nn::Named;

/// Where each parameter lies in the vector.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    path: String,
    shape: Vec<usize>,
    /// Its values where they are not learnt.
    frozen: Option<Tensor<1>>,
}

impl Layout {
    /// Of these parameters, without those that are `frozen`.
    pub(super) fn of(parameters: &[Named], frozen: impl Fn(&str) -> bool) -> Self {
        let entry = |Named { path, shape, value }: &Named| Entry {
            path: path.clone(),
            shape: shape.clone(),
            frozen: frozen(path).then(|| value.clone()),
        };
        Self { entries: parameters.iter().map(entry).collect() }
    }

    /// The shapes of what is learnt, in order.
    pub(super) fn shapes(&self) -> Vec<Vec<usize>> {
        self.entries.iter().filter(|entry| entry.frozen.is_none()).map(|entry| entry.shape.clone()).collect()
    }

    /// Of the values of all parameters those that are learnt, as one vector.
    pub(super) fn learnt(&self, values: Vec<Tensor<1>>) -> Tensor<1> {
        let learnt = self.entries.iter().zip(values).filter(|(entry, _)| entry.frozen.is_none());
        Tensor::cat(learnt.map(|(_, value)| value).collect(), 0)
    }

    /// Of the values of all parameters those that are frozen take their place here.
    pub(super) fn freeze(&mut self, values: &[Tensor<1>]) {
        for (entry, value) in self.entries.iter_mut().zip(values) {
            if let Some(frozen) = &mut entry.frozen {
                *frozen = value.clone();
            }
        }
    }

    /// All parameters: those learnt cut from the vector, those frozen as they are.
    pub(super) fn split(&self, flat: &Tensor<1>) -> Vec<Tensor<1>> {
        let mut at = 0;
        let cut = |entry: &Entry| {
            if let Some(frozen) = &entry.frozen {
                return frozen.clone();
            }
            let length = entry.shape.iter().product();
            let part = flat.clone().narrow(0, at, length);
            at += length;
            part
        };
        self.entries.iter().map(cut).collect()
    }

    /// The same, with their names.
    pub(super) fn named(&self, flat: &Tensor<1>) -> Vec<Named> {
        let named = |(entry, value): (&Entry, Tensor<1>)| Named {
            path: entry.path.clone(),
            shape: entry.shape.clone(),
            value,
        };
        self.entries.iter().zip(self.split(flat)).map(named).collect()
    }
}
