//! What keeps the parameters that gave a loss which is not finite: after such a step nothing could be found out from others.

use burn::prelude::*;

/// Whether all steps so far were sound, `[1]`, on the device.
pub(super) struct Guard(Option<Tensor<1, Bool>>);

impl Guard {
    pub(super) fn new() -> Self {
        Self(None)
    }

    /// The new parameters while these numbers of each step, `[1]` each, have been finite; from the first step on where they are not, the old.
    pub(super) fn chosen<const N: usize>(
        &mut self,
        numbers: [Tensor<1>; N],
        new: Tensor<1>,
        old: Tensor<1>,
    ) -> Tensor<1> {
        let finite = numbers.map(|number| number.abs().lower_equal_elem(f32::MAX)); // false for NaN too
        let sound = self.0.take().into_iter().chain(finite).reduce(Tensor::bool_and).expect("a number");
        self.0 = Some(sound.clone());
        old.mask_where(sound.expand(new.dims()), new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_the_first_unsound_step_on_parameters_stay() {
        let at = |x: f32| Tensor::<1>::from_floats([x], &Device::flex());
        let mut guard = Guard::new();
        let steps = [(0.5, 1.0, 1.0), (0.4, 3.0, 2.0), (f32::NAN, 1.0, 2.0), (0.3, 1.0, 2.0)];
        let mut parameters = at(0.0);
        for (step, (loss, norm, wanted)) in steps.into_iter().enumerate() {
            parameters = guard.chosen([at(loss), at(norm)], at(1.0 + step as f32), parameters);
            assert!((parameters.clone().into_scalar::<f32>() - wanted).abs() < 1e-9, "step {step}");
        }
    }
}
