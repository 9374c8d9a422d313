//! Batches, each a pure function of seed and step: a run that resumes sees what it would have seen.

use std::sync::Arc;

use super::Dataset;
use crate::random::{Key, Purpose};
use crate::{Error, Result};

/// Examples side by side.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// The values, `[batch, features]`.
    pub x: Vec<f32>,
    /// Shape of one example.
    pub shape: Vec<usize>,
    /// A class for each example, where there are classes.
    pub class: Option<Vec<u32>>,
    /// Number of the first example, counted over the whole run: keys of noise are made from it.
    pub first: u64,
}

impl Batch {
    /// The examples at `indices`, in that order; `first` numbers them.
    pub fn gather(dataset: &dyn Dataset, indices: &[u64], first: u64) -> Self {
        let shape = dataset.shape().to_vec();
        let features = shape.iter().product::<usize>();
        let mut x = vec![0.0; indices.len() * features];
        let labels = indices.iter().zip(x.chunks_mut(features)).map(|(&index, out)| dataset.read(index, out));
        let class: Vec<Option<u32>> = labels.map(|labels| labels.class).collect();
        let class = if dataset.classes().is_empty() { None } else { class.into_iter().collect() };
        Self { x, shape, class, first }
    }

    /// How many examples.
    pub fn size(&self) -> usize {
        self.x.len() / self.shape.iter().product::<usize>().max(1)
    }
}

/// Walks a dataset: finite data in a new order each epoch, endless data from sample 0 on.
pub struct Loader {
    dataset: Arc<dyn Dataset>,
    batch_size: usize,
    seed: u64,
    /// The epoch that was walked last, and its order.
    order: Option<(u64, Vec<u32>)>,
}

impl Loader {
    /// A walk in batches of `batch_size`; takes a `Box` or an `Arc`.
    pub fn new(dataset: impl Into<Arc<dyn Dataset>>, batch_size: usize, seed: u64) -> Result<Self> {
        let dataset = dataset.into();
        if batch_size == 0 {
            return Err(Error::argument("a batch size is 1 or more, not 0"));
        }
        if dataset.is_empty() {
            return Err(Error::argument("the dataset is empty: there is nothing to walk"));
        }
        Ok(Self { dataset, batch_size, seed, order: None })
    }

    /// What is walked.
    pub fn dataset(&self) -> &dyn Dataset {
        &*self.dataset
    }

    /// Examples in a batch.
    pub fn batch_size(&self) -> usize {
        self.batch_size
    }

    /// The batch of `step`, whichever was asked for before.
    pub fn batch(&mut self, step: u64) -> Batch {
        let first = step * self.batch_size as u64;
        let indices: Vec<u64> =
            (first..first + self.batch_size as u64).map(|number| self.index(number)).collect();
        Batch::gather(&*self.dataset, &indices, first)
    }

    /// Where in the dataset sample `number` of the run is.
    fn index(&mut self, number: u64) -> u64 {
        let Some(n) = self.dataset.len() else { return number };
        let (epoch, place) = (number / n as u64, (number % n as u64) as usize);
        let shuffled = || (epoch, Key::new(self.seed, Purpose::Order, epoch).permutation(n));
        let order = match self.order.take() {
            Some(order) if order.0 == epoch => order,
            _ => shuffled(),
        };
        u64::from(self.order.insert(order).1[place])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Labels;

    /// Example i is the number i, of class i mod 3.
    struct Numbers(Option<usize>, Vec<String>);

    impl Dataset for Numbers {
        fn shape(&self) -> &[usize] {
            &[1]
        }
        fn len(&self) -> Option<usize> {
            self.0
        }
        fn classes(&self) -> &[String] {
            &self.1
        }
        fn read(&self, index: u64, out: &mut [f32]) -> Labels {
            out[0] = index as f32;
            Labels { class: Some((index % 3) as u32), attributes: Vec::new() }
        }
    }

    fn loader(len: Option<usize>, batch_size: usize, seed: u64) -> Loader {
        let dataset: Box<dyn Dataset> = Box::new(Numbers(len, ["a", "b", "c"].map(String::from).to_vec()));
        Loader::new(dataset, batch_size, seed).unwrap()
    }

    /// The first `n` samples of a walk.
    fn walk(mut loader: Loader, n: usize) -> Vec<f32> {
        (0..n.div_ceil(loader.batch_size()) as u64).flat_map(|step| loader.batch(step).x).take(n).collect()
    }

    #[test]
    fn an_epoch_holds_every_example_once_and_the_next_in_another_order() {
        let samples = walk(loader(Some(10), 4, 1), 20);
        let (first, second) = samples.split_at(10);
        for epoch in [first, second] {
            let mut sorted = epoch.to_vec();
            sorted.sort_by(f32::total_cmp);
            assert!(sorted.into_iter().eq((0..10_u8).map(f32::from)));
        }
        assert_ne!(first, second);
    }

    #[test]
    fn the_order_of_samples_does_not_depend_on_the_batch_size_but_on_the_seed() {
        let samples = walk(loader(Some(10), 1, 1), 60);
        for batch_size in [2, 3, 7, 25] {
            assert_eq!(walk(loader(Some(10), batch_size, 1), 60), samples, "batch size {batch_size}");
        }
        assert_ne!(walk(loader(Some(10), 1, 2), 60), samples);
    }

    #[test]
    fn a_batch_is_the_same_whatever_was_asked_for_before() {
        let mut used = loader(Some(10), 4, 1);
        for step in [9, 0, 3, 2, 100, 9] {
            assert_eq!(used.batch(step), loader(Some(10), 4, 1).batch(step), "step {step}");
        }
    }

    #[test]
    fn classes_go_with_their_examples_and_first_counts_samples() {
        let batch = loader(Some(10), 4, 1).batch(5);
        assert_eq!((batch.first, batch.size()), (20, 4));
        let expected: Vec<u32> = batch.x.iter().map(|&x| x as u32 % 3).collect();
        assert_eq!(batch.class, Some(expected));
        assert_eq!(Batch::gather(&Numbers(None, Vec::new()), &[4, 2], 0).class, None);
    }

    #[test]
    fn endless_data_are_walked_by_number() {
        assert_eq!(loader(None, 3, 7).batch(5).x, [15.0, 16.0, 17.0]);
    }

    #[test]
    fn nothing_to_walk_is_refused() {
        let refusal = |len, batch_size| {
            let dataset: Arc<dyn Dataset> = Arc::new(Numbers(len, Vec::new()));
            Loader::new(dataset, batch_size, 0).err().unwrap().to_string()
        };
        assert!(refusal(Some(3), 0).contains("batch size"));
        assert!(refusal(Some(0), 3).contains("empty"));
    }
}
